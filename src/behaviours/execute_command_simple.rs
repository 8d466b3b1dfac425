//! `execute_command_simple`: one command in a context of its own, which is gone when the call ends, however it ends.

use std::panic::{AssertUnwindSafe, resume_unwind};

use databricks_client::types::{
    CommandExecutionCancelRequest, CommandExecutionCreateRequest, CommandExecutionDestroyRequest,
    CommandExecutionExecuteRequest, ComputeCommandStatusResponse, ComputeContextStatusResponse,
};
use databricks_client::{CommandExecutionCommandStatusParams, CommandExecutionContextStatusParams};
use futures_util::FutureExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Behaviour;
use super::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Answer};
use crate::transport::typed_answer;
use crate::waiting::{self, Ended, Known, Work};

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
    schema: Option<Vec<Map<String, Value>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<bool>,
    /// Why the context is still there, where it could not be closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_behind: Option<String>,
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let cluster_id = arguments.cluster_id.clone();
    let create = CommandExecutionCreateRequest {
        cluster_id: Some(cluster_id.clone()),
        language: Some(arguments.language.clone().into()),
    };
    let called = context.client().command_execution_create(&create).await;
    let created = typed_answer("command_execution.create", called)?;
    let context_id = created.id.clone().unwrap_or_default();
    let opening = Opening {
        context,
        known: Known::started("command_execution.create", &create, &created)?,
        cluster_id: &cluster_id,
        context_id: &context_id,
    };
    let outcome = AssertUnwindSafe(run(opening, &arguments))
        .catch_unwind()
        .await;
    let destroy = CommandExecutionDestroyRequest {
        cluster_id: cluster_id.clone(),
        context_id: context_id.clone(),
    };
    let cleaning = context.uncancelled();
    let called = cleaning.client().command_execution_destroy(&destroy).await;
    let closed = typed_answer("command_execution.destroy", called);
    let left_behind = closed.err().map(|error| {
        tracing::warn!(%context_id, kind = error.kind(), "the context could not be closed");
        format!("context {context_id} could not be closed, destroy_execution_context does: {error}")
    });
    let outcome = outcome.unwrap_or_else(|panic| resume_unwind(panic));
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

async fn run(opening: Opening<'_>, arguments: &Arguments) -> Result<Output, Error> {
    let context = opening.context;
    let ready = waiting::until_ended(&opening, context, None).await;
    if let Ended::Unfinished(_) = ready.map_err(ended)? {
        return Err(out_of_time("the context was not ready yet"));
    }
    let execute = CommandExecutionExecuteRequest {
        cluster_id: Some(opening.cluster_id.to_owned()),
        context_id: Some(opening.context_id.to_owned()),
        language: Some(arguments.language.clone().into()),
        command: Some(arguments.command.clone()),
    };
    let called = context.client().command_execution_execute(&execute).await;
    let started = typed_answer("command_execution.execute", called)?;
    let command = Command {
        known: Known::started("command_execution.execute", &execute, &started)?,
        id: started.id.unwrap_or_default(),
        opening,
    };
    let finished = waiting::until_ended(&command, context, None).await;
    match finished.map_err(ended)? {
        Ended::Done(finished) => {
            let results = finished.results.unwrap_or_default();
            let kind = results.result_type.map(|kind| kind.to_string());
            Ok(Output {
                r#type: kind.unwrap_or_default(),
                data: results.data.unwrap_or_default(),
                schema: results.schema,
                truncated: results.truncated.filter(|cut| *cut),
                left_behind: None,
            })
        }
        Ended::Unfinished(_) => Err(out_of_time("it still ran, and was stopped")),
    }
}

/// A context that is opening.
struct Opening<'a> {
    context: &'a Context,
    known: Known,
    cluster_id: &'a str,
    context_id: &'a str,
}

impl Work for Opening<'_> {
    type State = ComputeContextStatusResponse;

    fn known(&self) -> &Known {
        &self.known
    }

    async fn ask(&self) -> Result<ComputeContextStatusResponse, Error> {
        let client = self.context.client();
        let called = client.command_execution_context_status(CommandExecutionContextStatusParams {
            cluster_id: self.cluster_id,
            context_id: self.context_id,
        });
        typed_answer("command_execution.context_status", called.await)
    }

    /// Does nothing: the call destroys the context however it ends.
    async fn cancel(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// A command that runs in a context.
struct Command<'a> {
    opening: Opening<'a>,
    known: Known,
    id: String,
}

impl Work for Command<'_> {
    type State = ComputeCommandStatusResponse;

    fn known(&self) -> &Known {
        &self.known
    }

    async fn ask(&self) -> Result<ComputeCommandStatusResponse, Error> {
        let Opening {
            context,
            cluster_id,
            context_id,
            ..
        } = self.opening;
        let client = context.client();
        let called = client.command_execution_command_status(CommandExecutionCommandStatusParams {
            cluster_id,
            command_id: &self.id,
            context_id,
        });
        typed_answer("command_execution.command_status", called.await)
    }

    async fn cancel(&self) -> Result<(), Error> {
        let cancel = CommandExecutionCancelRequest {
            cluster_id: Some(self.opening.cluster_id.to_owned()),
            command_id: Some(self.id.clone()),
            context_id: Some(self.opening.context_id.to_owned()),
        };
        let client = self.opening.context.client();
        let called = client.command_execution_cancel(&cancel).await;
        typed_answer("command_execution.cancel", called)
    }
}

/// The error without its hint, since nothing can be followed up once the context is gone.
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
