//! `execute_command_simple`: one command in a context of its own, which is gone when the call ends, however it ends.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Behaviour, arguments, steps, structured};
use crate::context::Context;
use crate::engine::Ended;
use crate::error::Error;
use crate::shape::{self, Answer};

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Output>("execute_command_simple", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// `id` of list_clusters; it must run
    cluster_id: String,
    /// Code to run
    command: String,
    /// python, sql, scala or r
    #[serde(default = "python")]
    language: String,
}

fn python() -> String {
    "python".to_owned()
}

#[derive(Serialize, JsonSchema)]
struct Output {
    /// text, table or image.
    r#type: String,
    /// What it printed; the rows of a table.
    data: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<serde_json::Map<String, Value>>>")]
    schema: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<bool>")]
    truncated: Option<Value>,
    /// Why the context is still there, where it could not be closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_behind: Option<String>,
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let opened = json!({ "clusterId": arguments.cluster_id, "language": arguments.language });
    let opened = steps::send(context, "command_execution.create", opened).await?;
    let context_id = shape::text_at(&opened.response, "id");
    let outcome = run(context, &arguments, opened, &context_id).await;
    let closed = json!({ "clusterId": arguments.cluster_id, "contextId": context_id });
    let cleaning = context.uncancelled();
    let closed = steps::send(&cleaning, "command_execution.destroy", closed).await;
    let left_behind = closed.err().map(|error| {
        tracing::warn!(%context_id, %error, "the context could not be closed");
        format!("context {context_id} could not be closed, destroy_execution_context does: {error}")
    });
    let mut shown = match (outcome, left_behind) {
        (Ok(output), left_behind) => structured(&Output {
            left_behind,
            ..output
        })?,
        (
            Err(Error::Failed {
                what,
                state,
                message,
                ..
            }),
            hint @ Some(_),
        ) => {
            return Err(Error::Failed {
                what,
                state,
                message,
                hint,
            });
        }
        (Err(error), _) => return Err(error),
    };
    shape::fit_json(&mut shown);
    Ok(Answer::json(shown))
}

async fn run(
    context: &Context,
    arguments: &Arguments,
    opened: steps::Step,
    context_id: &str,
) -> Result<Output, Error> {
    if let Ended::Unfinished(_) = opened.wait(context).await.map_err(ended)? {
        return Err(out_of_time("the context was not ready yet"));
    }
    let command = json!({
        "clusterId": arguments.cluster_id,
        "contextId": context_id,
        "language": arguments.language,
        "command": arguments.command,
    });
    let command = steps::send(context, "command_execution.execute", command).await?;
    match command.wait(context).await.map_err(ended)? {
        Ended::Done(finished) => Ok(Output {
            r#type: shape::text_at(&finished, "results.resultType"),
            data: shape::at(&finished, "results.data").unwrap_or_default(),
            schema: shape::at(&finished, "results.schema"),
            truncated: shape::at(&finished, "results.truncated").filter(|cut| cut != false),
            left_behind: None,
        }),
        Ended::Unfinished(_) => Err(out_of_time("it still ran, and was stopped")),
    }
}

/// Nothing can be followed once the context is gone.
fn ended(error: Error) -> Error {
    match error {
        Error::Failed { state, message, .. } => Error::Failed {
            what: "the command".to_owned(),
            state,
            message,
            hint: None,
        },
        other => other,
    }
}

fn out_of_time(how: &str) -> Error {
    Error::Failed {
        what: "the command".to_owned(),
        state: "unfinished".to_owned(),
        message: format!("there was no more time: {how}"),
        hint: Some(
            "create_execution_context and execute_command run longer code, which can be followed"
                .to_owned(),
        ),
    }
}
