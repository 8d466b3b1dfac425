//! A request on its way, and the facts that hold for every attempt to send it.

use std::time::Duration;

use reqwest::Request;
use tokio::time::Instant;

use super::call::Call;
use super::cancellation::Cancellation;
use super::idempotency;
use crate::error::Error;

/// The least time for a request that may change something, however late in its call.
const GRACE: Duration = Duration::from_secs(5);

/// A request on its way.
pub(super) struct Outgoing<'a> {
    pub(super) call: &'a Call,
    /// `service.method`.
    pub(super) operation: &'a str,
    /// Arriving twice does no more than arriving once.
    pub(super) idempotent: bool,
    /// The URL lets in whoever has it, and no credential goes with it.
    pub(super) presigned: bool,
    /// The end of all attempts.
    pub(super) deadline: Instant,
    pub(super) cancellation: Cancellation<'a>,
}

impl<'a> Outgoing<'a> {
    /// Gives `request` its idempotency token, where the operation takes one, and `time` from now on, or the time
    /// that the call has for one request.
    pub(super) fn new(
        call: &'a Call,
        operation: &'a str,
        request: &mut Request,
        time: Duration,
    ) -> Self {
        let cancellation = Cancellation::of(call, request.method());
        let time = call.request_time.unwrap_or(time);
        let now = Instant::now();
        // What may change something has its grace: it may be what stops the work that the call has started.
        let grace = if request.method().is_safe() {
            Duration::ZERO
        } else {
            GRACE
        };
        let of_call = call.until.map(|until| until.max(now + grace));
        let deadline = of_call.map_or(now + time, |until| until.min(now + time));
        Self {
            call,
            operation,
            presigned: false,
            idempotent: idempotency::make_harmless(operation, request),
            deadline,
            cancellation,
        }
    }

    /// The same request to a URL that lets in whoever has it.
    pub(super) fn presigned(self) -> Self {
        Self {
            presigned: true,
            ..self
        }
    }

    /// The error of a request that went out and got no whole answer.
    pub(super) fn unanswered(&self, reason: String) -> Error {
        Error::Unanswered {
            operation: self.operation.to_owned(),
            reason,
            may_have_acted: !self.idempotent,
        }
    }

    /// The error of a request that did not go out.
    pub(super) fn unsent(&self, reason: String) -> Error {
        Error::Unanswered {
            operation: self.operation.to_owned(),
            reason,
            may_have_acted: false,
        }
    }
}
