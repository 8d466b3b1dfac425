//! The way to the workspace: its name, a connection or a proxy, TLS, the clock, and whether Databricks answers there.
//!
//! One request is sent, without a credential: what answers need not be the workspace.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use databricks_mcp::connect::{Connections, is_loopback};
use databricks_mcp::redact;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap};
use reqwest::{Response, StatusCode, Url};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::report::Check;

/// Time for a name, and for a connection.
const CONNECTED_WITHIN: Duration = Duration::from_secs(5);
/// Time for the answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);
/// A difference of clocks at which tokens may be refused.
const SKEW: Duration = Duration::from_secs(5 * 60);
/// An operation that every workspace has, and that none answers without a credential.
const PATH: &str = "api/2.0/preview/scim/v2/Me";

/// The names of the checks, in their order.
pub(super) const NAMES: [&str; 4] = ["network", "tls", "clock", "workspace"];

/// Looks at the way to a host. Checks after one that failed are left out.
pub(super) async fn look(host: &Url, connections: &Connections) -> Vec<Check> {
    let [network, tls, clock, workspace] = NAMES;
    let proxy = proxy(host);
    let reached = match &proxy {
        Some(proxy) => reach_proxy(proxy).await,
        None => reach(host).await,
    };
    let found = match reached {
        Ok(found) => found,
        Err(check) => return vec![check],
    };
    let client = match connections.client(host) {
        Ok(client) => client,
        Err(error) => return vec![Check::ok(network, found), Check::failed(tls, &error)],
    };
    let url = host.join(PATH).unwrap_or_else(|_| host.clone());
    let sent = SystemTime::now();
    let answer = timeout(ANSWERED_WITHIN, client.get(url).send()).await;
    let took = sent.elapsed().unwrap_or_default();
    let response = match answer {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return unanswered(found, &error, proxy.is_some()),
        Err(_) => {
            let late = format!(
                "{found}, but no answer came within {} s",
                ANSWERED_WITHIN.as_secs()
            );
            let next = "a firewall or VPN may hold the connection: try from another network";
            return vec![Check::fail(network, late).next(next)];
        }
    };
    let trusted = if host.scheme() == "https" {
        Check::ok(tls, "the certificate is trusted")
    } else {
        Check::skipped(tls, "this machine is reached over http")
    };
    vec![
        Check::ok(network, found),
        trusted,
        skew(clock, response.headers(), sent + took / 2),
        is_databricks(workspace, host, &response),
    ]
}

/// The proxy that requests to a host go through, by the same rules as all of them.
fn proxy(host: &Url) -> Option<Url> {
    if is_loopback(host) {
        return None;
    }
    let uri: http::Uri = host.as_str().parse().ok()?;
    let found = Matcher::from_system().intercept(&uri)?;
    Url::parse(&found.uri().to_string()).ok()
}

/// The parts of a URL that open a connection.
fn endpoint(url: &Url) -> (&str, u16) {
    let host = url.host_str().unwrap_or_default();
    (
        host.trim_start_matches('[').trim_end_matches(']'),
        url.port_or_known_default().unwrap_or(443),
    )
}

async fn reach(host: &Url) -> Result<String, Check> {
    let (name, port) = endpoint(host);
    let addresses = match resolve(name, port).await {
        Ok(addresses) => addresses,
        Err(reason) => {
            let found = format!("the name `{name}` is not found: {reason}");
            let next = "check `DATABRICKS_HOST`; a name of a private link is found only in its network or VPN";
            return Err(Check::fail("network", found).next(next));
        }
    };
    let connected = timeout(CONNECTED_WITHIN * 2, connect(&addresses)).await;
    match connected.unwrap_or_else(|_| Err("no answer came in time".to_owned())) {
        Ok(address) => Ok(format!("`{name}` is reached at {}", address.ip())),
        Err(reason) => {
            let found = format!("`{name}` port {port} takes no connection: {reason}");
            let next = "check `DATABRICKS_HOST` and the firewall; a network with a proxy needs `HTTPS_PROXY`";
            Err(Check::fail("network", found).next(next))
        }
    }
}

async fn reach_proxy(proxy: &Url) -> Result<String, Check> {
    let (name, port) = endpoint(proxy);
    let shown = format!("`{}://{name}:{port}`", proxy.scheme());
    let reached = match resolve(name, port).await {
        Ok(addresses) => connect(&addresses).await.map(drop),
        Err(reason) => Err(reason),
    };
    match reached {
        Ok(()) => Ok(format!("through the proxy {shown}")),
        Err(reason) => {
            let found = format!("the proxy {shown} cannot be reached: {reason}");
            let next = "check `HTTPS_PROXY` and `ALL_PROXY`; hosts in `NO_PROXY` go without it";
            Err(Check::fail("network", found).next(next))
        }
    }
}

