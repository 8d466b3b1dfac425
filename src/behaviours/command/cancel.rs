//! `cancel_command`: stops a command, waits until it has, and closes the context that was opened for it alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::Behaviour;
use super::super::typed::{arguments, structured};
use super::context::{self as place, Place};
use super::work::{Command, Told, has_ended};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;
use crate::waiting::Patience;

pub(in super::super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Stopped>("cancel_command", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    cluster_id: String,
    context_id: String,
    /// `id` of execute_command
    command_id: String,
    /// Close the context too
    #[serde(default)]
    close_context: bool,
    /// Seconds
    #[serde(default)]
    wait: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
struct Stopped {
    command_id: String,
    /// Cancelled, or how it had ended before.
    status: String,
    /// The context is closed too.
    #[serde(skip_serializing_if = "Option::is_none")]
    context_closed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_behind: Option<String>,
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let place = Place {
        cluster_id: arguments.cluster_id,
        context_id: arguments.context_id,
    };
    let command_id = arguments.command_id;
    let opened = &context.workspace.opened;
    let once = arguments.close_context || opened.is_for_once(&place.context_id);
    let patience = Patience::of_seconds(arguments.wait);
    let command = Command::follow(context, &place, command_id.clone(), patience)?;
    command.stop().await?;
    let status = match command.wait().await {
        Ok(Told::Over(_)) => "Finished".to_owned(),
        Ok(Told::GoesOn { status, .. }) => status,
        Err(error) if !has_ended(&error) => return Err(error),
        Err(Error::Failed { state, .. }) => state,
        Err(error) => return Err(error),
    };
    let left_behind = match once {
        true => place::close(context, &place).await,
        false => None,
    };
    Ok(Answer::json(structured(&Stopped {
        command_id,
        status,
        context_closed: once.then_some(left_behind.is_none()),
        left_behind,
    })?))
}
