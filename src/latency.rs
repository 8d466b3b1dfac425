//! Times of calls and requests, counted in bounded memory, and their percentiles.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::Serialize;

/// The longest time that is told apart, in milliseconds: an hour. A longer one counts as that.
const LONGEST: u64 = 3_600_000;

/// Digits that are kept: a time is told to one in a hundred.
const DIGITS: u8 = 2;

/// Times, some 8 KiB once there is one.
#[derive(Debug, Default)]
pub struct Latency(Mutex<Option<Histogram<u32>>>);

/// Milliseconds within which so many percent of all ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Percentiles {
    /// Half of them.
    pub p50: u64,
    /// Nine of ten.
    pub p90: u64,
    /// 99 of a hundred.
    pub p99: u64,
    /// All.
    pub max: u64,
}

impl Latency {
    /// Counts a time.
    pub fn record(&self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(LONGEST);
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if times.is_none() {
            *times = Histogram::new_with_max(LONGEST, DIGITS).ok();
        }
        if let Some(times) = times.as_mut() {
            times.saturating_record(milliseconds);
        }
    }

    /// The percentiles of the times so far; none where there is no time.
    #[must_use]
    pub fn percentiles(&self) -> Option<Percentiles> {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let times = times.as_ref()?;
        Some(Percentiles {
            p50: times.value_at_quantile(0.5),
            p90: times.value_at_quantile(0.9),
            p99: times.value_at_quantile(0.99),
            max: times.max(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn percentiles_are_right_to_one_in_a_hundred() {
        let latency = Latency::default();
        assert_eq!(latency.percentiles(), None);
        for milliseconds in 1..=1_000 {
            latency.record(Duration::from_millis(milliseconds));
        }
        let told = latency.percentiles().unwrap();
        for (is, due) in [
            (told.p50, 500),
            (told.p90, 900),
            (told.p99, 990),
            (told.max, 1_000),
        ] {
            assert!(is.abs_diff(due) <= due / 100, "{told:?}");
        }
    }

    #[test]
    fn no_time_is_too_short_or_too_long() {
        let latency = Latency::default();
        latency.record(Duration::ZERO);
        latency.record(Duration::MAX);
        let told = latency.percentiles().unwrap();
        assert_eq!(told.p50, 0);
        assert!(told.max.abs_diff(LONGEST) <= LONGEST / 100, "{told:?}");
    }
}
