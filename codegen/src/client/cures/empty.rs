//! Cure: a response without fields is declared without content.
//!
//! The service sends `{}`, an empty body or a 204 for an object that the documents declare without properties.
//! progenitor would parse the body and fail on the last two, and on every HEAD. Without content it only
//! checks for a 2xx.

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
