//! The output of a run, task by task; shared by the behaviours that run something.

use databricks_client::JobsGetRunParams;
use databricks_client::types::{Int64, JobsRun, JobsRunOutput, JobsRunTask};
use futures_util::future::join_all;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::run_standing::Standing;
use super::typed::some_id_as_text;
use crate::context::Context;
use crate::error::Error;
use crate::shape;
use crate::transport::typed_answer;

/// Tasks whose output is asked for; of the others the state is shown.
const TASKS: usize = 20;

/// Iterations of one task whose output is asked for.
const ITERATIONS: usize = 3;

/// Pages of one run.
const PAGES: usize = 25;

/// What a run, or one task of it, returned.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Output {
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "some_id_as_text"
    )]
    #[schemars(with = "Option<String>")]
    run_id: Option<i64>,
    /// Key of the task whose output it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    task_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Why it ended, or waits, in the service's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Job parameters in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Map<String, Value>>,
    /// Other parameters that this run was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    overriding_parameters: Option<Map<String, Value>>,
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

/// The run with all its tasks and iterations, which come in pages.
pub(super) async fn run(context: &Context, run_id: i64) -> Result<JobsRun, Error> {
    read(context, run_id, None).await
}

/// The same with its repairs.
pub(super) async fn with_repairs(context: &Context, run_id: i64) -> Result<JobsRun, Error> {
    read(context, run_id, Some(true)).await
}

async fn read(context: &Context, run_id: i64, history: Option<bool>) -> Result<JobsRun, Error> {
    let mut run = page(context, run_id, history, None).await?;
    let mut pages = 1;
    while let Some(token) = said(run.next_page_token.clone())
        && pages < PAGES
    {
        let more = match page(context, run_id, None, Some(&token)).await {
            Ok(more) => more,
            Err(error) => {
                tracing::debug!(request_id = %context.call.id, %error, "a page of a run cannot be read");
                break;
            }
        };
        let all = run.tasks.get_or_insert_default();
        all.extend(more.tasks.into_iter().flatten());
        let all = run.iterations.get_or_insert_default();
        all.extend(more.iterations.into_iter().flatten());
        run.next_page_token = more.next_page_token.filter(|next| *next != token);
        pages += 1;
    }
    Ok(run)
}

/// What is missing of a run that could not be read to its end.
pub(super) fn missing(run: &JobsRun) -> Option<String> {
    said(run.next_page_token.clone())
        .map(|_| "not all of its tasks or iterations could be read".to_owned())
}

async fn page(
    context: &Context,
    run_id: i64,
    history: Option<bool>,
    token: Option<&str>,
) -> Result<JobsRun, Error> {
    let client = context.client();
    let called = client.jobs_get_run(JobsGetRunParams {
        include_history: history,
        include_resolved_values: None,
        page_token: token,
        run_id,
    });
    typed_answer("jobs.get_run", called.await)
}

/// The output of every task or iteration of a run; nothing where the run has none of its own.
pub(super) async fn of_tasks(context: &Context, run_id: i64) -> Result<Option<Outputs>, Error> {
    let run = run(context, run_id).await?;
    let own = |task: &&JobsRunTask| task.run_id.is_some_and(|id| id != run_id);
    if latest(&run).iter().any(own) {
        return Ok(Some(of_run(context, &run).await));
    }
    if run.iterations.as_ref().is_none_or(Vec::is_empty) {
        return Ok(None);
    }
    let mut whole = of_itself(&run);
    let (info, tasks) = iterations(context, &run, TASKS).await;
    whole.info = Some(info);
    Ok(Some(Outputs {
        whole,
        tasks,
        resume: None,
    }))
}

/// The output of every task of a run.
pub(super) async fn of_run(context: &Context, run: &JobsRun) -> Outputs {
    let tasks = latest(run);
    let outputs = tasks
        .iter()
        .enumerate()
        .map(|(nth, task)| outputs_of(context, task, nth < TASKS));
    let tasks = join_all(outputs).await;
    Outputs {
        whole: of_itself(run),
        tasks: tasks.into_iter().flatten().collect(),
        resume: None,
    }
}

