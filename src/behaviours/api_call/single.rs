//! One operation with one set of arguments: brought to the form in which they are sent, and sent.

use serde_json::{Map, Value};

use super::super::sql_page;
use crate::api;
use crate::catalog::Operation;
use crate::context::Context;
use crate::engine;
use crate::error::Error;
use crate::shape::Answer;

/// The arguments of the operation as they are sent, but for times that are told from now.
pub(in crate::behaviours) fn ready(
    operation: &'static Operation,
    given: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let prepared = api::prepare(operation)?;
    let checked = engine::check(operation.id, &prepared.schema, &prepared.validator, given)?;
    engine::with_times(operation.id, &prepared.schema, checked.clone())?;
    engine::with_plain_names(&prepared.plan.request, checked)
}

/// Operations that answer with the state of a statement.
const OF_STATEMENTS: &[&str] = &[
    "statement_execution.execute_statement",
    "statement_execution.get_statement",
];

/// The answer, which says of a statement that is `CLOSED` and came without rows that it succeeded.
fn with_end(operation: &str, mut answer: Answer) -> Answer {
    let state = answer.structured.pointer("/status/state");
    let closed = state.is_some_and(|state| state == sql_page::CLOSED);
    let rows = answer.structured.get("result").is_some();
    if !OF_STATEMENTS.contains(&operation) || !closed || rows {
        return answer;
    }
    if let Some(shown) = answer.structured.as_object_mut() {
        let note = sql_page::handed_over();
        answer.text = format!("{}\n{note}", answer.text.trim_end());
        shown.insert("note".to_owned(), note.into());
    }
    answer
}

/// Sends the operation, and answers with these fields of what comes.
pub(in crate::behaviours) async fn send(
    context: &Context,
    operation: &'static Operation,
    arguments: Map<String, Value>,
    fields: &[String],
) -> Result<Answer, Error> {
    let prepared = api::prepare(operation)?;
    // Only now: between a question and its answer `-2h` stays what was asked about.
    let arguments = engine::with_times(operation.id, &prepared.schema, arguments)?;
    let called = engine::call_for(operation.id, &prepared.plan, context, arguments, fields).await;
    called.map(|answer| with_end(operation.id, answer))
}
