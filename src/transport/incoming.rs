//! An answer whose body comes piece by piece, for files of any size.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use reqwest::Response;
use tokio::time::timeout;

use super::throttle::Permit;
use super::usage::{Counters, Usage};
use crate::error::{Error, causes};

/// A successful answer under way. It holds its place among the requests in flight until it is dropped.
#[derive(Debug)]
pub struct Incoming<'a> {
    response: Response,
    operation: String,
    /// The longest silence between two pieces.
    silence: Duration,
    _permit: Permit<'a>,
    received: Received<'a>,
}

/// The counts of what comes.
#[derive(Debug)]
pub(super) struct Received<'a> {
    pub(super) counters: &'a Counters,
    pub(super) usage: Arc<Usage>,
}

impl<'a> Incoming<'a> {
    pub(super) fn new(
        response: Response,
        permit: Permit<'a>,
        operation: &str,
        silence: Duration,
        received: Received<'a>,
    ) -> Self {
        Self {
            response,
            operation: operation.to_owned(),
            silence,
            _permit: permit,
            received,
        }
    }

    /// HTTP status, always a success; 206 if it is the range that was asked for.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// Headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next piece of the body; none at its end.
    ///
    /// # Errors
    /// The connection broke, or nothing came for as long as a request may take.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        let unanswered = |reason: String| Error::Unanswered {
            operation: self.operation.clone(),
            reason,
            may_have_acted: false,
        };
        match timeout(self.silence, self.response.chunk()).await {
            Ok(Ok(piece)) => {
                let bytes = piece.as_ref().map_or(0, Bytes::len);
                let Received { counters, usage } = &self.received;
                counters.received(usage, bytes);
                Ok(piece)
            }
            Ok(Err(error)) => Err(unanswered(format!(
                "it broke off: {}",
                causes(&error.without_url())
            ))),
            Err(_) => {
                self.received.usage.note_timeout(true);
                Err(unanswered(format!(
                    "nothing came for {} s",
                    self.silence.as_secs_f64()
                )))
            }
        }
    }
}
