//! The typed client's seam: its requests go through the same pipe, its errors come back as ours.

use std::sync::Arc;

use databricks_client::{BoxError, Client, Exchange, Exchanged, exchange_error};
use reqwest::{Request, Response};

use super::{Call, Reply, Transport};
use crate::error::Error;

/// A typed client that sends through `transport` on behalf of `call`.
pub(super) fn client(transport: &Arc<Transport>, call: &Call) -> Client {
    let base = transport.host.as_str().trim_end_matches('/');
    let line = Line {
        transport: Arc::clone(transport),
        call: call.clone(),
    };
    Client::new(base, transport.client.clone(), Arc::new(line))
}

/// The pipe as one call uses it.
struct Line {
    transport: Arc<Transport>,
    call: Call,
}

/// What a typed call that failed says.
pub(super) fn error(operation: &str, error: databricks_client::Error) -> Error {
    match exchange_error(error) {
        Ok(ours) => match ours.downcast::<Error>() {
            Ok(ours) => *ours,
            Err(other) => Error::Internal {
                reason: other.to_string(),
            },
        },
        Err(databricks_client::Error::InvalidRequest(reason)) => Error::Arguments {
            tool: operation.to_owned(),
            problems: vec![reason],
        },
        Err(other) => Error::Answer {
            operation: operation.to_owned(),
            reason: other.to_string(),
        },
    }
}

impl Exchange for Line {
    fn exchange<'a>(&'a self, operation: &'static str, request: Request) -> Exchanged<'a> {
        Box::pin(async move {
            let reply = self.transport.send(&self.call, operation, request).await;
            reply
                .map(response)
                .map_err(|error| Box::new(error) as BoxError)
        })
    }
}

/// The answer as reqwest's type, which only the typed client reads.
fn response(reply: Reply) -> Response {
    let mut response = http::Response::new(reqwest::Body::from(reply.body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    Response::from(response)
}
