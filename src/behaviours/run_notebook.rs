//! `run_notebook`: runs a notebook once, waits, and answers with what it returned or why it failed.

use std::time::Duration;

use databricks_client::types::{
    JobsCancelRunRequest, JobsNotebookTaskSent, JobsRun, JobsSubmitRequest, JobsSubmitTask,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::run_output::{self, Outputs};
use super::typed::arguments;
use super::{Behaviour, get_run_output};
use crate::catalog;
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::shape::{self, Answer};
use crate::transport::typed_answer;
use crate::waiting::{self, Ended, Known, Patience, Work};

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Outputs>("run_notebook", |context, value| {
        Box::pin(async move { run(context, arguments(value)?).await })
    });

/// Characters of a failed task's trace in an error.
const TRACE: usize = 2_000;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Arguments {
    /// Such as /Users/me@example.com/etl
    pub(super) notebook_path: String,
    /// Leave out for serverless
    #[serde(default)]
    pub(super) existing_cluster_id: Option<String>,
    /// Widgets by name
    #[serde(default)]
    pub(super) base_parameters: Map<String, Value>,
    /// Seconds to wait, at most 45
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub(super) wait: Option<f64>,
}

/// Runs the notebook and waits for its output.
pub(super) async fn run(context: &Context, notebook: Arguments) -> Result<Answer, Error> {
    let name = notebook.notebook_path.rsplit('/').next();
    let parameters = notebook.base_parameters.into_iter();
    let submitted = JobsSubmitRequest {
        run_name: name.map(ToOwned::to_owned),
        tasks: Some(vec![JobsSubmitTask {
            task_key: "notebook".to_owned(),
            existing_cluster_id: notebook.existing_cluster_id,
            notebook_task: Some(JobsNotebookTaskSent {
                base_parameters: Some(parameters.map(text).collect()),
                notebook_path: notebook.notebook_path,
            }),
        }]),
    };
    let called = context.client().jobs_submit(&submitted).await;
    let started = typed_answer("jobs.submit", called).map_err(hints::may_have_started)?;
    let known = Known::started("jobs.submit", &submitted, &started);
    let run = Run {
        context,
        known: known.map_err(hints::may_have_started)?,
        id: started.run_id.unwrap_or_default().into(),
        within: notebook.wait,
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
        Err(error) => Err(explained(context, run.id, error).await),
    }
}

/// A run under way.
struct Run<'a> {
    context: &'a Context,
    known: Known,
    id: i64,
    /// Seconds that the caller wants to wait.
    within: Option<f64>,
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
        let most = Duration::from_secs(self.known.wait().answer_within.into());
        let asked = self
            .within
            .and_then(|asked| Duration::try_from_secs_f64(asked).ok());
        Patience {
            within: asked.map_or(most, |asked| asked.min(most)),
            every: None,
        }
    }

    async fn cancel(&self) -> Result<(), Error> {
        let cancel = JobsCancelRunRequest { run_id: self.id };
        let called = self.context.client().jobs_cancel_run(&cancel).await;
        typed_answer("jobs.cancel_run", called)
    }
}

/// A widget's value as text, which is all that the service takes.
fn text((name, value): (String, Value)) -> (String, String) {
    match value {
        Value::String(text) => (name, text),
        other => (name, other.to_string()),
    }
}

/// Adds the failed tasks' own errors to an error, where they can be asked for.
async fn explained(context: &Context, run_id: i64, error: Error) -> Error {
    let Error::Failed {
        what,
        state,
        mut message,
        hint,
    } = error
    else {
        return error;
    };
    if let Ok(Some(outputs)) = run_output::of_tasks(context, run_id).await {
        for task in &outputs.tasks {
            for part in [&task.output.error, &task.output.error_trace] {
                let part = part.as_deref().unwrap_or_default();
                if !message.contains(part) {
                    message.push('\n');
                    message.push_str(shape::last_characters(part, TRACE));
                }
            }
        }
    }
    Error::Failed {
        what,
        state,
        message,
        hint,
    }
}
