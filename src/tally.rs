//! The outcomes of this process's calls, tool by tool: the figures of `metrics`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;
use crate::latency::{Latency, Percentiles};
use crate::transport::Usage;

/// Counts by tool, from the start of the process.
#[derive(Debug, Default)]
pub struct Tally(Mutex<BTreeMap<&'static str, Counter>>);

/// The end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It gave an answer.
    Answered,
    /// It ended as an error.
    Failed,
    /// Its time ran out.
    TimedOut,
    /// The client cancelled it.
    Cancelled,
}

impl Ending {
    /// The end of a call that ended with this error, if any.
    #[must_use]
    pub fn of(error: Option<&Error>, usage: &Usage) -> Self {
        match error.map(Error::kind) {
            None => Self::Answered,
            Some("cancelled") => Self::Cancelled,
            Some("unanswered") if usage.timed_out() => Self::TimedOut,
            Some(_) => Self::Failed,
        }
    }

    /// Its name in a log line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "success",
            Self::Failed => "error",
            Self::TimedOut => "timeout",
            Self::Cancelled => "cancelled",
        }
    }
}

#[derive(Debug, Default)]
struct Counter {
    success: u64,
    error: u64,
    timeout: u64,
    cancelled: u64,
    latency: Latency,
}

/// How often the calls of one tool ended how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// The tool's own name.
    pub tool: String,
    /// All of them that have ended.
    pub calls: u64,
    /// Calls that gave an answer.
    pub success: u64,
    /// Calls that ended as an error.
    pub error: u64,
    /// Calls whose time ran out.
    pub timeout: u64,
    /// Calls that the client cancelled.
    pub cancelled: u64,
    /// Times of calls, without the user's time to answer a question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<Percentiles>,
}

impl Tally {
    /// Counts one call that took so long.
    pub fn count(&self, tool: &'static str, ending: Ending, time: Duration) {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = counters.entry(tool).or_default();
        let count = match ending {
            Ending::Answered => &mut counter.success,
            Ending::Failed => &mut counter.error,
            Ending::TimedOut => &mut counter.timeout,
            Ending::Cancelled => &mut counter.cancelled,
        };
        *count += 1;
        counter.latency.record(time);
    }

    /// The counts of every tool that was called, in the order of their names.
    #[must_use]
    pub fn counts(&self) -> Vec<Counts> {
        let counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = counters.iter().map(|(tool, counter)| Counts {
            tool: (*tool).to_owned(),
            calls: counter.success + counter.error + counter.timeout + counter.cancelled,
            success: counter.success,
            error: counter.error,
            timeout: counter.timeout,
            cancelled: counter.cancelled,
            latency_ms: counter.latency.percentiles(),
        });
        counts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_counted_under_its_tool() {
        let tally = Tally::default();
        let usage = Usage::default();
        let unanswered = Error::Unanswered {
            operation: "x".to_owned(),
            reason: "x".to_owned(),
            may_have_acted: false,
        };
        let cancelled = Error::InWorkspace {
            workspace: "w".to_owned(),
            how_to_continue: None,
            error: Box::new(Error::Cancelled {
                what: "x".to_owned(),
            }),
        };
        let count = |tool, error: Option<&Error>| {
            tally.count(tool, Ending::of(error, &usage), Duration::from_millis(5));
        };
        count("b", None);
        count("a", Some(&unanswered));
        usage.note_timeout(true);
        count("a", Some(&unanswered));
        count("a", Some(&cancelled));
        count("a", None);
        let told: Vec<String> = tally
            .counts()
            .iter()
            .map(|one| {
                let Counts {
                    tool,
                    calls,
                    success,
                    error,
                    timeout,
                    cancelled,
                    latency_ms,
                } = one;
                let most = latency_ms.as_ref().map(|times| times.max);
                format!("{tool} {calls}: {success} {error} {timeout} {cancelled}, {most:?}")
            })
            .collect();
        assert_eq!(told, ["a 4: 1 1 1 1, Some(5)", "b 1: 1 0 0 0, Some(5)"]);
    }
}
