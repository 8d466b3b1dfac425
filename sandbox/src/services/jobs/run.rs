//! A run, and the state of each of its tasks at a given time.

use std::sync::Arc;

use super::job::{Fate, Job, Task};
use crate::clock::{Clock, Millis};

/// The seconds that a task waits for its compute in the real service.
pub(super) const SETS_UP_IN: f64 = 3.0;
/// The seconds from cancel to TERMINATED in the real service.
const CANCELS_IN: f64 = 1.0;

/// The end of a task whose program runs: it has none yet.
pub(super) const NEVER: Millis = Millis::MAX / 8;

/// The counter of the ids of runs, tasks and repairs.
#[derive(Debug)]
pub(super) struct Ids(pub(super) i64);

impl Ids {
    /// The next unused id.
    pub(super) fn next(&mut self) -> i64 {
        self.0 += 1;
        self.0
    }
}

/// A run of a job.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) id: i64,
    pub(super) job: Arc<Job>,
    pub(super) number: i64,
    pub(super) started: Millis,
    pub(super) idempotency_token: Option<String>,
    pub(super) job_parameters: Vec<(String, String)>,
    pub(super) tasks: Vec<TaskRun>,
    /// True for a run that a person started instead of the schedule.
    pub(super) by_hand: bool,
    /// Runs that its tasks begin, until they are kept among all runs.
    pub(super) children: Vec<Run>,
    /// The repairs, oldest first.
    pub(super) repairs: Vec<Repair>,
    pub(super) clock: Clock,
}

/// A repair of a run.
#[derive(Debug)]
pub(super) struct Repair {
    pub(super) id: i64,
    pub(super) started: Millis,
    /// The runs of the tasks before the repair.
    pub(super) before: Vec<i64>,
}

/// The run of one task, as planned; a cancel ends it earlier.
#[derive(Debug)]
pub(super) struct TaskRun {
    pub(super) id: i64,
    pub(super) task: Task,
    /// The attempt: 0 at first, one more with every repair.
    pub(super) attempt: i64,
    /// The time at which the tasks that it depends on have ended.
    pub(super) ready: Millis,
    /// The time at which its compute is up; `ready` for a task that never runs.
    pub(super) running: Millis,
    /// True once its program was started.
    pub(super) begun: bool,
    pub(super) ended: Millis,
    /// The planned end.
    pub(super) result: &'static str,
    pub(super) cancelled: Option<Millis>,
    /// The iterations of a loop.
    pub(super) iterations: Vec<TaskRun>,
    /// The run of the job that it runs.
    pub(super) child: Option<i64>,
}

/// The state of a run or of one of its tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    /// `BLOCKED`, `PENDING`, `RUNNING`, `TERMINATING` or `TERMINATED`.
    pub(super) life_cycle: &'static str,
    /// `SUCCESS`, `FAILED`, `CANCELED` or `UPSTREAM_FAILED` after TERMINATED.
    pub(super) result: Option<&'static str>,
    pub(super) message: String,
    /// The termination code of a failure, and its type.
    pub(super) code: Option<(&'static str, &'static str)>,
    pub(super) started: Millis,
    /// The end; 0 before it.
    pub(super) ended: Millis,
    pub(super) setup: Millis,
    pub(super) execution: Millis,
}

impl Run {
    /// Plans a run of these tasks that starts at `started`.
    pub(super) fn new(
        job: &Arc<Job>,
        number: i64,
        started: Millis,
        tasks: Vec<Task>,
        ids: &mut Ids,
        clock: Clock,
    ) -> Self {
        let mut run = Self {
            id: ids.next(),
            job: job.clone(),
            number,
            started,
            idempotency_token: None,
            job_parameters: Vec::new(),
            tasks: Vec::new(),
            by_hand: false,
            children: Vec::new(),
            repairs: Vec::new(),
            clock,
        };
        for task in tasks {
            let planned = run.plan(task, started, ids, 0);
            run.tasks.push(planned);
        }
        run
    }

    /// Cancels all tasks that have not ended.
    pub(super) fn cancel(&mut self, now: Millis) {
        for task in &mut self.tasks {
            if task.cancelled.is_none() && now < task.ended {
                task.cancelled = Some(now);
            }
            for iteration in &mut task.iterations {
                if now < iteration.ended {
                    iteration.cancelled = Some(now);
                }
            }
        }
    }

    /// True if somebody cancelled a part of the run.
    pub(super) fn is_cancelled(&self) -> bool {
        self.tasks.iter().any(|task| task.cancelled.is_some())
    }

    /// The keys of the tasks that did not succeed.
    pub(super) fn unsuccessful(&self, now: Millis) -> Vec<String> {
        self.tasks
            .iter()
            .filter(|task| !matches!(self.task(task, now).result, Some("SUCCESS" | "EXCLUDED")))
            .map(|task| task.task.key.clone())
            .collect()
    }

