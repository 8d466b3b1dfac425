//! A run: what each of its tasks is doing at a given moment.

use crate::clock::{Clock, Millis};

use super::seed::{Fate, Job, Task};

/// Seconds a task waits for its compute in the real service.
const SETS_UP_IN: f64 = 3.0;
/// Seconds from cancel to TERMINATED in the real service.
const CANCELS_IN: f64 = 1.0;

/// A run of a job.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) id: i64,
    pub(super) job: std::sync::Arc<Job>,
    pub(super) number: i64,
    pub(super) started: Millis,
    pub(super) cancelled: Option<Millis>,
    pub(super) idempotency_token: Option<String>,
    pub(super) job_parameters: Vec<(String, String)>,
    pub(super) tasks: Vec<TaskRun>,
    /// Started by hand, rather than by the schedule.
    pub(super) by_hand: bool,
    clock: Clock,
}

/// A run of one task: its plan, were it not for a cancel.
#[derive(Debug)]
pub(super) struct TaskRun {
    pub(super) id: i64,
    pub(super) task: Task,
    /// When what it depends on has ended.
    ready: Millis,
    /// When its compute stands; `ready` where it never runs.
    running: Millis,
    ended: Millis,
    /// How it ends.
    result: &'static str,
}

/// What a run or one of its tasks is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    /// `BLOCKED`, `PENDING`, `RUNNING`, `TERMINATING` or `TERMINATED`.
    pub(super) life_cycle: &'static str,
    /// `SUCCESS`, `FAILED`, `CANCELED` or `UPSTREAM_FAILED`, once terminated.
    pub(super) result: Option<&'static str>,
    pub(super) message: String,
    pub(super) started: Millis,
    /// 0 until it has.
    pub(super) ended: Millis,
    pub(super) setup: Millis,
    pub(super) execution: Millis,
}

impl Run {
    /// A run that starts at `started`; its tasks get the ids after its own.
    pub(super) fn new(
        id: i64,
        job: &std::sync::Arc<Job>,
        number: i64,
        started: Millis,
        clock: Clock,
    ) -> Self {
        let mut tasks: Vec<TaskRun> = Vec::new();
        for (task, nth) in job.tasks.iter().zip(1..) {
            let before: Vec<&TaskRun> = tasks
                .iter()
                .filter(|before| task.depends_on.contains(&before.task.key))
                .collect();
            let ready = before
                .iter()
                .map(|task| task.ended)
                .max()
                .unwrap_or(started);
            let blocked = before.iter().any(|task| task.result != "SUCCESS");
            let (running, ended, result) = if blocked {
                (ready, ready, "UPSTREAM_FAILED")
            } else {
                let running = ready + clock.takes(SETS_UP_IN);
                let result = match task.fate {
                    Fate::Succeeds { .. } => "SUCCESS",
                    Fate::Fails { .. } => "FAILED",
                };
                (
                    running,
                    running.saturating_add(clock.takes(task.seconds)),
                    result,
                )
            };
            tasks.push(TaskRun {
                id: id + nth,
                task: task.clone(),
                ready,
                running,
                ended,
                result,
            });
        }
        Self {
            id,
            job: job.clone(),
            number,
            started,
            cancelled: None,
            idempotency_token: None,
            job_parameters: Vec::new(),
            tasks,
            by_hand: false,
            clock,
        }
    }

    /// Cancels the run, unless it has ended.
    pub(super) fn cancel(&mut self, now: Millis) {
        if self.cancelled.is_none() && now < self.planned_end() {
            self.cancelled = Some(now);
        }
    }

    fn planned_end(&self) -> Millis {
        self.tasks
            .iter()
            .map(|task| task.ended)
            .max()
            .unwrap_or(self.started)
    }

    /// Whether the run has not ended.
    pub(super) fn is_active(&self, now: Millis) -> bool {
        self.standing(now).ended == 0
    }

    /// What the whole run is doing.
    pub(super) fn standing(&self, now: Millis) -> Standing {
        let tasks: Vec<Standing> = self.tasks.iter().map(|task| self.task(task, now)).collect();
        let mut standing = Standing {
            life_cycle: "RUNNING",
            result: None,
            message: "In run".to_owned(),
            started: self.started,
            ended: 0,
            setup: tasks.first().map_or(0, |task| task.setup),
            execution: tasks.iter().map(|task| task.execution).sum(),
        };
        if tasks.iter().all(|task| task.life_cycle == "TERMINATED") {
            standing.life_cycle = "TERMINATED";
            standing.ended = tasks
                .iter()
                .map(|task| task.ended)
                .max()
                .unwrap_or(self.started);
            let failed = self
                .tasks
                .iter()
                .zip(&tasks)
                .find(|(_, t)| t.result == Some("FAILED"));
            (standing.result, standing.message) = match (self.cancelled, failed) {
                (Some(_), _) => (Some("CANCELED"), "Run cancelled.".to_owned()),
                (None, Some((task, _))) => (
                    Some("FAILED"),
                    format!("Task {} failed, see its output.", task.task.key),
                ),
                (None, None) => (Some("SUCCESS"), String::new()),
            };
        } else if self.cancelled.is_some_and(|at| now >= at) {
            standing.life_cycle = "TERMINATING";
            standing.message = "Run cancellation requested.".to_owned();
        } else if tasks
            .iter()
            .all(|task| matches!(task.life_cycle, "PENDING" | "BLOCKED"))
        {
            standing.life_cycle = "PENDING";
            standing.message = "Waiting for cluster".to_owned();
        }
        standing
    }

