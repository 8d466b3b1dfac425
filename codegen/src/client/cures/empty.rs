//! Cure: an answer without fields is no answer.
//!
//! Where the documents declare an object without properties the service sends `{}`, nothing at all, or 204.
//! progenitor would parse the body and fail on the last two, and on every HEAD. Declared without content it
//! asks for a 2xx and no more.

use super::super::draft::{Draft, Response};
use super::super::schema;

pub(super) fn cure(draft: &mut Draft) {
    let empty: Vec<bool> = draft
        .operations
        .iter()
        .map(|operation| match &operation.response {
            Response::Json(schema) => {
                let schema = draft.resolve(schema);
                schema::is_type(schema, "object")
                    && !schema::has_properties(schema)
                    && schema.get("additionalProperties").is_none()
            }
            Response::Bytes | Response::Empty => false,
        })
        .collect();
    for (operation, empty) in draft.operations.iter_mut().zip(empty) {
        if empty || operation.verb == "head" {
            operation.response = Response::Empty;
        }
    }
}
