//! The waits between the attempts to send one request, and the bounds on them.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;
use tokio::time::Instant;

use super::limits::Limits;

/// The wait that the `Retry-After` header asks for, in seconds or as a date.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        // A number too large for a duration still asks to wait.
        let wait = Duration::try_from_secs_f64(seconds.max(0.0));
        return seconds.is_finite().then(|| wait.unwrap_or(Duration::MAX));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    // A date that has passed asks for no wait.
    Some(date.duration_since(now).unwrap_or_default())
}

/// The attempts and the time that one request has spent.
#[derive(Debug)]
pub(super) struct Retries<'a> {
    limits: &'a Limits,
    since: Instant,
    sends: u32,
}

/// The bound that keeps a request from being sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spent {
    /// The request has been sent as often as allowed.
    Sends,
    /// The wait would last longer than there is time.
    Time,
    /// Too many requests fail in the workspace, and sending more would add to its load.
    Budget,
}

impl<'a> Retries<'a> {
    /// Begins with the first attempt, now.
    pub(super) fn new(limits: &'a Limits, now: Instant) -> Self {
        Self {
            limits,
            since: now,
            sends: 1,
        }
    }

    /// The wait before the next attempt: full jitter under a bound that doubles, on top of the wait that the service
    /// asks for.
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

    /// Attempts so far, the current one included.
    pub(super) fn sends(&self) -> u32 {
        self.sends
    }
}

/// The retries that a workspace has left. Each retry takes one, ten successes give one back.
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
