//! How a run, a task or an iteration stands: by its `status`, else by its deprecated `state`.

use databricks_client::types::{JobsRunState, JobsRunStatus, JobsRunTask};

/// The state of a run, a task or an iteration; what the service does not say is not there.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Standing {
    pub(super) state: Option<String>,
    pub(super) result: Option<String>,
    pub(super) message: Option<String>,
    /// Why it ended, or waits.
    pub(super) code: Option<String>,
}

impl Standing {
    /// The standing of a task or an iteration.
    pub(super) fn of(task: &JobsRunTask) -> Self {
        Self::new(task.status.as_ref(), task.state.as_ref())
    }

    /// Either may be there alone.
    pub(super) fn new(status: Option<&JobsRunStatus>, state: Option<&JobsRunState>) -> Self {
        let ended = status.and_then(|status| status.termination_details.as_ref());
        let queued = status.and_then(|status| status.queue_details.as_ref());
        let code = ended.and_then(|ended| Some(ended.code.as_ref()?.to_string()));
        let waits = || Some(queued?.code.as_ref()?.to_string());
        let now = status.and_then(|status| Some(status.state.as_ref()?.to_string()));
        let was = || Some(state?.life_cycle_state.as_ref()?.to_string());
        let result = state.and_then(|state| Some(state.result_state.as_ref()?.to_string()));
        let mut messages = [
            ended.and_then(|ended| ended.message.clone()),
            queued.and_then(|queued| queued.message.clone()),
            state.and_then(|state| state.state_message.clone()),
        ]
        .into_iter()
        .flatten();
        Self {
            state: now.or_else(was),
            result: result.or_else(|| code.clone()),
            message: messages.find(|message| !message.is_empty()),
            code: code.or_else(waits),
        }
    }

    fn is(&self, states: &[&str]) -> bool {
        self.state
            .as_deref()
            .is_some_and(|state| states.contains(&state))
    }

    /// It may have an output.
    pub(super) fn has_begun(&self) -> bool {
        let never = self.result.as_deref().is_some_and(|result| {
            [
                "SKIPPED",
                "EXCLUDED",
                "UPSTREAM_FAILED",
                "UPSTREAM_CANCELED",
            ]
            .contains(&result)
        });
        let waits = [
            "PENDING",
            "QUEUED",
            "BLOCKED",
            "SKIPPED",
            "WAITING_FOR_RETRY",
            "WAITING",
        ];
        !never && !self.is(&waits)
    }

    /// It ended, and not well. A task that a condition excludes is not to run.
    pub(super) fn is_bad(&self) -> bool {
        if self.result.as_deref() == Some("EXCLUDED") {
            return false;
        }
        let good = ["SUCCESS", "SUCCESS_WITH_FAILURES"];
        let well = |said: &Option<String>| said.as_deref().is_none_or(|said| good.contains(&said));
        self.is(&["INTERNAL_ERROR", "SKIPPED"])
            || (self.is(&["TERMINATED"]) && !(well(&self.result) && well(&self.code)))
    }

    /// What failed itself comes first, then what went with it, then the rest.
    pub(super) fn rank(&self) -> u8 {
        match (self.is_bad(), self.has_begun()) {
            (true, true) => 0,
            (true, false) => 1,
            _ => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    fn standing(task: Value) -> Standing {
        Standing::of(&serde_json::from_value(task).unwrap())
    }

    #[test]
    fn status_and_state_tell_the_same_alone() {
        let failed = standing(
            json!({"status": {"state": "TERMINATED", "termination_details":
            {"code": "CLUSTER_ERROR", "type": "CLOUD_FAILURE", "message": "No capacity"}}}),
        );
        assert_eq!(failed.message.as_deref(), Some("No capacity"));
        let old = standing(
            json!({"state": {"life_cycle_state": "TERMINATED", "result_state": "FAILED"}}),
        );
        let good = standing(
            json!({"status": {"state": "TERMINATED", "termination_details": {"code": "SUCCESS"}}}),
        );
        let downstream = standing(
            json!({"state": {"life_cycle_state": "TERMINATED", "result_state": "UPSTREAM_FAILED"}}),
        );
        let queued = standing(
            json!({"status": {"state": "QUEUED", "queue_details": {"code": "X", "message": "full"}}}),
        );
        assert_eq!(queued.message.as_deref(), Some("full"));
        let excluded = standing(
            json!({"state": {"life_cycle_state": "TERMINATED", "result_state": "EXCLUDED"}}),
        );
        let ranks = [failed, old, downstream, good, queued, excluded].map(|one| one.rank());
        assert_eq!(ranks, [0, 0, 1, 2, 2, 2]);
    }
}