    /// These keys and the keys of all tasks that depend on them.
    pub(super) fn with_dependents(&self, keys: &[String]) -> Vec<String> {
        let mut keys = keys.to_vec();
        // Tasks stand after the tasks that they depend on.
        for task in &self.tasks {
            let key = &task.task.key;
            if !keys.contains(key) && task.task.depends_on.iter().any(|on| keys.contains(on)) {
                keys.push(key.clone());
            }
        }
        keys
    }

    /// Runs these tasks again and returns the id of the repair.
    pub(super) fn repair(&mut self, tasks: &[Task], now: Millis, ids: &mut Ids) -> i64 {
        let before = self.tasks.iter().map(|task| task.id).collect();
        for old in std::mem::take(&mut self.tasks) {
            let again = tasks.iter().find(|task| task.key == old.task.key);
            let task = match again {
                Some(task) => self.plan(task.clone(), now, ids, old.attempt + 1),
                None => old,
            };
            self.tasks.push(task);
        }
        let id = ids.next();
        self.repairs.push(Repair {
            id,
            started: now,
            before,
        });
        id
    }

    /// True until the run has ended.
    pub(super) fn is_active(&self, now: Millis) -> bool {
        self.standing(now).ended == 0
    }

    /// The state of the whole run.
    pub(super) fn standing(&self, now: Millis) -> Standing {
        let tasks: Vec<Standing> = self.tasks.iter().map(|task| self.task(task, now)).collect();
        let mut standing = Standing {
            life_cycle: "RUNNING",
            result: None,
            message: "In run".to_owned(),
            code: None,
            started: self.started,
            ended: 0,
            setup: tasks.first().map_or(0, |task| task.setup),
            execution: tasks.iter().map(|task| task.execution).sum(),
        };
        let since = self
            .repairs
            .last()
            .map_or(self.started, |last| last.started);
        let waits = |task: &Standing| {
            let early = task.life_cycle == "TERMINATED" && task.ended <= since;
            early || matches!(task.life_cycle, "PENDING" | "BLOCKED")
        };
        if tasks.iter().all(|task| task.life_cycle == "TERMINATED") {
            standing.life_cycle = "TERMINATED";
            let ended = tasks.iter().map(|task| task.ended).max();
            standing.ended = ended.unwrap_or(self.started);
            let failed = self
                .tasks
                .iter()
                .zip(&tasks)
                .find(|(_, t)| t.result == Some("FAILED"));
            let cancelled = tasks.iter().any(|task| task.result == Some("CANCELED"));
            (standing.result, standing.message) = match (cancelled, failed) {
                (true, _) => (Some("CANCELED"), "Run cancelled.".to_owned()),
                (false, Some((task, _))) => (
                    Some("FAILED"),
                    format!("Task {} failed, see its output.", task.task.key),
                ),
                (false, None) => (Some("SUCCESS"), String::new()),
            };
        } else if tasks.iter().any(|task| task.life_cycle == "TERMINATING") {
            standing.life_cycle = "TERMINATING";
            standing.message = "Run cancellation requested.".to_owned();
        } else if tasks.iter().all(waits) {
            standing.life_cycle = "PENDING";
            standing.message = "Waiting for cluster".to_owned();
        }
        standing
    }

    /// The state of one task of the run.
    pub(super) fn task(&self, task: &TaskRun, now: Millis) -> Standing {
        let cancelled = task.cancelled.filter(|at| now >= *at);
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
                let message = match (task.result, &task.task.fate) {
                    ("FAILED", Fate::Fails(failure)) => failure.message.as_str(),
                    ("UPSTREAM_FAILED", _) => "Upstream task failed.",
                    ("EXCLUDED", _) => "The conditions of the task were not met.",
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
            code: match (&task.task.fate, result) {
                (Fate::Fails(failure), Some("FAILED")) => Some(failure.code),
                _ => None,
            },
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
        let job = jobs.iter().find(|job| job.name() == name).unwrap();
        Run::new(job, 1, 0, job.tasks(&[]), &mut Ids(100), Clock::new(1.0))
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

    #[test]
    fn a_repair_runs_again_what_failed_and_what_depends_on_it() {
        let mut run = run_of("nightly-etl");
        let middle = run.tasks[1].running;
        run.cancel(middle);
        let failed = run.unsuccessful(middle + 2_000);
        assert_eq!(failed, ["orders", "customers", "publish"]);
        let kept = run.tasks[0].id;
        let again: Vec<Task> = run.tasks[1..]
            .iter()
            .map(|task| task.task.clone())
            .collect();
        run.repair(&again, 50_000, &mut Ids(500));
        assert_eq!(run.standing(50_000).life_cycle, "PENDING");
        let end = run.standing(1_000_000);
        assert_eq!(end.result, Some("SUCCESS"));
        assert_eq!((run.tasks[0].id, run.tasks[1].attempt), (kept, 1));
        assert_eq!(run.repairs.len(), 1);
    }
}
