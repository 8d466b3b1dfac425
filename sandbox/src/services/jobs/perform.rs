//! Notebooks that are run for real: begun with their task, told to the run when they end, and stopped with it.

use std::time::Duration;

use serde_json::{Value, json};

use super::Jobs;
use super::job::{Failure, Fate, Program};
use super::run::{NEVER, Run};
use crate::python::Interpreter;
use crate::services::warehouses::DEFAULT_ID;
use crate::services::workspace::as_it_ran;

impl Jobs {
    /// Begins the programs of the tasks that are up next.
    pub(super) fn perform(&self, run: &mut Run) {
        for task in &mut run.tasks {
            let Some(program) = task.task.program.clone() else {
                continue;
            };
            if !task.begun && task.running < NEVER {
                task.begun = true;
                let parameters = run.job_parameters.iter();
                let parameters = parameters.map(|(name, value)| (name.clone(), json!(value)));
                let mut program = program;
                program.parameters.extend(parameters);
                self.begin(run.id, task.id, program, task.running);
            }
        }
    }

    fn begin(&self, run: i64, task: i64, program: Program, at: i64) {
        let wait = u64::try_from(at - self.clock.now()).unwrap_or(0);
        let jobs = self.me.clone();
        self.shared.sql.spawn(async move {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            // Gone with the sandbox, or cancelled before it began.
            let Some(interpreter) = jobs.upgrade().and_then(|jobs| jobs.open(run, task)) else {
                return;
            };
            let asked = json!({"notebook": program.path, "parameters": program.parameters});
            let ran = tokio::task::spawn_blocking(move || {
                interpreter.and_then(|interpreter| interpreter.ask(&asked))
            });
            let ran = ran.await.unwrap_or_else(|error| Err(error.to_string()));
            let mut cells = Vec::new();
            let fate = match ran {
                Ok(outcome) => {
                    cells = outcome.cells;
                    match outcome.error {
                        Some(error) => Fate::Fails(Failure::of_code(error, outcome.trace)),
                        None => Fate::Succeeds {
                            output: outcome.exit.unwrap_or_default(),
                        },
                    }
                }
                Err(reason) => Fate::Fails(Failure::of_code(reason, "")),
            };
            if let Some(jobs) = jobs.upgrade() {
                jobs.settle(run, task, fate, &cells);
            }
        });
    }

    /// An interpreter for the task; `None` if that was cancelled.
    fn open(&self, run: i64, task: i64) -> Option<Result<std::sync::Arc<Interpreter>, String>> {
        let runs = self.runs.lock();
        let run = runs.iter().find(|one| one.id == run)?;
        run.tasks
            .iter()
            .find(|one| one.id == task && !one.is_cancelled())?;
        let started = Interpreter::start(&self.identity, DEFAULT_ID);
        if let Ok(interpreter) = &started {
            self.performed.lock().insert(task, interpreter.clone());
        }
        Some(started)
    }

    fn settle(&self, run: i64, task: i64, fate: Fate, cells: &[Value]) {
        self.performed.lock().remove(&task);
        let mut runs = self.runs.lock();
        if let Some(run) = runs.iter_mut().find(|one| one.id == run) {
            let mut tasks = run.tasks.iter_mut();
            if let Some(ran) = tasks.find(|one| one.id == task && !one.is_cancelled()) {
                let page = ran.task.page.take();
                ran.task.page = page.map(|page| as_it_ran(&page, cells));
            }
            run.settle(task, fate, self.clock.now(), &mut self.ids.lock());
            self.perform(run);
            let children = std::mem::take(&mut run.children);
            runs.extend(children);
        }
    }

    /// Stops the programs of cancelled tasks.
    pub(super) fn halt(&self, runs: &[Run]) {
        let tasks = runs.iter().flat_map(|run| &run.tasks);
        for task in tasks.filter(|task| task.is_cancelled()) {
            let interpreter = self.performed.lock().remove(&task.id);
            if let Some(interpreter) = interpreter {
                interpreter.kill();
            }
        }
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.performed.lock().values().for_each(|one| one.kill());
    }
}
