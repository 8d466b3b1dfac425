//! The requests of one call, counted for its log line, and those of all calls, counted for the figures.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::latency::{Latency, Percentiles};

/// The requests of one call so far.
#[derive(Debug, Default)]
pub struct Usage {
    requests: AtomicU64,
    retries: AtomicU64,
    bytes: AtomicU64,
    timed_out: AtomicBool,
    workspace: OnceLock<Arc<str>>,
}

impl Usage {
    /// Requests that were sent.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Those among them that were sent again.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// Bytes of their answers.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Notes that time ran out for something, or that it did not after all.
    pub fn note_timeout(&self, timed_out: bool) {
        self.timed_out.store(timed_out, Ordering::Relaxed);
    }

    /// True if time ran out for the last thing that it waited for.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.timed_out.load(Ordering::Relaxed)
    }

    /// Notes the workspace that the call goes to.
    pub fn goes_to(&self, workspace: impl Into<Arc<str>>) {
        // A call goes to one.
        let _ = self.workspace.set(workspace.into());
    }

    /// The workspace that the call goes to, once that is known.
    #[must_use]
    pub fn workspace(&self) -> Option<&str> {
        self.workspace.get().map(|workspace| &**workspace)
    }
}

/// The requests to one workspace since the start of the process.
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    failed: AtomicU64,
    retries: AtomicU64,
    bytes: AtomicU64,
    waits: AtomicU64,
    waited: AtomicU64,
    latency: Latency,
}

/// The figures of the requests to one workspace.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Upstream {
    /// Requests that were sent.
    pub requests: u64,
    /// Those among them that failed.
    pub failed: u64,
    /// Those among them that were sent again.
    pub retries: u64,
    /// Bytes of their answers.
    pub bytes: u64,
    /// Requests that waited for a limit of this server.
    pub waits: u64,
    /// Milliseconds that they waited, in all.
    pub waited_ms: u64,
    /// Times from sending to the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<Percentiles>,
}

impl Counters {
    /// Counts a request that has ended after so long.
    pub(super) fn sent(&self, usage: &Usage, number: u32, time: Duration, succeeded: bool) {
        for requests in [&self.requests, &usage.requests] {
            requests.fetch_add(1, Ordering::Relaxed);
        }
        if number > 1 {
            for retries in [&self.retries, &usage.retries] {
                retries.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.failed
            .fetch_add(u64::from(!succeeded), Ordering::Relaxed);
        self.latency.record(time);
        if succeeded {
            usage.note_timeout(false);
        }
    }

    /// Counts bytes of an answer.
    pub(super) fn received(&self, usage: &Usage, bytes: usize) {
        for all in [&self.bytes, &usage.bytes] {
            all.fetch_add(bytes as u64, Ordering::Relaxed);
        }
    }

    /// Counts a request that had to wait for its turn.
    pub(super) fn waited(&self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.waits.fetch_add(1, Ordering::Relaxed);
        self.waited.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// The figures so far.
    pub(super) fn read(&self) -> Upstream {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Upstream {
            requests: of(&self.requests),
            failed: of(&self.failed),
            retries: of(&self.retries),
            bytes: of(&self.bytes),
            waits: of(&self.waits),
            waited_ms: of(&self.waited),
            latency_ms: self.latency.percentiles(),
        }
    }
}
