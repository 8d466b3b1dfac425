//! Cure: a parameter outside the body is a scalar or, in the query, a list of scalars.
//!
//! progenitor sends nothing at all for an object in the query (the importer writes `filter_by` as dotted
//! parameters instead), and does not compile for one in the path. So an object in the query or a header is an
//! error here, and whatever stands in a path becomes the string it has to be written as anyway.

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
