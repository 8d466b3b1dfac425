//! `get_command_status`: waits on for a command, and closes the context that was opened for it alone.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::Behaviour;
use super::super::typed::arguments;
use super::context::{self as place, Place};
use super::output::Output;
use super::work::{Command, Told, has_ended};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;
use crate::waiting::Patience;

pub(in super::super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Output>("get_command_status", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    cluster_id: String,
    context_id: String,
    /// `id` of execute_command
    command_id: String,
    /// Close the context when the command has ended
    #[serde(default)]
    close_context: bool,
    /// Seconds
    #[serde(default)]
    wait: Option<f64>,
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let place = Place {
        cluster_id: arguments.cluster_id,
        context_id: arguments.context_id,
    };
    let opened = &context.workspace.opened;
    let once = arguments.close_context || opened.is_for_once(&place.context_id);
    let patience = Patience::of_seconds(arguments.wait);
    let command = Command::follow(context, &place, arguments.command_id, patience)?;
    match command.wait().await {
        Ok(Told::Over(mut output)) => {
            if once {
                output.left_behind = place::close(context, &place).await;
            }
            output.answer()
        }
        Ok(Told::GoesOn { status, seconds }) => Ok(command.goes_on(&status, seconds, once)),
        Err(error) => {
            // It raised, or was cancelled; where its state is not known, it may go on.
            if once && has_ended(&error) {
                place::close(context, &place).await;
            }
            Err(error)
        }
    }
}
