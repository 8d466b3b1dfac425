//! Output of runs: results, logs, errors, and the notebook as it ran.

use serde_json::{Map, Value, json};

use super::Jobs;
use super::job::{Fate, text};
use super::run::{Run, TaskRun};
use super::runs::{ByRun, find};
use crate::http::{ApiError, Call, Reply};
use crate::services::workspace::as_it_ended;

impl Jobs {
    pub(super) fn get_run_output(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ByRun = call.query()?;
        let now = self.clock.now();
        let runs = self.runs.lock();
        let (run, task) = one_task(&runs, query.run_id)?;
        let mut output = Map::new();
        output.insert(
            "metadata".to_owned(),
            self.describe_task(run, task, now, true),
        );
        let mut add = |name: &str, value: Value| output.insert(name.to_owned(), value);
        let works = |kind: &str| task.task.settings.contains_key(kind);
        match (&task.task.fate, run.task(task, now).result) {
            (Fate::Succeeds { output: text }, Some("SUCCESS")) => {
                if task.task.program.is_none() && !works("condition_task") {
                    let said = "The sandbox ran no code: the task only passed through the states of a run. Started with \
                                `--allow-python`, it runs the Python notebooks of tasks, but not of loops.";
                    add("info", json!(said));
                }
                if works("sql_task") {
                    let link = json!({"output_link": self.page_url(run)});
                    add("sql_output", json!({"query_output": link}));
                } else if works("notebook_task") {
                    let result = (!text.is_empty()).then_some(text);
                    add(
                        "notebook_output",
                        json!({"result": result, "truncated": false}),
                    );
                } else {
                    add("logs", json!(text));
                }
            }
            // A task whose compute was lost has nothing to say.
            (Fate::Fails(failure), Some("FAILED")) if !failure.error.is_empty() => {
                add("error", json!(failure.error));
                add("error_trace", json!(failure.trace));
            }
            _ => {}
        }
        if let Some(child) = task.child {
            add("run_job_output", json!({"run_id": child}));
        }
        Ok(Value::Object(output).into())
    }

    pub(super) fn export_run(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ByRun = call.query()?;
        let runs = self.runs.lock();
        let (run, task) = one_task(&runs, query.run_id)?;
        let notebook = task.task.settings.get("notebook_task");
        let path = notebook
            .and_then(Value::as_object)
            .map(|task| text(task, "notebook_path"));
        // Of a run of the seed, as it is now, with what that run came to.
        let result = run.task(task, self.clock.now()).result;
        let kept = |path| {
            let page = task.task.page.clone();
            page.or_else(|| {
                let page = self.workspace.notebook_page(path)?;
                Some(as_it_ended(&page, &shown(&task.task.fate, result)?))
            })
        };
        let page = path.and_then(|path| Some((path, kept(path)?)));
        let Some((path, content)) = page else {
            return Err(ApiError::invalid(format!(
                "Run {} cannot be exported: it ran no notebook that is there.",
                query.run_id
            )));
        };
        let name = path.rsplit('/').next();
        Ok(json!({"views": [{"content": content, "name": name, "type": "NOTEBOOK"}]}).into())
    }
}

/// The result of the last cell of a notebook that was not run for real; none of a task that never began.
fn shown(fate: &Fate, result: Option<&str>) -> Option<Value> {
    let printed = |text: &str| json!({"type": "ansi", "data": text});
    match (fate, result) {
        (Fate::Fails(failure), Some("FAILED")) => Some(json!({
            "type": "error",
            "summary": failure.error,
            "cause": failure.trace,
            "arguments": printed(""),
        })),
        (Fate::Succeeds { output }, Some("SUCCESS")) => Some(printed(output)),
        (_, Some("UPSTREAM_FAILED" | "EXCLUDED")) => None,
        _ => Some(printed("")),
    }
}

/// The task with this id, or the only task of the run with this id.
fn one_task(runs: &[Run], id: i64) -> Result<(&Run, &TaskRun), ApiError> {
    match find(runs, id)? {
        (run, Some(task)) => Ok((run, task)),
        (run, None) => match run.tasks.as_slice() {
            [task] => Ok((run, task)),
            _ => Err(ApiError::invalid(format!(
                "The run {} has several tasks: ask for the output of one of its task runs.",
                run.id
            ))),
        },
    }
}
