//! The deed of a fault on a request or on its answer.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use futures::stream;
use serde_json::json;

use super::Cut;
use super::fault::{Fault, Kind};

/// The pause in which the first half of an answer leaves before the connection breaks.
const LEAVES: Duration = Duration::from_millis(20);

impl Fault {
    /// Strikes the request before it is carried out. Answers in its place, if it is not to be carried out at all.
    pub(crate) async fn before(&self, cut: &Cut) -> Option<Response> {
        if self.after {
            return None;
        }
        self.strike(cut).await
    }

    /// Strikes the answer of a request that was carried out.
    pub(crate) async fn after(&self, response: Response, cut: &Cut) -> Response {
        if self.kind == Kind::Truncate {
            return halved(response).await;
        }
        let instead = if self.after {
            self.strike(cut).await
        } else {
            None
        };
        instead.unwrap_or(response)
    }

    async fn strike(&self, cut: &Cut) -> Option<Response> {
        match self.kind {
            Kind::Status(status, retry_after) => Some(refusal(status, retry_after)),
            Kind::Reset => {
                cut.now();
                Some(Response::default())
            }
            Kind::Stall(time) => {
                tokio::time::sleep(time).await;
                None
            }
            Kind::Truncate => None,
        }
    }
}

fn refusal(status: StatusCode, retry_after: Option<u64>) -> Response {
    let (code, message) = match status {
        StatusCode::TOO_MANY_REQUESTS => (
            "REQUEST_LIMIT_EXCEEDED",
            "Too many requests: the limit of the workspace is exceeded.",
        ),
        StatusCode::SERVICE_UNAVAILABLE => (
            "TEMPORARILY_UNAVAILABLE",
            "The service at this path is temporarily unavailable. Please try again later.",
        ),
        _ => ("INTERNAL_ERROR", "A fault that the sandbox was asked for."),
    };
    let body = json!({"error_code": code, "message": message}).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(seconds) = retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The first half of an answer that promised all of it.
async fn halved(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = body.slice(..body.len() / 2);
    parts
        .headers
        .insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    let sent = stream::unfold(Some(half), |half| async move {
        match half {
            Some(half) => Some((Ok(half), None)),
            None => {
                tokio::time::sleep(LEAVES).await;
                let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                Some((Err::<Bytes, _>(broken), None))
            }
        }
    });
    Response::from_parts(parts, Body::from_stream(sent))
}
