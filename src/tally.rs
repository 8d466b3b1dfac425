//! The outcomes of this process's calls, tool by tool: what `health` reports.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;

/// Counts by tool, from the start of the process.
#[derive(Debug, Default)]
pub struct Tally(Mutex<BTreeMap<&'static str, Counts>>);

/// How often the calls of one tool ended how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// The tool's own name.
    pub tool: String,
    /// Calls that gave an answer.
    pub answered: u64,
    /// Calls that ended as an error.
    pub failed: u64,
    /// Calls that the client cancelled.
    pub cancelled: u64,
}

impl Tally {
    /// Counts one call.
    pub fn count<T>(&self, tool: &'static str, outcome: &Result<T, Error>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = counts.entry(tool).or_insert_with(|| Counts {
            tool: tool.to_owned(),
            ..Counts::default()
        });
        match outcome {
            Ok(_) => counts.answered += 1,
            Err(Error::Cancelled { .. }) => counts.cancelled += 1,
            Err(_) => counts.failed += 1,
        }
    }

    /// The counts of every tool that was called, in the order of their names.
    #[must_use]
    pub fn counts(&self) -> Vec<Counts> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_counted_under_its_tool() {
        let tally = Tally::default();
        let what = || "x".to_owned();
        tally.count("b", &Ok(()));
        tally.count::<()>("a", &Err(Error::Internal { reason: what() }));
        tally.count::<()>("a", &Err(Error::Cancelled { what: what() }));
        tally.count("a", &Ok(()));
        let told: Vec<String> = tally
            .counts()
            .iter()
            .map(|one| {
                format!(
                    "{} {} {} {}",
                    one.tool, one.answered, one.failed, one.cancelled
                )
            })
            .collect();
        assert_eq!(told, ["a 1 1 1", "b 1 0 0"]);
    }
}
