//! `execute_command`: runs code in a context that is open.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::Behaviour;
use super::super::typed::arguments;
use super::Language;
use super::context::Place;
use super::output::Output;
use super::work::{Command, Told};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;
use crate::waiting::Patience;

pub(in super::super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Output>("execute_command", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    cluster_id: String,
    /// `id` of create_execution_context
    context_id: String,
    /// Code to run
    command: String,
    #[serde(default)]
    language: Language,
    /// Seconds
    #[serde(default)]
    wait: Option<f64>,
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let place = Place {
        cluster_id: arguments.cluster_id,
        context_id: arguments.context_id,
    };
    let patience = Patience::of_seconds(arguments.wait);
    let (language, code) = (arguments.language.word(), arguments.command);
    let command = Command::start(context, &place, language, code, patience).await?;
    match command.wait().await? {
        Told::Over(output) => output.answer(),
        Told::GoesOn { status, seconds } => Ok(command.goes_on(&status, seconds, false)),
    }
}