    /// What one task of the run is doing.
    pub(super) fn task(&self, task: &TaskRun, now: Millis) -> Standing {
        let cancelled = self.cancelled.filter(|at| *at < task.ended && now >= *at);
        let (life_cycle, result, message, end) = match cancelled {
            Some(at) => {
                let end = at + self.clock.takes(CANCELS_IN);
                if now >= end {
                    ("TERMINATED", Some("CANCELED"), "Run cancelled.", end)
                } else {
                    ("TERMINATING", None, "Run cancellation requested.", 0)
                }
            }
            None if now >= task.ended => {
                let message = match task.result {
                    "FAILED" => "The task failed, see its output.",
                    "UPSTREAM_FAILED" => "Upstream task failed.",
                    _ => "",
                };
                ("TERMINATED", Some(task.result), message, task.ended)
            }
            None if now >= task.running => ("RUNNING", None, "In run", 0),
            None if now >= task.ready => ("PENDING", None, "Waiting for cluster", 0),
            None => ("BLOCKED", None, "", 0),
        };
        let until = if end == 0 { now } else { end };
        Standing {
            life_cycle,
            result,
            message: message.to_owned(),
            started: if now >= task.ready { task.ready } else { 0 },
            ended: end,
            setup: (until.min(task.running) - task.ready).max(0),
            execution: (until - task.running).max(0),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::super::seed;
    use super::*;

    fn run_of(name: &str) -> Run {
        let jobs = seed::jobs(0);
        let job = jobs.iter().find(|job| job.name == name).unwrap();
        Run::new(100, job, 1, 0, Clock::new(1.0))
    }

    fn life_cycles(run: &Run, now: Millis) -> Vec<&'static str> {
        run.tasks
            .iter()
            .map(|task| run.task(task, now).life_cycle)
            .collect()
    }

    #[test]
    fn tasks_wait_for_those_they_depend_on() {
        let run = run_of("nightly-etl");
        assert_eq!(
            life_cycles(&run, 0),
            ["PENDING", "BLOCKED", "BLOCKED", "BLOCKED"]
        );
        assert_eq!(run.standing(0).life_cycle, "PENDING");
        let first = run.tasks[0].running;
        assert_eq!(
            life_cycles(&run, first),
            ["RUNNING", "BLOCKED", "BLOCKED", "BLOCKED"]
        );
        assert_eq!(run.standing(first).life_cycle, "RUNNING");
        let first = run.tasks[0].ended;
        assert_eq!(
            life_cycles(&run, first),
            ["TERMINATED", "PENDING", "PENDING", "BLOCKED"]
        );
        let last = run.tasks[3].ended;
        let end = run.standing(last);
        assert_eq!(
            (end.life_cycle, end.result, end.ended),
            ("TERMINATED", Some("SUCCESS"), last)
        );
    }

    #[test]
    fn what_depends_on_a_failed_task_never_runs() {
        let run = run_of("customer-churn-model");
        let end = run.standing(1_000_000);
        assert_eq!(end.result, Some("FAILED"));
        assert!(end.message.contains("Task train failed"));
        let last = run.tasks.last().unwrap();
        let skipped = run.task(last, 1_000_000);
        assert_eq!(
            (skipped.result, skipped.execution),
            (Some("UPSTREAM_FAILED"), 0)
        );
    }

    #[test]
    fn a_cancel_ends_what_has_not_ended_and_nothing_else() {
        let mut run = run_of("nightly-etl");
        let middle = run.tasks[1].running;
        run.cancel(middle);
        assert_eq!(run.standing(middle).life_cycle, "TERMINATING");
        let end = middle + 1_000;
        assert_eq!(run.standing(end).result, Some("CANCELED"));
        assert_eq!(run.standing(end).ended, end);
        assert_eq!(run.task(&run.tasks[0], end).result, Some("SUCCESS"));
        assert_eq!(run.task(&run.tasks[3], end).result, Some("CANCELED"));
    }

    #[test]
    fn an_ended_run_cannot_be_cancelled() {
        let mut run = run_of("nightly-etl");
        run.cancel(1_000_000);
        assert_eq!(run.standing(2_000_000).result, Some("SUCCESS"));
    }
}
