//! The plan of a run: when each task begins and ends, with its retries, iterations and the run of another job.

use serde_json::Value;

use super::job::{Failure, Fate, Task, list, text};
use super::run::{Ids, NEVER, Run, SETS_UP_IN, TaskRun};
use crate::clock::Millis;

impl Run {
    /// Plans a task after those that the run has planned already.
    pub(super) fn plan(
        &mut self,
        task: Task,
        from: Millis,
        ids: &mut Ids,
        attempt: i64,
    ) -> TaskRun {
        let id = ids.next();
        let before: Vec<&TaskRun> = self
            .tasks
            .iter()
            .filter(|before| task.depends_on.contains(&before.task.key))
            .collect();
        let ready = before.iter().map(|task| task.ended).max();
        let ready = ready.unwrap_or(from).max(from);
        let good = before.iter().filter(|before| before.lets(&task)).count();
        let excluded = before.iter().any(|before| before.excludes(&task));
        let all = before.len();
        let goes = match text(&task.settings, "run_if") {
            "ALL_DONE" => true,
            "AT_LEAST_ONE_SUCCESS" => good > 0 || all == 0,
            "AT_LEAST_ONE_FAILED" => good < all,
            "ALL_FAILED" => good == 0,
            _ => good == all,
        };
        let running = ready + self.clock.takes(SETS_UP_IN);
        let (running, ended, result) = match (&task.fate, goes) {
            (_, false) if excluded => (ready, ready, "EXCLUDED"),
            (_, false) => (ready, ready, "UPSTREAM_FAILED"),
            (fate, true) => {
                let once = running.saturating_add(self.clock.takes(task.seconds));
                match fate {
                    _ if task.program.is_some() => (running, NEVER.max(running), "SUCCESS"),
                    Fate::Succeeds { .. } => (running, once, "SUCCESS"),
                    Fate::Fails(_) => {
                        let again = (once - ready).saturating_mul(retries(&task));
                        (running, once.saturating_add(again), "FAILED")
                    }
                }
            }
        };
        let ran = goes && !matches!(result, "EXCLUDED");
        let mut planned = TaskRun {
            id,
            task,
            attempt,
            ready,
            running,
            ended,
            result,
            cancelled: None,
            begun: !ran,
            iterations: Vec::new(),
            child: None,
        };
        if ran {
            self.plan_iterations(&mut planned, ids);
            self.plan_child(&mut planned, ids);
        }
        planned
    }

    /// Plans the iterations of a loop, as many at once as it allows, which end it.
    fn plan_iterations(&self, task: &mut TaskRun, ids: &mut Ids) {
        let each = task.task.settings.get("for_each_task");
        let at_once = each.and_then(|each| each.get("concurrency")?.as_u64());
        let at_once = at_once.and_then(|number| usize::try_from(number).ok());
        let at_once = at_once.unwrap_or(1).max(1);
        for (nth, iteration) in task.task.iterations.iter().enumerate() {
            let before = nth
                .checked_sub(at_once)
                .and_then(|before| task.iterations.get(before));
            let ready = before.map_or(task.running, |before: &TaskRun| before.ended);
            let running = ready + self.clock.takes(SETS_UP_IN);
            let result = match iteration.fate {
                Fate::Succeeds { .. } => "SUCCESS",
                Fate::Fails(_) => "FAILED",
            };
            task.iterations.push(TaskRun {
                id: ids.next(),
                task: iteration.clone(),
                attempt: 0,
                ready,
                running,
                ended: running.saturating_add(self.clock.takes(iteration.seconds)),
                result,
                cancelled: None,
                begun: true,
                iterations: Vec::new(),
                child: None,
            });
        }
        if let Some(ended) = task.iterations.iter().map(|one| one.ended).max() {
            task.ended = ended;
            let failed = task.iterations.iter().any(|one| one.result == "FAILED");
            if failed {
                task.fail("Some iterations failed.");
            }
        }
    }

