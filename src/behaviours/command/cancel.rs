//! `cancel_command`: stops a command, waits until it has, and closes the context that was opened for it alone.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::Behaviour;
use super::super::typed::{arguments, structured};
use super::context as place;
use super::follow::Arguments;
use super::work::{Told, has_ended};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;

pub(in super::super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Stopped>("cancel_command", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

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
    let place = arguments.place();
    let once = arguments.closes(context);
    let command = arguments.command(context, &place)?;
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
        command_id: arguments.id().to_owned(),
        status,
        context_closed: once.then_some(left_behind.is_none()),
        left_behind,
    })?))
}
