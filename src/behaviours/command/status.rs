//! `get_command_status`: waits on for a command, and closes the context that was opened for it alone.

use super::super::Behaviour;
use super::super::typed::arguments;
use super::context as place;
use super::follow::Arguments;
use super::output::Output;
use super::work::{Told, has_ended};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;

pub(in super::super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Output>("get_command_status", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let place = arguments.place();
    let once = arguments.closes(context);
    let command = arguments.command(context, &place)?;
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
