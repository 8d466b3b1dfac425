//! The workspace's clock, on which states may move faster than in the real service.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

/// Milliseconds since the epoch.
pub(crate) type Millis = i64;

/// The workspace's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    speed: f64,
}

impl Clock {
    /// A clock on which states move `speed` times as fast as in the real service.
    pub(crate) fn new(speed: f64) -> Self {
        Self { speed }
    }

    /// The current time; it passes at its usual speed.
    pub(crate) fn now(&self) -> Millis {
        Utc::now().timestamp_millis()
    }

    /// The milliseconds that something takes here which takes `seconds` in the real service.
    pub(crate) fn takes(&self, seconds: f64) -> Millis {
        let millis = Duration::try_from_secs_f64(seconds / self.speed).unwrap_or(Duration::MAX);
        Millis::try_from(millis.as_millis()).unwrap_or(Millis::MAX / 4)
    }
}

/// A time as RFC 3339 with milliseconds; empty when no calendar has it.
pub(crate) fn rfc3339(at: Millis) -> String {
    DateTime::from_timestamp_millis(at)
        .map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
        .unwrap_or_default()
}
