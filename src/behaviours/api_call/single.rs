//! One operation with one set of arguments: brought to the form in which they are sent, and sent.

use serde_json::{Map, Value};

use crate::api;
use crate::catalog::Operation;
use crate::context::Context;
use crate::engine;
use crate::error::Error;
use crate::shape::Answer;

/// The arguments of the operation as they are sent, but for times that are told from now.
pub(super) fn ready(
    operation: &'static Operation,
    given: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let prepared = api::prepare(operation)?;
    let checked = engine::check(operation.id, &prepared.schema, &prepared.validator, given)?;
    engine::with_times(operation.id, &prepared.schema, checked.clone())?;
    engine::with_plain_names(&prepared.plan.request, checked)
}

/// Sends the operation, and answers with these fields of what comes.
pub(super) async fn send(
    context: &Context,
    operation: &'static Operation,
    arguments: Map<String, Value>,
    fields: &[String],
) -> Result<Answer, Error> {
    let prepared = api::prepare(operation)?;
    // Only now: between a question and its answer `-2h` stays what was asked about.
    let arguments = engine::with_times(operation.id, &prepared.schema, arguments)?;
    engine::call_for(operation.id, &prepared.plan, context, arguments, fields).await
}
