//! `execute_command_simple`: one command in a context of its own, which goes with the command.

use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::Behaviour;
use super::super::typed::arguments;
use super::Language;
use super::context::{self as place, Opening, Place};
use super::output::Output;
use super::work::{Command, Told};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;
use crate::waiting::{Ended, Patience};

pub(in super::super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Output>("execute_command_simple", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// `id` of list_clusters; it must run
    cluster_id: String,
    /// Code to run
    command: String,
    #[serde(default)]
    language: Language,
    /// Seconds
    #[serde(default)]
    wait: Option<f64>,
}

/// The end of the command, or the answer while it goes on.
enum End {
    Over(Box<Output>),
    GoesOn(Answer),
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let language = arguments.language.word();
    // The command cannot be started before the context is there, however short the wait for the command is.
    let patience = Patience::default();
    // Of a task, the result may be asked for more than once, so that the context outlasts the command.
    let once = !context.as_task;
    let mut opener = context.part(context.room);
    opener.within = context.workspace.answer_within;
    let opener = if context.as_task { &opener } else { context };
    let opening = place::open(opener, &arguments.cluster_id, language, once, patience).await?;
    let Opening { place, ended } = opening;
    let outcome = AssertUnwindSafe(run(context, &place, ended, arguments))
        .catch_unwind()
        .await;
    if let Ok(Ok(End::GoesOn(answer))) = outcome {
        return Ok(answer);
    }
    if let (Ok(Err(error @ Error::Cancelled { .. })), true) =
        (&outcome, context.leaving.leaves_work())
    {
        // The command needs its context.
        return Err(error.clone());
    }
    let left_behind = place::close(context, &place).await;
    match outcome.unwrap_or_else(|panic| resume_unwind(panic)) {
        Ok(End::Over(mut output)) => {
            output.left_behind = left_behind;
            output.answer()
        }
        Ok(End::GoesOn(answer)) => Ok(answer),
        Err(error) => Err(ended_with(error, left_behind)),
    }
}

async fn run(
    context: &Context,
    place: &Place,
    ready: Result<Ended<impl Sized>, Error>,
    arguments: Arguments,
) -> Result<End, Error> {
    if let Ended::Unfinished(_) = ready? {
        return Err(Error::Failed {
            what: "the command".to_owned(),
            state: "unfinished".to_owned(),
            message: "there was no more time: the context was not ready yet".to_owned(),
            hint: None,
        });
    }
    let patience = Patience::of_seconds(arguments.wait);
    let (language, code) = (arguments.language.word(), arguments.command);
    let command = Command::start(context, place, language, code, patience).await?;
    Ok(match command.wait().await? {
        Told::Over(output) => End::Over(output),
        Told::GoesOn { status, seconds } => End::GoesOn(command.goes_on(&status, seconds, true)),
    })
}

/// The error of a command whose context is closed, so that nothing can be followed up; or says that it is not.
fn ended_with(error: Error, left_behind: Option<String>) -> Error {
    match error {
        Error::Failed { state, message, .. } => Error::Failed {
            what: "the command".to_owned(),
            state,
            message,
            hint: left_behind,
        },
        other => other,
    }
}
