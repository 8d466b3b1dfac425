//! `get_run_output`: what a run returned, also one of several tasks, of which the service gives no output.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::Behaviour;
use super::run_output::{self, Outputs};
use super::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Answer};

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Outputs>("get_run_output", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Of a run, or of one task in get_run
    run_id: i64,
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let run_id = arguments.run_id;
    let outputs = match run_output::single(context, run_id).await {
        // A loop answers for itself and returns nothing: what it returned is in its iterations.
        Ok(whole) if whole.is_bare() => run_output::of_tasks(context, run_id)
            .await
            .ok()
            .flatten()
            .unwrap_or_else(|| Outputs::of(whole)),
        Ok(whole) => Outputs::of(whole),
        // The service refuses a run that has tasks.
        Err(refused @ Error::Api { status: 400, .. }) => {
            match run_output::of_tasks(context, run_id).await {
                Ok(Some(outputs)) => outputs,
                _ => return Err(refused),
            }
        }
        Err(error) => return Err(error),
    };
    answer(&outputs)
}

/// The outputs as an answer, within its budget.
pub(super) fn answer(outputs: &Outputs) -> Result<Answer, Error> {
    let mut shown: Value = structured(outputs)?;
    shape::fit_json(&mut shown);
    Ok(Answer::json(shown))
}
