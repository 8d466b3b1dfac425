//! What a run returned, task by task; shared by the behaviours that run something.

use futures_util::future::join_all;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::steps;
use crate::context::Context;
use crate::error::Error;
use crate::shape;

/// Tasks whose output is asked for; of the others the state is shown.
const TASKS: usize = 20;

/// What a run, or one task of it, returned.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i64>")]
    run_id: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    state: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    result: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    message: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    url: Option<Value>,
    /// The notebook's exit value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    notebook_result: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<bool>")]
    notebook_truncated: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    logs: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<bool>")]
    logs_truncated: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) error: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) error_trace: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Map<String, Value>>")]
    sql: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Map<String, Value>>")]
    dbt: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Map<String, Value>>")]
    run_job: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    info: Option<Value>,
}

/// One task and what it returned.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Task {
    pub(super) key: String,
    #[serde(flatten)]
    pub(super) output: Output,
}

/// What a run returned; of one with tasks, each of them.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Outputs {
    #[serde(flatten)]
    pub(super) whole: Output,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tasks: Vec<Task>,
    /// How to go on where there was no more time: tool and arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resume: Option<Map<String, Value>>,
}

/// The output of a run without tasks, or of one task.
pub(super) async fn single(context: &Context, run_id: &Value) -> Result<Output, Error> {
    let asked = json!({ "run_id": run_id });
    let said = steps::send(context, "jobs.get_run_output", asked).await?;
    Ok(output(&said.response))
}

/// The output of every task of a run; nothing where the run has no tasks of its own.
pub(super) async fn of_tasks(context: &Context, run_id: &Value) -> Result<Option<Outputs>, Error> {
    let asked = json!({ "run_id": run_id });
    let run = steps::send(context, "jobs.get_run", asked).await?.response;
    let own = |task: &&Value| task.get("run_id").is_some_and(|id| id != run_id);
    if !latest(&run).iter().any(own) {
        return Ok(None);
    }
    Ok(Some(of_run(context, &run).await))
}

/// The output of every task of a run that `jobs.get_run` has described.
pub(super) async fn of_run(context: &Context, run: &Value) -> Outputs {
    let tasks = latest(run);
    let outputs = tasks
        .iter()
        .enumerate()
        .map(|(nth, task)| task_output(context, task, nth < TASKS));
    Outputs {
        whole: standing(run),
        tasks: join_all(outputs).await,
        resume: None,
    }
}

/// The last attempt of each task, those that failed first, the others in the order in which they began.
fn latest(run: &Value) -> Vec<&Value> {
    let all = run.get("tasks").and_then(Value::as_array);
    let mut tasks: Vec<&Value> = Vec::new();
    for task in all.into_iter().flatten() {
        let attempt = |task: &Value| task.get("attempt_number").and_then(Value::as_i64);
        match tasks
            .iter_mut()
            .find(|known| known.get("task_key") == task.get("task_key"))
        {
            Some(known) if attempt(known) <= attempt(task) => *known = task,
            Some(_) => {}
            None => tasks.push(task),
        }
    }
    tasks.sort_by_key(|task| {
        let failed = shape::text_at(task, "state.result_state") == "FAILED";
        (
            !failed,
            task.get("start_time").and_then(Value::as_i64).unwrap_or(0),
        )
    });
    tasks
}

async fn task_output(context: &Context, task: &Value, ask: bool) -> Task {
    let mut output = standing(task);
    let began = task.get("run_id").filter(|_| {
        let state = shape::text_at(task, "state.life_cycle_state");
        !matches!(
            state.as_str(),
            "PENDING" | "QUEUED" | "BLOCKED" | "SKIPPED" | "WAITING_FOR_RETRY"
        )
    });
    if let (true, Some(run_id)) = (ask, began) {
        match single(context, run_id).await {
            Ok(said) => {
                output = Output {
                    run_id: output.run_id,
                    state: output.state,
                    result: output.result,
                    message: output.message,
                    url: output.url,
                    ..said
                }
            }
            // Some kinds of task have none.
            Err(error) => {
                output.info = Some(format!("its output cannot be read: {error}").into());
            }
        }
    }
    Task {
        key: shape::text_at(task, "task_key"),
        output,
    }
}

/// How a run or a task stands, as `jobs.get_run` describes it.
fn standing(run: &Value) -> Output {
    Output {
        run_id: run.get("run_id").cloned(),
        state: said(run, "state.life_cycle_state"),
        result: said(run, "state.result_state"),
        message: said(run, "state.state_message"),
        url: said(run, "run_page_url"),
        ..Output::default()
    }
}

fn output(answer: &Value) -> Output {
    Output {
        run_id: said(answer, "metadata.run_id"),
        state: said(answer, "metadata.state.life_cycle_state"),
        result: said(answer, "metadata.state.result_state"),
        message: said(answer, "metadata.state.state_message"),
        url: said(answer, "metadata.run_page_url"),
        notebook_result: said(answer, "notebook_output.result"),
        notebook_truncated: said(answer, "notebook_output.truncated"),
        logs: said(answer, "logs"),
        logs_truncated: said(answer, "logs_truncated"),
        error: said(answer, "error"),
        error_trace: said(answer, "error_trace"),
        sql: said(answer, "sql_output"),
        dbt: said(answer, "dbt_output"),
        run_job: said(answer, "run_job_output"),
        info: said(answer, "info"),
    }
}

/// Nothing to say costs nothing.
fn said(value: &Value, path: &str) -> Option<Value> {
    shape::at(value, path).filter(|found| !found.is_null() && found != "" && found != false)
}
