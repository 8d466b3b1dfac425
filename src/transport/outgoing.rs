//! A request on its way, and the facts that hold for every attempt to send it.

use std::time::Duration;

use reqwest::{Method, Request};
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
    /// So is a new call that does the same: an idempotency token of ours was for this one only.
    pub(super) repeatable: bool,
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
        let idempotent = idempotency::make_harmless(operation, request);
        let creates = matches!(*request.method(), Method::POST | Method::PATCH);
        Self {
            call,
            operation,
            presigned: false,
            idempotent,
            repeatable: idempotent && !creates,
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
            may_have_acted: !self.repeatable,
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use reqwest::Method;

    use super::super::{AFTERWARDS, Limits};
    use super::*;

    /// Whether a request that is made now, with the default limits, ends so many seconds later.
    fn ends_after(seconds: u64, verb: Method, until: Option<u64>) -> bool {
        let mut request = Request::new(verb, "https://acme.example/".parse().unwrap());
        let mut call = Call::new("run_job");
        let before = Instant::now();
        call.until = until.map(|until| before + Duration::from_secs(until));
        let time = Limits::default().call;
        let outgoing = Outgoing::new(&call, "jobs.run_now", &mut request, time);
        let seconds = Duration::from_secs(seconds);
        (before + seconds..=Instant::now() + seconds).contains(&outgoing.deadline)
    }

    #[test]
    fn by_default_a_request_ends_after_45_s_and_a_call_after_55() {
        assert_eq!(Limits::default().call + AFTERWARDS, Duration::from_secs(55));
        assert!(ends_after(45, Method::GET, None));
        assert!(ends_after(45, Method::GET, Some(55)));
        assert!(ends_after(45, Method::POST, Some(55)));
        // Late in its call, a request has what is left of it; what may stop work has its grace.
        assert!(ends_after(7, Method::GET, Some(7)));
        assert!(ends_after(0, Method::GET, Some(0)));
        assert!(ends_after(5, Method::POST, Some(0)));
    }
}
