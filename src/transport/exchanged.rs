//! What came of one attempt to send a request, for the log and for the trace.

use reqwest::Method;
use tokio::time::Instant;

use super::failure::Failure;
use super::outgoing::Outgoing;
use crate::error::Error;
use crate::trace::{Attribute, Open};

/// What the log tells of an answer.
pub(super) struct Seen<'a> {
    pub(super) status: u16,
    pub(super) bytes: usize,
    /// The service's own id of the request.
    pub(super) upstream: Option<&'a str>,
}

/// Tells what came of one attempt to send: a line of the log, and the end of its span.
pub(super) fn told(
    outgoing: &Outgoing<'_>,
    number: u32,
    since: Instant,
    outcome: Result<Seen<'_>, &Failure>,
    span: Option<(Open, Method)>,
) {
    let (status, bytes, upstream) = match &outcome {
        Ok(seen) => (seen.status, seen.bytes, seen.upstream),
        Err(failure) => match &failure.error {
            Error::Api {
                status, request_id, ..
            } => (*status, 0, request_id.as_deref()),
            _ => (0, 0, None),
        },
    };
    if let (Some(trace), Some((open, verb))) = (&outgoing.call.trace, span) {
        let failed = outcome.as_ref().err().map(|failure| failure.error.kind());
        let mut attributes = vec![("http.request.method", Attribute::Text(verb.to_string()))];
        if status > 0 {
            attributes.push((
                "http.response.status_code",
                Attribute::Number(status.into()),
            ));
        }
        if number > 1 {
            let resends = u64::from(number - 1);
            attributes.push(("http.request.resend_count", Attribute::Number(resends)));
        }
        trace.requested(&open, outgoing.operation, failed, attributes);
    }
    tracing::debug!(
        request_id = %outgoing.call.id,
        tool = %outgoing.call.tool,
        operation = outgoing.operation,
        send = number,
        status,
        bytes,
        milliseconds = since.elapsed().as_millis(),
        upstream_request_id = upstream,
        error = outcome.err().map(|failure| failure.error.to_string()),
        "exchanged"
    );
}
