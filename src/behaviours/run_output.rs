//! The output of a run, task by task; shared by the behaviours that run something.

use databricks_client::types::{
    Int64, JobsRun, JobsRunLifeCycleState, JobsRunOutput, JobsRunResultState, JobsRunState,
    JobsRunTask,
};
use futures_util::future::join_all;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::Error;
use crate::transport::typed_answer;

/// Tasks whose output is asked for; of the others the state is shown.
const TASKS: usize = 20;

/// What a run, or one task of it, returned.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// The notebook's exit value.
    #[serde(skip_serializing_if = "Option::is_none")]
    notebook_result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notebook_truncated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logs: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logs_truncated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_trace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sql: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dbt: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_job: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<String>,
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
pub(super) async fn single(context: &Context, run_id: i64) -> Result<Output, Error> {
    let called = context.client().jobs_get_run_output(run_id).await;
    Ok(output(typed_answer("jobs.get_run_output", called)?))
}

/// The run with its tasks.
pub(super) async fn run(context: &Context, run_id: i64) -> Result<JobsRun, Error> {
    let client = context.client();
    let called = client.jobs_get_run(None, None, None, run_id);
    typed_answer("jobs.get_run", called.await)
}

/// The output of every task of a run; nothing where the run has no tasks of its own.
pub(super) async fn of_tasks(context: &Context, run_id: i64) -> Result<Option<Outputs>, Error> {
    let run = run(context, run_id).await?;
    let own = |task: &&JobsRunTask| task.run_id.is_some_and(|id| id != run_id);
    if !latest(&run).iter().any(own) {
        return Ok(None);
    }
    Ok(Some(of_run(context, &run).await))
}

/// The output of every task of a run.
pub(super) async fn of_run(context: &Context, run: &JobsRun) -> Outputs {
    let tasks = latest(run);
    let outputs = tasks
        .iter()
        .enumerate()
        .map(|(nth, task)| task_output(context, task, nth < TASKS));
    Outputs {
        whole: standing(run.run_id, run.state.as_ref(), run.run_page_url.clone()),
        tasks: join_all(outputs).await,
        resume: None,
    }
}

/// The last attempt of each task, those that failed first, the others in the order in which they began.
fn latest(run: &JobsRun) -> Vec<&JobsRunTask> {
    let mut tasks: Vec<&JobsRunTask> = Vec::new();
    for task in run.tasks.iter().flatten() {
        match tasks
            .iter_mut()
            .find(|known| known.task_key == task.task_key)
        {
            Some(known) if known.attempt_number <= task.attempt_number => *known = task,
            Some(_) => {}
            None => tasks.push(task),
        }
    }
    tasks.sort_by_key(|task| {
        let result = task
            .state
            .as_ref()
            .and_then(|state| state.result_state.as_ref());
        let failed = result == Some(&JobsRunResultState::Failed);
        (!failed, task.start_time.unwrap_or_default())
    });
    tasks
}

async fn task_output(context: &Context, task: &JobsRunTask, ask: bool) -> Task {
    let state = task.state.as_ref();
    let mut output = standing(task.run_id, state, task.run_page_url.clone());
    let began = !matches!(
        state.and_then(|state| state.life_cycle_state.as_ref()),
        Some(
            JobsRunLifeCycleState::Pending
                | JobsRunLifeCycleState::Queued
                | JobsRunLifeCycleState::Blocked
                | JobsRunLifeCycleState::Skipped
                | JobsRunLifeCycleState::WaitingForRetry
        )
    );
    if let Some(run_id) = task.run_id.filter(|_| ask && began) {
        match single(context, run_id.into()).await {
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
            Err(error) => output.info = Some(format!("its output cannot be read: {error}")),
        }
    }
    Task {
        key: task.task_key.clone().unwrap_or_default(),
        output,
    }
}

/// The state of a run or a task.
fn standing(run_id: Option<Int64>, state: Option<&JobsRunState>, url: Option<String>) -> Output {
    let message = state.and_then(|state| state.state_message.clone());
    Output {
        run_id: run_id.map(i64::from),
        state: state.and_then(|state| Some(state.life_cycle_state.as_ref()?.to_string())),
        result: state.and_then(|state| Some(state.result_state.as_ref()?.to_string())),
        message: said(message),
        url: said(url),
        ..Output::default()
    }
}

fn output(answer: JobsRunOutput) -> Output {
    let run = answer.metadata.unwrap_or_default();
    let notebook = answer.notebook_output.unwrap_or_default();
    Output {
        notebook_result: said(notebook.result),
        notebook_truncated: notebook.truncated.filter(|cut| *cut),
        logs: said(answer.logs),
        logs_truncated: answer.logs_truncated.filter(|cut| *cut),
        error: said(answer.error),
        error_trace: said(answer.error_trace),
        sql: answer.sql_output,
        dbt: answer.dbt_output,
        run_job: answer.run_job_output,
        info: said(answer.info),
        ..standing(run.run_id, run.state.as_ref(), run.run_page_url)
    }
}

/// Nothing to say costs nothing.
fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
