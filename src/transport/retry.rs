//! Whether and when a request is sent again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use tokio::time::Instant;

use super::limits::Limits;

/// Messages of failures that pass, whatever the status: those of `_base_client.py` in databricks-sdk 0.162.0.
const TRANSIENT: [&str; 8] = [
    "com.databricks.backend.manager.util.UnknownWorkerEnvironmentException",
    "does not have any associated worker environments",
    "There is no worker environment with id",
    "Unknown worker environment",
    "ClusterNotReadyException",
    "Unexpected error",
    "Please try again later or try a faster operation.",
    "RPC token bucket limit has been exceeded",
];

/// How a send failed, as far as sending again goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The service surely did not act: no connection, or it was too busy to begin.
    Untouched,
    /// It may pass, but the service may have acted.
    Passing,
    /// It will fail again.
    Lasting,
}

impl Fault {
    /// Whether the same request may be sent again; a harmless one does no more when it arrives twice.
    pub(super) fn allows(self, harmless: bool) -> bool {
        match self {
            Self::Untouched => true,
            Self::Passing => harmless,
            Self::Lasting => false,
        }
    }

    /// What an answer that is no success means.
    pub(super) fn of(status: StatusCode, message: &str) -> Self {
        match status.as_u16() {
            429 => Self::Untouched,
            408 | 502..=504 => Self::Passing,
            _ if TRANSIENT.iter().any(|known| message.contains(known)) => Self::Passing,
            _ => Self::Lasting,
        }
    }
}

/// The wait that the service asks for: seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        // A wait beyond all measure is one, too.
        let wait = Duration::try_from_secs_f64(seconds.max(0.0));
        return seconds.is_finite().then(|| wait.unwrap_or(Duration::MAX));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    // A date that has passed asks for no wait.
    Some(date.duration_since(now).unwrap_or_default())
}

/// What one request has spent.
#[derive(Debug)]
pub(super) struct Retries<'a> {
    limits: &'a Limits,
    since: Instant,
    sends: u32,
}

/// Why a request is not sent again although it could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spent {
    /// It has been sent as often as allowed.
    Sends,
    /// The wait would last longer than there is time.
    Time,
    /// Too much fails in the workspace: sending more would only add to it.
    Budget,
}

impl<'a> Retries<'a> {
    /// A request whose first send begins now.
    pub(super) fn new(limits: &'a Limits, now: Instant) -> Self {
        Self {
            limits,
            since: now,
            sends: 1,
        }
    }

    /// The wait before the next send: full jitter under a bound that doubles, on top of what the service asks.
    pub(super) fn next(
        &mut self,
        asked: Option<Duration>,
        budget: &Budget,
        now: Instant,
    ) -> Result<Duration, Spent> {
        if self.sends >= self.limits.sends {
            return Err(Spent::Sends);
        }
        let doubled = 2_u32.saturating_pow(self.sends - 1);
        let bound = self
            .limits
            .first_wait
            .saturating_mul(doubled)
            .min(self.limits.longest_wait);
        let wait = asked
            .unwrap_or_default()
            .saturating_add(bound.mul_f64(fastrand::f64()));
        let elapsed = now.saturating_duration_since(self.since);
        if elapsed.saturating_add(wait) > self.limits.retry_within {
            return Err(Spent::Time);
        }
        if !budget.spend() {
            return Err(Spent::Budget);
        }
        self.sends += 1;
        Ok(wait)
    }

    /// Sends so far.
    pub(super) fn sends(&self) -> u32 {
        self.sends
    }
}

/// What a workspace has left for sending again: each such send takes one, ten successes give one back.
#[derive(Debug)]
pub(super) struct Budget {
    tenths: Mutex<u32>,
    full: u32,
}

impl Budget {
    pub(super) fn new(retries: u32) -> Self {
        let full = retries.saturating_mul(10);
        Self {
            tenths: Mutex::new(full),
            full,
        }
    }

    fn spend(&self) -> bool {
        let mut tenths = self.tenths.lock().unwrap_or_else(PoisonError::into_inner);
        let left = tenths.checked_sub(10);
        *tenths = left.unwrap_or(*tenths);
        left.is_some()
    }

