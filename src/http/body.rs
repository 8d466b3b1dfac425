//! A posted message, read within bounds of time and size and looked at before it is parsed.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

use super::refusal::{INVALID_REQUEST, refusal};
use crate::server::message::{self, Fault, Scan};

/// Bytes of a message.
pub(super) const LONGEST: usize = 4 << 20;
/// The time for a client to send one.
const WITHIN: Duration = Duration::from_secs(30);

/// Reads the message of a POST, so that a client that stalls, or whose message cannot be served, ends here.
pub(super) async fn read(request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let bytes = match timeout(WITHIN, Limited::new(body, LONGEST).collect()).await {
        Ok(Ok(read)) => read.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let reason = format!("the message is longer than {} MiB", LONGEST >> 20);
            let hint = "send less in one message; files are uploaded by path or in parts";
            return refusal(
                StatusCode::PAYLOAD_TOO_LARGE,
                INVALID_REQUEST,
                &reason,
                hint,
            );
        }
        Ok(Err(_)) => {
            let reason = "the message ended before it was complete";
            return refusal(
                StatusCode::BAD_REQUEST,
                INVALID_REQUEST,
                reason,
                "send it again",
            );
        }
        Err(_) => {
            let reason = format!("the message did not come within {} s", WITHIN.as_secs());
            return refusal(
                StatusCode::REQUEST_TIMEOUT,
                INVALID_REQUEST,
                &reason,
                "send it again",
            );
        }
    };
    if let Err(Fault { code, reason }) = checked(&bytes) {
        let hint = "send one JSON-RPC 2.0 message";
        return refusal(StatusCode::BAD_REQUEST, code, &reason, hint);
    }
    let opens = opens_session(&bytes);
    let mut request = Request::from_parts(parts, Body::from(bytes));
    request.extensions_mut().insert(Opens(opens));
    next.run(request).await
}

/// Whether a message asks for a session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opens(pub(super) bool);

fn opens_session(message: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Method<'a> {
        #[serde(borrow)]
        method: Option<std::borrow::Cow<'a, str>>,
    }
    let read = serde_json::from_slice::<Method<'_>>(message);
    read.is_ok_and(|read| read.method.as_deref() == Some("initialize"))
}

fn checked(bytes: &Bytes) -> Result<(), Fault> {
    let mut scan = Scan::default();
    scan.feed(bytes);
    message::bounded(&scan, LONGEST)?;
    message::single(bytes.trim_ascii())?;
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(bytes);
    is_json.map(drop).map_err(|error| message::unread(&error))
}
