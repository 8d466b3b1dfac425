//! Time, and how much faster than real the workspace's states move.

use std::time::Duration;

use chrono::Utc;

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

    /// Now.
    pub(crate) fn now(&self) -> Millis {
        Utc::now().timestamp_millis()
    }

    /// How long something takes here that takes `seconds` in the real service.
    pub(crate) fn takes(&self, seconds: f64) -> Millis {
        let millis = Duration::try_from_secs_f64(seconds / self.speed).unwrap_or(Duration::MAX);
        Millis::try_from(millis.as_millis()).unwrap_or(Millis::MAX / 4)
    }
}
