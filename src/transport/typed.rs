//! The typed client's seam: its requests go through the same pipe, its errors come back as ours.

use std::sync::Arc;

use databricks_client::{BoxError, Client, Exchange, Exchanged, exchange_error};
use reqwest::{Request, Response};

use super::{Reply, Transport};
use crate::error::Error;

/// A typed client that sends through `transport`.
pub(super) fn client(transport: &Arc<Transport>) -> Client {
    let base = transport.host.as_str().trim_end_matches('/');
    Client::new(
        base,
        transport.client.clone(),
        Arc::clone(transport) as Arc<dyn Exchange>,
    )
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

impl Exchange for Transport {
    fn exchange<'a>(&'a self, operation: &'static str, request: Request) -> Exchanged<'a> {
        Box::pin(async move {
            let reply = self.send(operation, request).await;
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