    /// Plans the run of the job that a task runs, which ends the task.
    fn plan_child(&mut self, task: &mut TaskRun, ids: &mut Ids) {
        let Some((job, tasks)) = task.task.child.clone() else {
            return;
        };
        let mut run = Run::new(&job, 1, task.running, tasks, ids, self.clock);
        let end = run.standing(Millis::MAX / 2);
        task.child = Some(run.id);
        task.ended = end.ended;
        if end.result != Some("SUCCESS") {
            task.fail("The run of the job failed.");
        }
        self.children.append(&mut run.children);
        self.children.push(run);
    }

    /// Ends a task whose program has ended, and plans anew what waits for it.
    pub(super) fn settle(&mut self, id: i64, fate: Fate, now: Millis, ids: &mut Ids) {
        let mut settled: Vec<String> = Vec::new();
        for mut old in std::mem::take(&mut self.tasks) {
            if old.id == id && old.cancelled.is_none() {
                old.ended = now.max(old.running);
                if matches!(fate, Fate::Fails(_)) {
                    old.result = "FAILED";
                }
                old.task.fate = fate.clone();
                settled.push(old.task.key.clone());
            } else if old.cancelled.is_none()
                && old.task.depends_on.iter().any(|on| settled.contains(on))
            {
                settled.push(old.task.key.clone());
                let id = old.id;
                old = self.plan(old.task, self.started, ids, old.attempt);
                old.id = id;
            }
            self.tasks.push(old);
        }
    }
}

/// The times that a task is tried again.
fn retries(task: &Task) -> Millis {
    let given = task.settings.get("max_retries");
    given.and_then(Value::as_i64).unwrap_or(0).clamp(0, 10)
}

impl TaskRun {
    /// The task, and the iterations of a loop.
    pub(super) fn and_iterations(&self) -> Vec<&Self> {
        std::iter::once(self).chain(&self.iterations).collect()
    }

    /// The attempt at this time: one more with every repair and retry.
    pub(super) fn attempt(&self, now: Millis) -> i64 {
        let retries = retries(&self.task);
        let once = (self.ended - self.ready) / (retries + 1);
        // A program runs once, whatever it is told.
        if self.result != "FAILED" || once <= 0 || self.task.program.is_some() {
            return self.attempt;
        }
        self.attempt + ((now - self.ready) / once).clamp(0, retries)
    }

    /// True if a task that depends on this one may run.
    fn lets(&self, next: &Task) -> bool {
        self.result == "SUCCESS" && self.cancelled.is_none() && self.is_outcome_for(next)
    }

    /// True if a condition keeps a task that depends on this one from running.
    fn excludes(&self, next: &Task) -> bool {
        self.result == "EXCLUDED" || (self.result == "SUCCESS" && !self.is_outcome_for(next))
    }

    fn is_outcome_for(&self, next: &Task) -> bool {
        let mut on = list(&next.settings, "depends_on").filter_map(|on| on.as_object());
        let wanted = on
            .find(|on| text(on, "task_key") == self.task.key)
            .map_or("", |on| text(on, "outcome"));
        wanted.is_empty() || self.task.outcome().is_none_or(|outcome| outcome == wanted)
    }

    /// True if somebody cancelled it.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.is_some()
    }

    /// Makes the planned end a failure that its parts explain.
    fn fail(&mut self, message: &str) {
        self.result = "FAILED";
        let mut failure = Failure::of_code("", "");
        failure.message = message.to_owned();
        self.task.fate = Fate::Fails(failure);
    }
}

impl Task {
    /// The outcome of a condition; none for any other task.
    pub(super) fn outcome(&self) -> Option<&'static str> {
        let condition = self.settings.get("condition_task")?.as_object()?;
        let (left, right) = (text(condition, "left"), text(condition, "right"));
        let number = |text: &str| text.parse::<f64>().ok();
        let order = match (number(left), number(right)) {
            (Some(left), Some(right)) => left.partial_cmp(&right)?,
            _ => left.cmp(right),
        };
        let holds = match text(condition, "op") {
            "NOT_EQUAL" => left != right,
            "GREATER_THAN" => order.is_gt(),
            "GREATER_THAN_OR_EQUAL" => order.is_ge(),
            "LESS_THAN" => order.is_lt(),
            "LESS_THAN_OR_EQUAL" => order.is_le(),
            _ => left == right,
        };
        Some(if holds { "true" } else { "false" })
    }
}