async fn resolve(name: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    match timeout(CONNECTED_WITHIN, lookup_host((name, port))).await {
        Ok(Ok(addresses)) => Ok(addresses.collect()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no answer came in time".to_owned()),
    }
}

/// Opens a connection to the first address that takes one.
async fn connect(addresses: &[SocketAddr]) -> Result<SocketAddr, String> {
    let mut reason = "it has no address".to_owned();
    for address in addresses {
        match timeout(CONNECTED_WITHIN, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(*address),
            Ok(Err(error)) => reason = error.to_string(),
            Err(_) => reason = "no answer came in time".to_owned(),
        }
    }
    Err(reason)
}

/// What an exchange without an answer says of network and TLS.
fn unanswered(found: String, error: &reqwest::Error, by_proxy: bool) -> Vec<Check> {
    let [network, tls, ..] = NAMES;
    let mut last: &(dyn std::error::Error + 'static) = error;
    let mut of_tls = tls_error(last);
    while let Some(inner) = last.source() {
        of_tls = of_tls.or_else(|| tls_error(inner));
        last = inner;
    }
    let reason = redact::text(&last.to_string()).into_owned();
    if of_tls.is_some() || reason.contains("certificate") {
        let next = next_of_tls(&reason);
        let reason = of_tls.map_or(reason, ToString::to_string);
        let told = Check::fail(tls, format!("no trusted connection: {reason}")).next(next);
        return vec![Check::ok(network, found), told];
    }
    let next = if by_proxy {
        "the proxy does not lead there: check `HTTPS_PROXY`, and that it allows this host"
    } else {
        "something on the way closes the connection: check `DATABRICKS_HOST`, the firewall and VPN"
    };
    vec![Check::fail(network, format!("{found}, but: {reason}")).next(next)]
}

/// The error of TLS that an error is, or wraps as one of input and output.
fn tls_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let mut inner = error;
    while let Some(io) = inner.downcast_ref::<std::io::Error>() {
        inner = io.get_ref()?;
    }
    inner.downcast_ref()
}

fn next_of_tls(reason: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if says(&["not valid for name", "NotValidForName"]) {
        "the certificate is of another host: check `DATABRICKS_HOST`"
    } else if says(&["expired", "Expired", "not valid yet", "NotValidYet"]) {
        "check this machine's clock; a certificate that has really expired is to be renewed by whoever runs the host or the proxy"
    } else {
        "a company's proxy or private link may have its own authority: name its PEM file in `DATABRICKS_MCP_CA_FILE`"
    }
}

/// Compares the clocks by the `Date` of an answer, which has whole seconds.
fn skew(name: &str, headers: &HeaderMap, here: SystemTime) -> Check {
    let date = headers.get(DATE).and_then(|date| date.to_str().ok());
    let Some(there) = date.and_then(|date| httpdate::parse_http_date(date).ok()) else {
        return Check::skipped(name, "the answer does not say its time");
    };
    let (apart, side) = match here.duration_since(there) {
        Ok(apart) => (apart, "ahead of"),
        Err(error) => (error.duration(), "behind"),
    };
    if apart <= SKEW {
        return Check::ok(name, "within 5 min of the workspace's");
    }
    let minutes = (apart.as_secs() + 30) / 60;
    let found = format!("this machine's clock is {minutes} min {side} the workspace's");
    Check::warn(name, found)
        .next("set the clock, best by NTP: tokens and certificates are refused by a wrong one")
}

/// A workspace refuses a request that has no credential; what else answers is not one.
fn is_databricks(name: &str, host: &Url, response: &Response) -> Check {
    let shown = host.as_str().trim_end_matches('/');
    let status = response.status();
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or("no content type");
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if kind == "text/html" => {
            let found = format!(
                "{shown} refuses with a page instead of data: HTTP {}",
                status.as_u16()
            );
            Check::warn(name, found).next("a firewall or proxy may answer in place of the workspace: try from another network")
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Check::ok(
            name,
            format!("{shown} asks for a credential, as workspaces do"),
        ),
        status if status.is_server_error() => {
            let found = format!("{shown} fails: HTTP {}", status.as_u16());
            Check::fail(name, found).next("try again in a moment; then ask an admin, or look at the status page of Databricks")
        }
        status if status.is_redirection() => {
            let found = format!("{shown} leads to another page: HTTP {}", status.as_u16());
            Check::fail(name, found).next("check `DATABRICKS_HOST`; a login page also means that the network may not reach the workspace (private link, VPN)")
        }
        status => {
            let found = format!(
                "{shown} does not answer as a Databricks workspace: HTTP {}, {kind}",
                status.as_u16()
            );
            Check::fail(name, found).next("`DATABRICKS_HOST` is the address of the workspace in a browser, such as `https://acme.cloud.databricks.com`; no credential was sent")
        }
    }
}
