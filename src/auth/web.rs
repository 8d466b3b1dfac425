//! The HTTP client for token requests: https only, except to this machine; no redirects; bounded answers.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::{Host, Url};

use super::refusal::Refusal;
use crate::connect::Connections;
use crate::redact;

/// Bytes of an answer; token and discovery answers are far smaller.
const BODY: usize = 1 << 20;

/// The time limit of one attempt.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The pauses before each repeated attempt.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];

/// The client. Built on first use, because reading the system's trust store takes longer than the rest of
/// the start.
#[derive(Debug, Clone, Default)]
pub(super) struct Web(Arc<Clients>);

#[derive(Debug, Default)]
struct Clients {
    connections: Connections,
    remote: OnceLock<Result<reqwest::Client, Refusal>>,
    /// Reaches this machine, never through a proxy.
    local: OnceLock<Result<reqwest::Client, Refusal>>,
}

impl Web {
    /// Uses the trust store and proxies of all connections of this process.
    pub(super) fn new(connections: Connections) -> Self {
        Self(Arc::new(Clients {
            connections,
            ..Clients::default()
        }))
    }

    /// Sends a request, and repeats it after a connection failure, a 429 or a 502 to 504.
    ///
    /// An answer without a success status becomes a refusal with the endpoint's own message.
    pub(super) async fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, Refusal> {
        let url = Url::parse(&request.uri().to_string()).map_err(|error| {
            Refusal::failed(format!("the token endpoint is not a URL: {error}"))
        })?;
        let client = self.client(&url)?;
        let mut pauses = PAUSES.iter();
        loop {
            let sent = tokio::time::timeout(TIMEOUT, once(client, &url, request.clone()));
            let place = url.host_str().unwrap_or_default();
            let outcome = sent.await.unwrap_or_else(|_| {
                let seconds = TIMEOUT.as_secs();
                let late = format!("`{place}` did not answer within {seconds} s");
                Err((false, Refusal::failed(late)))
            });
            match (outcome, pauses.next()) {
                (Ok(answer), _) => return Ok(answer),
                (Err((true, _)), Some(pause)) => tokio::time::sleep(*pause).await,
                (Err((_, refusal)), _) => return Err(refusal),
            }
        }
    }

    /// Sends a GET and reads JSON.
    pub(super) async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Value, Refusal> {
        let request = headers
            .iter()
            .fold(http::Request::get(url), |request, (name, value)| {
                request.header(*name, *value)
            });
        self.json(request.body(Vec::new())).await
    }

    /// Posts JSON or an empty body with a bearer token, and reads JSON.
    pub(super) async fn post(
        &self,
        url: &str,
        bearer: &SecretString,
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        let request = http::Request::post(url)
            .header("content-type", "application/json")
            .header(
                "authorization",
                format!("Bearer {}", bearer.expose_secret()),
            );
        let body = body.map(Value::to_string).unwrap_or_default();
        self.json(request.body(body.into_bytes())).await
    }

    /// The target of the redirect that a request without credentials receives.
    pub(super) async fn location(&self, url: &str) -> Option<Url> {
        let url = Url::parse(url).ok()?;
        let answer = self.client(&url).ok()?.get(url.clone()).send().await.ok()?;
        let location = answer.headers().get("location")?.to_str().ok()?;
        url.join(location).ok()
    }

    async fn json(
        &self,
        request: Result<http::Request<Vec<u8>>, http::Error>,
    ) -> Result<Value, Refusal> {
        let request =
            request.map_err(|error| Refusal::failed(format!("cannot ask for a token: {error}")))?;
        let place = request.uri().host().unwrap_or_default().to_owned();
        let answer = self.send(request).await?;
        serde_json::from_slice(answer.body()).map_err(|_| {
            Refusal::failed(format!(
                "`{place}` answered with something that is not JSON"
            ))
        })
    }

    fn client(&self, url: &Url) -> Result<&reqwest::Client, Refusal> {
        let local = is_local(url);
        // Plain http would carry a token or client secret in the clear.
        if url.scheme() != "https" && !local {
            return Err(Refusal::failed(format!(
                "the token endpoint at `{}` is not https",
                url.host_str().unwrap_or_default()
            )));
        }
        let place = if local { &self.0.local } else { &self.0.remote };
        place
            .get_or_init(|| self.0.build(local))
            .as_ref()
            .map_err(Clone::clone)
    }
}

impl Clients {
    fn build(&self, local: bool) -> Result<reqwest::Client, Refusal> {
        let base = if local {
            "http://localhost"
        } else {
            "https://databricks.com"
        };
        let base = Url::parse(base).map_err(|error| Refusal::failed(error.to_string()))?;
        self.connections
            .client(&base)
            .map_err(|error| Refusal::failed(error.to_string()))
    }
}

/// Returns true for loopback and for a cloud's metadata service.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name == "metadata.google.internal",
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.octets() == [169, 254, 169, 254],
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Sends once. The flag of a failure is true if the request may be repeated.
async fn once(
    client: &reqwest::Client,
    url: &Url,
    request: http::Request<Vec<u8>>,
) -> Result<http::Response<Vec<u8>>, (bool, Refusal)> {
    let place = url.host_str().unwrap_or_default();
    let unreachable = |error: reqwest::Error| {
        let mut cause: &dyn std::error::Error = &error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        let refusal = Refusal::failed(format!("cannot reach `{place}`: {cause}"))
            .hint("check the host, the network and any proxy");
        (error.is_connect(), refusal)
    };
    let mut request = reqwest::Request::try_from(request)
        .map_err(|_| (false, Refusal::failed("the token request cannot be built")))?;
    let name = concat!("databricks-mcp/", env!("CARGO_PKG_VERSION"));
    let name = reqwest::header::HeaderValue::from_static(name);
    request
        .headers_mut()
        .insert(reqwest::header::USER_AGENT, name);
    let mut answer = client.execute(request).await.map_err(unreachable)?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > BODY {
            let refusal = Refusal::failed(format!("`{place}` answered with more than 1 MiB"));
            return Err((false, refusal));
        }
        body.extend_from_slice(&chunk);
    }
    tracing::debug!(
        host = place,
        path = url.path(),
        status = status.as_u16(),
        "token endpoint answered"
    );
    if !status.is_success() {
        let again = matches!(status.as_u16(), 429 | 502..=504);
        let words = error_message(&body).map(|words| format!(": {words}"));
        let refusal = Refusal::failed(format!(
            "`{place}` answered HTTP {}{}",
            status.as_u16(),
            words.unwrap_or_default()
        ));
        return Err((again, refusal));
    }
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = answer.headers().clone();
    Ok(response)
}

/// The message of an error answer: OAuth's `error` and `error_description`, or their common spellings.
fn error_message(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let first = |names: [&str; 3]| {
        let found = names.iter().find_map(|name| answer.get(name)?.as_str());
        found.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let code = first(["error", "errorCode", "error_code"]);
    let text = first(["error_description", "errorSummary", "message"]);
    let words = match (code, text) {
        (Some(code), Some(text)) => format!("{code}: {text}"),
        (code, text) => code.or(text)?,
    };
    let words: String = words.chars().take(400).collect();
    // Some services echo the request, secrets included.
    Some(redact::text(&words).into_owned())
}