/// The output of a task; of one that runs for each of several inputs, also those of iterations that failed.
async fn outputs_of(context: &Context, task: &JobsRunTask, ask: bool) -> Vec<Task> {
    let id = task.run_id.filter(|_| task.for_each_task.is_some() && ask);
    let Some(id) = id else {
        return vec![task_output(context, task, ask).await];
    };
    let mut own = task_output(context, task, false).await;
    let mut all = Vec::new();
    if Standing::of(task).is_bad() {
        match run(context, id.into()).await {
            Ok(run) => {
                let (info, tasks) = iterations(context, &run, ITERATIONS).await;
                own.output.info = Some(info);
                all = tasks;
            }
            Err(error) => own.output.info = Some(format!("its iterations cannot be read: {error}")),
        }
    }
    all.insert(0, own);
    all
}

/// How many iterations a run has, in words, and the outputs of the first, those that failed before others.
async fn iterations(context: &Context, run: &JobsRun, most: usize) -> (String, Vec<Task>) {
    let mut all: Vec<&JobsRunTask> = run.iterations.iter().flatten().collect();
    all.sort_by_key(|task| Standing::of(task).rank());
    let total = all.len();
    let failed = all
        .iter()
        .filter(|task| Standing::of(task).is_bad())
        .count();
    all.truncate(if failed == 0 { most } else { most.min(failed) });
    let outputs = all.iter().map(|task| task_output(context, task, true));
    let mut info = format!("{failed} of {} failed", shape::counted(total, "iteration"));
    if let Some(missing) = missing(run) {
        info = format!("{info}; {missing}");
    }
    (info, join_all(outputs).await)
}

/// The job parameters that were in force in a run.
pub(super) fn parameters(run: &JobsRun) -> Map<String, Value> {
    let all = run.job_parameters.iter().flatten();
    let named = all.filter_map(|one| {
        let value = one.value.clone().or_else(|| one.default.clone())?;
        Some((one.name.clone()?, Value::String(value)))
    });
    named.collect()
}

/// The standing of a run as a whole, with its parameters.
fn of_itself(run: &JobsRun) -> Output {
    let named = parameters(run);
    let given = run.overriding_parameters.clone();
    Output {
        parameters: (!named.is_empty()).then_some(named),
        info: missing(run),
        overriding_parameters: given.filter(|given| !given.is_empty()),
        ..standing(
            run.run_id,
            &Standing::new(run.status.as_ref(), run.state.as_ref()),
            run.run_page_url.clone(),
        )
    }
}

/// The last attempt of each task, those that failed first, the others in the order in which they began.
pub(super) fn latest(run: &JobsRun) -> Vec<&JobsRunTask> {
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
        let rank = Standing::of(task).rank();
        (rank, task.start_time.unwrap_or_default())
    });
    tasks
}

async fn task_output(context: &Context, task: &JobsRunTask, ask: bool) -> Task {
    let state = Standing::of(task);
    let mut output = standing(task.run_id, &state, task.run_page_url.clone());
    let began = state.has_begun();
    if let Some(run_id) = task.run_id.filter(|_| ask && began) {
        match single(context, run_id.into()).await {
            Ok(said) => {
                output = Output {
                    run_id: output.run_id,
                    state: output.state,
                    result: output.result,
                    message: output.message,
                    code: output.code,
                    url: output.url,
                    // The task has it.
                    task_key: None,
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

/// The state of a run or a task, as an output shows it.
fn standing(run_id: Option<Int64>, state: &Standing, url: Option<String>) -> Output {
    Output {
        run_id: run_id.map(i64::from),
        state: state.state.clone(),
        result: state.result.clone(),
        message: state.message.clone(),
        code: state.code.clone(),
        url: said(url),
        ..Output::default()
    }
}

fn output(answer: JobsRunOutput) -> Output {
    let run = answer.metadata.unwrap_or_default();
    let notebook = answer.notebook_output.unwrap_or_default();
    Output {
        task_key: key_of(&run),
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
        ..of_itself(&run)
    }
}

/// The key of the only task of a run, or of the task that the run is.
fn key_of(run: &JobsRun) -> Option<String> {
    let tasks = run.tasks.as_deref().unwrap_or_default();
    let own = tasks
        .iter()
        .find(|task| task.run_id.is_some() && task.run_id == run.run_id);
    let only = match tasks {
        [task] => Some(task),
        _ => None,
    };
    own.or(only)?.task_key.clone()
}

/// Nothing to say costs nothing.
fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
