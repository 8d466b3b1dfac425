//! A transport to a test server, with short retry pauses.

use std::sync::Arc;
use std::time::Duration;

use databricks_mcp::auth::Credential;
use databricks_mcp::config::Settings;
use databricks_mcp::connect::Connections;
use databricks_mcp::error::Error;
use databricks_mcp::transport::{Call, Limits, Reply, Transport};
use reqwest::{Method, Request};

/// The token that every test sends.
pub const TOKEN: &str = "secret-token-of-the-tests";

/// Default limits with retry pauses of a millisecond.
pub fn quick() -> Limits {
    Limits {
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(1),
        ..Limits::default()
    }
}

/// Settings for a host.
pub fn settings(host: &str) -> Settings {
    let settings = Settings::from_variables(|name| match name {
        "DATABRICKS_HOST" => Some(host.to_owned()),
        "DATABRICKS_TOKEN" => Some(TOKEN.to_owned()),
        _ => None,
    });
    settings.expect("a host and a token are enough")
}

/// A transport over these connections.
pub fn over(host: &str, connections: &Connections, limits: Limits) -> Transport {
    Transport::new(&settings(host), connections, limits).expect("a client")
}

/// A transport.
pub fn pipe(host: &str, limits: Limits) -> Transport {
    over(host, &Connections::default(), limits)
}

/// A transport with the test's credential.
pub fn pipe_as(host: &str, credential: Arc<dyn Credential>) -> Transport {
    let mut settings = settings(host);
    settings.credential = credential;
    Transport::new(&settings, &Connections::default(), quick()).expect("a client")
}

/// Builds a request to the workspace.
pub fn request(pipe: &Transport, verb: Method, path: &str, body: Option<&str>) -> Request {
    let url = pipe.host().join(path).expect("a path");
    let mut request = Request::new(verb, url);
    *request.body_mut() = body.map(|body| body.to_owned().into());
    request
}

/// Sends one request as `operation`.
pub async fn send(
    pipe: &Transport,
    verb: Method,
    operation: &str,
    body: Option<&str>,
) -> Result<Reply, Error> {
    let request = request(pipe, verb, "/api/2.0/test", body);
    pipe.send(&Call::new("test"), operation, request).await
}
