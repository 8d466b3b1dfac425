//! One operation with one set of arguments: brought to the form in which they are sent, and sent.

use serde_json::{Map, Value};

use super::super::sql_page;
use crate::api;
use crate::catalog::Operation;
use crate::context::Context;
use crate::engine;
use crate::error::Error;
use crate::hints;
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

/// The answer, which says what of it is base64: nobody sees that from a field called `content`.
fn with_encoding(operation: &str, mut answer: Answer) -> Answer {
    let Some((field, note)) = hints::encoded(operation) else {
        return answer;
    };
    let shown = answer.structured.as_object_mut();
    let Some(shown) = shown.filter(|shown| shown.contains_key(field)) else {
        return answer;
    };
    shown.insert("note".to_owned(), note.as_str().into());
    answer.text = format!("{}\n{note}", answer.text.trim_end());
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
    called.map(|answer| with_encoding(operation.id, with_end(operation.id, answer)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::api::Facts;
    use crate::catalog::OPERATIONS;

    #[test]
    fn what_is_said_to_be_base64_is_a_field_of_the_answer() {
        let facts = Facts::get().unwrap();
        let mut found = 0;
        for operation in OPERATIONS {
            if let Some((field, _)) = hints::encoded(operation.id) {
                let answer = facts.operation(operation.id).unwrap().response.as_ref();
                assert!(
                    facts.schemas.field(answer.unwrap(), field).is_ok(),
                    "{field}"
                );
                found += 1;
            }
        }
        assert_eq!(found, 4);
    }
}