    pub(super) fn earn(&self) {
        let mut tenths = self.tenths.lock().unwrap_or_else(PoisonError::into_inner);
        *tenths = tenths.saturating_add(1).min(self.full);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn header(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())])
    }

    #[test]
    fn statuses_that_pass_are_told_from_those_that_last() {
        let of = |status| Fault::of(StatusCode::from_u16(status).unwrap(), "");
        assert_eq!(of(429), Fault::Untouched);
        for status in [408, 502, 503, 504] {
            assert_eq!(of(status), Fault::Passing, "{status}");
        }
        for status in [302, 400, 401, 403, 404, 409, 500, 501, 505] {
            assert_eq!(of(status), Fault::Lasting, "{status}");
        }
        for message in TRANSIENT {
            let said = format!("cluster 7: {message}");
            assert_eq!(Fault::of(StatusCode::BAD_REQUEST, &said), Fault::Passing);
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let seconds = |value| retry_after(&header(value), now).map(|wait| wait.as_secs_f64());
        assert_eq!(seconds("7"), Some(7.0));
        assert_eq!(seconds("0.5"), Some(0.5));
        assert_eq!(seconds("-3"), Some(0.0));
        // RFC 9110's own example is second 784,111,777.
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10.0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:00 GMT"), Some(0.0));
        assert_eq!(retry_after(&header("1e300"), now), Some(Duration::MAX));
        assert_eq!(seconds("soon"), None);
        assert_eq!(seconds("inf"), None);
    }

    #[test]
    fn waits_stay_under_bounds_that_double() {
        let limits = Limits {
            sends: 8,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(4),
            ..Limits::default()
        };
        let now = Instant::now();
        let mut longest = [0.0_f64; 7];
        for _ in 0..2_000 {
            let mut retries = Retries::new(&limits, now);
            for longest in &mut longest {
                let wait = retries.next(None, &Budget::new(100), now).unwrap();
                *longest = longest.max(wait.as_secs_f64());
            }
        }
        for (longest, bound) in longest.iter().zip([1.0, 2.0, 4.0, 4.0, 4.0, 4.0, 4.0]) {
            // 2,000 even draws all miss the upper tenth once in 10^91.
            assert!(
                *longest <= bound && *longest > 0.9 * bound,
                "{longest} {bound}"
            );
        }
    }

    #[test]
    fn the_service_is_never_asked_again_before_it_said() {
        let limits = Limits::default();
        let (now, asked) = (Instant::now(), Duration::from_secs(5));
        for _ in 0..100 {
            let mut retries = Retries::new(&limits, now);
            let wait = retries.next(Some(asked), &Budget::new(1), now);
            assert!(wait.unwrap() >= asked);
        }
    }

    #[test]
    fn a_request_ends_when_its_sends_or_its_time_are_spent() {
        let limits = Limits {
            sends: 3,
            ..Limits::default()
        };
        let (now, budget) = (Instant::now(), Budget::new(100));
        let mut retries = Retries::new(&limits, now);
        assert!(retries.next(None, &budget, now).is_ok());
        assert!(retries.next(None, &budget, now).is_ok());
        assert_eq!(retries.next(None, &budget, now), Err(Spent::Sends));
        let mut retries = Retries::new(&limits, now);
        let hour = Some(Duration::from_secs(3600));
        assert_eq!(retries.next(hour, &budget, now), Err(Spent::Time));
        let late = now + limits.retry_within;
        assert_eq!(retries.next(hour, &budget, late), Err(Spent::Time));
        let late = late + Duration::from_secs(1);
        assert_eq!(retries.next(None, &budget, late), Err(Spent::Time));
    }

    #[test]
    fn a_storm_spends_the_budget_and_success_earns_it_back() {
        let limits = Limits::default();
        let budget = Budget::new(2);
        let next = || {
            let now = Instant::now();
            let wait = Retries::new(&limits, now).next(None, &budget, now);
            wait.map(drop)
        };
        let spent = Err(Spent::Budget);
        assert_eq!([next(), next(), next()], [Ok(()), Ok(()), spent]);
        for _ in 0..9 {
            budget.earn();
        }
        assert_eq!(next(), spent);
        budget.earn();
        assert_eq!([next(), next()], [Ok(()), spent]);
        for _ in 0..1_000 {
            budget.earn();
        }
        assert_eq!([next(), next(), next()], [Ok(()), Ok(()), spent]);
    }
}
