//! `run_notebook`: runs a notebook once, waits, and answers with what it returned or why it failed.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::run_output::{self, Outputs};
use super::{Behaviour, arguments, get_run_output, steps};
use crate::context::Context;
use crate::engine::Ended;
use crate::error::Error;
use crate::shape::{self, Answer};

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
}

/// Runs the notebook and waits for its output.
pub(super) async fn run(context: &Context, notebook: Arguments) -> Result<Answer, Error> {
    let name = notebook.notebook_path.rsplit('/').next();
    let parameters: Map<String, Value> = notebook
        .base_parameters
        .into_iter()
        .map(|(name, value)| (name, text(value)))
        .collect();
    let mut task = json!({
        "task_key": "notebook",
        "notebook_task": { "notebook_path": notebook.notebook_path, "base_parameters": parameters },
    });
    if let (Some(cluster), Some(task)) = (notebook.existing_cluster_id, task.as_object_mut()) {
        task.insert("existing_cluster_id".to_owned(), cluster.into());
    }
    let submitted = json!({ "run_name": name, "tasks": [task] });
    let run = steps::send(context, "jobs.submit", submitted).await?;
    let run_id = run.response.get("run_id").cloned().unwrap_or_default();
    match run.wait(context).await {
        Ok(Ended::Done(ended)) => {
            get_run_output::answer(&run_output::of_run(context, &ended).await)
        }
        Ok(Ended::Unfinished(answer)) => Ok(answer),
        Err(error) => Err(explained(context, &run_id, error).await),
    }
}

/// The service takes text only.
fn text(value: Value) -> Value {
    match value {
        Value::String(_) => value,
        other => Value::String(other.to_string()),
    }
}

/// The error with what the failed tasks say; as it is, where they cannot be asked.
async fn explained(context: &Context, run_id: &Value, error: Error) -> Error {
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
                let part = part.as_ref().and_then(Value::as_str).unwrap_or_default();
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
