//! Cure: a parameter outside the body is a scalar or, in the query, a list of scalars.
//!
//! For an object in the query progenitor sends nothing, and for one in the path its code does not compile.
//! The importer writes `filter_by` and its like as dotted parameters. An object in the query or a header is
//! therefore an error, and every path parameter becomes a string, which is how it is written anyway.

use serde_json::json;

use super::super::Error;
use super::super::draft::Draft;
use super::super::schema;
use crate::spec::Place;

pub(super) fn cure(draft: &mut Draft) -> Result<(), Error> {
    let mut operations = std::mem::take(&mut draft.operations);
    for operation in &mut operations {
        for param in &mut operation.params {
            let schema = draft.resolve(&param.schema);
            let is_list = schema::is_type(schema, "array");
            let value = if is_list {
                schema.get("items").map(|items| draft.resolve(items))
            } else {
                Some(schema)
            };
            let is_scalar = value
                .and_then(|value| value.get("type"))
                .is_some_and(|name| name != "object" && name != "array");
            if is_scalar && !(is_list && param.place != Place::Query) {
                continue;
            }
            if matches!(param.place, Place::Segment | Place::Segments) {
                param.schema = json!({ "type": "string" });
            } else {
                return Err(Error::ObjectParameter {
                    operation: operation.id.clone(),
                    parameter: param.name.clone(),
                });
            }
        }
    }
    draft.operations = operations;
    Ok(())
}
