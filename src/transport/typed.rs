//! The typed client over the transport: its requests are sent by us, and its errors come back as ours.

use std::pin::Pin;
use std::sync::Arc;

use databricks_client::{BoxError, Client, Exchange, Exchanged, ResponseValue, exchange_error};
use reqwest::{Request, Response};
use url::Url;

use super::answer::Reply;
use crate::error::Error;

/// An answer under way.
pub(super) type Sending = Pin<Box<dyn Future<Output = Result<Reply, Error>> + Send>>;

/// Creates a typed client for `host` that sends each request of an operation with `send`.
pub(super) fn client<S>(host: &Url, pool: &reqwest::Client, send: S) -> Client
where
    S: Fn(&'static str, Request) -> Sending + Send + Sync + 'static,
{
    let base = host.as_str().trim_end_matches('/');
    Client::new(base, pool.clone(), Arc::new(Adapter(send)))
}

/// A function as the typed client wants it.
struct Adapter<S>(S);

impl<S> Exchange for Adapter<S>
where
    S: Fn(&'static str, Request) -> Sending + Send + Sync,
{
    fn exchange<'a>(&'a self, operation: &'static str, request: Request) -> Exchanged<'a> {
        let sending = (self.0)(operation, request);
        Box::pin(async move {
            let reply = sending.await;
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

/// Returns the answer of a typed call of `operation`.
///
/// # Errors
/// The call failed, or the answer is not what the typed client expects.
pub fn typed_answer<T>(
    operation: &str,
    called: Result<ResponseValue<T>, databricks_client::Error>,
) -> Result<T, Error> {
    called
        .map(ResponseValue::into_inner)
        .map_err(|error| typed_error(operation, error))
}

/// The error of a typed call of `operation`: ours, if it is ours that the typed client failed with.
fn typed_error(operation: &str, error: databricks_client::Error) -> Error {
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
