//! The HTTP client that asks for tokens: https only except on this machine, no redirects, small answers.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::{Host, Url};

use super::refusal::Refusal;
use crate::connect::Connections;
use crate::redact;

/// No token or discovery answer comes near this.
const BODY: usize = 1 << 20;

/// A whole token request.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait before a token request is sent again.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];

/// Built on first use, because reading the system's trust store takes longer than the rest of the start.
#[derive(Debug, Clone, Default)]
pub(super) struct Web(Arc<Clients>);

#[derive(Debug, Default)]
struct Clients {
    connections: Connections,
    outside: OnceLock<Result<reqwest::Client, Refusal>>,
    /// For this machine, never through a proxy.
    inside: OnceLock<Result<reqwest::Client, Refusal>>,
}

impl Web {
    /// Trusts and goes by what every connection of this process does.
    pub(super) fn new(connections: Connections) -> Self {
        Self(Arc::new(Clients {
            connections,
            ..Clients::default()
        }))
    }

    /// Sends a request, again when the other side was surely or only for the moment unable to serve it.
    ///
    /// Answers that are no success are refusals, which tell the endpoint's own words.
    pub(super) async fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, Refusal> {
        let url = Url::parse(&request.uri().to_string())
            .map_err(|error| Refusal::failed(format!("a token endpoint is no URL: {error}")))?;
        let client = self.client(&url)?;
        let mut pauses = PAUSES.iter();
        loop {
            let sent = tokio::time::timeout(PATIENCE, once(client, &url, request.clone()));
            let place = url.host_str().unwrap_or_default();
            let outcome = sent.await.unwrap_or_else(|_| {
                let seconds = PATIENCE.as_secs();
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

    /// Gets JSON.
    pub(super) async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Value, Refusal> {
        let request = headers
            .iter()
            .fold(http::Request::get(url), |request, (name, value)| {
                request.header(*name, *value)
            });
        self.json(request.body(Vec::new())).await
    }

    /// Posts JSON, or nothing at all, with a bearer token and reads JSON.
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

    /// The `Location` that a request without credentials is sent on to.
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
        serde_json::from_slice(answer.body())
            .map_err(|_| Refusal::failed(format!("`{place}` gave an answer that is not JSON")))
    }

    fn client(&self, url: &Url) -> Result<&reqwest::Client, Refusal> {
        let inside = is_inside(url);
        // A token or client secret would travel in the clear.
        if url.scheme() != "https" && !inside {
            return Err(Refusal::failed(format!(
                "the token endpoint at `{}` is not https",
                url.host_str().unwrap_or_default()
            )));
        }
        let place = if inside {
            &self.0.inside
        } else {
            &self.0.outside
        };
        place
            .get_or_init(|| self.0.build(inside))
            .as_ref()
            .map_err(Clone::clone)
    }
}

impl Clients {
    fn build(&self, inside: bool) -> Result<reqwest::Client, Refusal> {
        let base = if inside {
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

/// Whether a URL stays on this machine: loopback, or the link-local address of a cloud's metadata service.
fn is_inside(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name == "metadata.google.internal",
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.octets() == [169, 254, 169, 254],
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Sends once; the flag of a failure says whether to send again.
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
            let refusal = Refusal::failed(format!("`{place}` gave an answer without end"));
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
        let words = words(&body).map(|words| format!(": {words}"));
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

/// What an error answer says: OAuth's `error` and `error_description`, or the same as others spell it.
fn words(body: &[u8]) -> Option<String> {
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
    // Some services quote what they were sent.
    Some(redact::text(&words).into_owned())
}
