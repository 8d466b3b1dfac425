//! One run of a notebook: submitted, waited for, told with what it returned or why it failed. Shared by the
//! behaviours that run one.

use databricks_client::types::{
    ComputeEnvironment, JobsCancelRunRequest, JobsGitSourceSent, JobsJobEnvironment,
    JobsNotebookTaskSent, JobsRun, JobsSource, JobsSubmitRequest, JobsSubmitTask,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::get_run_output;
use super::run_output;
use crate::catalog;
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::shape::{self, Answer};
use crate::transport::typed_answer;
use crate::waiting::{self, Ended, Known, Patience, Work};

/// Characters of a failed task's trace in an error.
const TRACE: usize = 2_000;
/// The key of the only task, and of its environment.
const KEY: &str = "notebook";
/// The version of the serverless environment that dependencies are installed in.
const ENVIRONMENT: &str = "4";

/// The arguments that every tool has that runs a notebook.
#[derive(Deserialize, JsonSchema)]
pub(super) struct How {
    /// Leave out for serverless
    #[serde(default)]
    existing_cluster_id: Option<String>,
    /// As in create_cluster
    #[serde(default)]
    new_cluster: Option<Map<String, Value>>,
    /// Widgets by name
    #[serde(default)]
    base_parameters: Map<String, Value>,
    /// pip requirements
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    #[schemars(range(min = 0))]
    timeout_seconds: Option<i64>,
    /// Seconds
    #[serde(default)]
    wait: Option<f64>,
}

impl How {
    /// What cannot be run so, a sentence each.
    pub(super) fn problems(&self) -> Vec<String> {
        let both = self.existing_cluster_id.is_some() && self.new_cluster.is_some();
        let said = "`existing_cluster_id` and `new_cluster` exclude each other".to_owned();
        both.then_some(said).into_iter().collect()
    }
}

/// A notebook and the repository that it is in, where that is not the workspace.
pub(super) struct Notebook {
    pub(super) path: String,
    pub(super) git: Option<JobsGitSourceSent>,
}

fn request(notebook: Notebook, how: How) -> JobsSubmitRequest {
    let Notebook { path, git } = notebook;
    let on_cluster = how.existing_cluster_id.is_some() || how.new_cluster.is_some();
    let needs = !how.dependencies.is_empty();
    // A cluster installs libraries; serverless has an environment.
    let libraries = (needs && on_cluster).then(|| libraries(&how.dependencies));
    let environment = (needs && !on_cluster).then(|| JobsJobEnvironment {
        environment_key: KEY.to_owned(),
        spec: Some(ComputeEnvironment {
            environment_version: Some(ENVIRONMENT.to_owned()),
            dependencies: Some(how.dependencies.clone()),
        }),
    });
    let parameters = how.base_parameters.into_iter();
    JobsSubmitRequest {
        run_name: path.rsplit('/').next().map(ToOwned::to_owned),
        timeout_seconds: how.timeout_seconds,
        tasks: Some(vec![JobsSubmitTask {
            task_key: KEY.to_owned(),
            existing_cluster_id: how.existing_cluster_id,
            new_cluster: how.new_cluster,
            environment_key: environment.as_ref().map(|one| one.environment_key.clone()),
            libraries,
            notebook_task: Some(JobsNotebookTaskSent {
                base_parameters: Some(parameters.map(text).collect()),
                notebook_path: path,
                source: git.is_some().then_some(JobsSource::Git),
            }),
        }]),
        environments: environment.map(|one| vec![one]),
        git_source: git,
    }
}

fn libraries(requirements: &[String]) -> Vec<Map<String, Value>> {
    let package = |requirement: &String| {
        Map::from_iter([("pypi".to_owned(), json!({ "package": requirement }))])
    };
    requirements.iter().map(package).collect()
}

/// A widget's value as text, which is all that the service takes.
fn text((name, value): (String, Value)) -> (String, String) {
    match value {
        Value::String(text) => (name, text),
        other => (name, other.to_string()),
    }
}

/// Runs the notebook and waits for its output.
pub(super) async fn run(context: &Context, notebook: Notebook, how: How) -> Result<Answer, Error> {
    let patience = Patience::of_seconds(how.wait);
    let submitted = request(notebook, how);
    let called = context.client().jobs_submit(&submitted).await;
    let started = typed_answer("jobs.submit", called).map_err(hints::may_have_started)?;
    let known = Known::started("jobs.submit", &submitted, &started);
    let run = Run {
        context,
        known: known.map_err(hints::may_have_started)?,
        id: started.run_id.unwrap_or_default().into(),
        patience,
    };
    match waiting::until_ended(&run, context, None).await {
        Ok(Ended::Done(ended)) => {
            get_run_output::answer(&run_output::of_run(context, &ended).await)
        }
        Ok(Ended::Unfinished(unfinished)) => {
            let shown = catalog::plan_of(run.known.wait().resume);
            let fields = shown.map_or(&[][..], |plan| plan.shape.fields);
            run.known.unfinished(&unfinished, fields)
        }
        Err(error) => Err(explained(context, &run, error).await),
    }
}

/// A run under way.
struct Run<'a> {
    context: &'a Context,
    known: Known,
    id: i64,
    patience: Patience,
}

impl Work for Run<'_> {
    type State = JobsRun;

    fn known(&self) -> &Known {
        &self.known
    }

    async fn ask(&self) -> Result<JobsRun, Error> {
        run_output::run(self.context, self.id).await
    }

    fn patience(&self) -> Patience {
        self.patience
    }

    async fn cancel(&self) -> Result<(), Error> {
        let cancel = JobsCancelRunRequest { run_id: self.id };
        let called = self.context.client().jobs_cancel_run(&cancel).await;
        typed_answer("jobs.cancel_run", called)
    }
}

/// Adds the failed tasks' own errors to an error, where they can be asked for, and the outputs as the tool answers
/// them.
async fn explained(context: &Context, run: &Run<'_>, error: Error) -> Error {
    let Error::Failed {
        what,
        state,
        mut message,
        hint,
    } = error
    else {
        return error;
    };
    let outputs = run_output::of_tasks(context, run.id).await;
    let outputs = outputs.ok().flatten();
    for task in outputs.iter().flat_map(|outputs| &outputs.tasks) {
        for part in [&task.output.error, &task.output.error_trace] {
            let part = part.as_deref().unwrap_or_default();
            if !message.contains(part) {
                message.push('\n');
                message.push_str(shape::last_characters(part, TRACE));
            }
        }
    }
    let error = Error::Failed {
        what,
        state,
        message,
        hint,
    };
    let error = hints::with_diagnosis(error, run.known.wait().explain, &context.absent);
    match outputs.map(|outputs| get_run_output::answer(&outputs)) {
        Some(Ok(answer)) => Error::Shown {
            error: Box::new(error),
            state: Box::new(answer.structured),
        },
        _ => error,
    }
}
