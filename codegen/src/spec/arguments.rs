//! Everything a caller can set on an operation, wherever it goes in the request.

use serde_json::{Value, json};

use super::{Api, Operation, ParamFacts, Place};

pub(super) fn arguments(api: &Api, operation: &Operation) -> Vec<ParamFacts> {
    let mut params = operation.params.clone();
    let Some(body) = &operation.body else {
        return params;
    };
    if body.content_type != "application/json" {
        params.push(ParamFacts {
            name: "content".to_owned(),
            place: Place::Raw,
            required: true,
            in_body: false,
            schema: json!({ "type": "string" }),
        });
        return params;
    }
    let schema = api.resolve(&body.schema);
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return params;
    };
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    for (name, property) in properties {
        let required = required.contains(&name.as_str());
        if let Some(known) = params.iter_mut().find(|param| param.name == *name) {
            // The service reads it twice; one that the body need not hold is left to the path.
            known.in_body = required;
            continue;
        }
        params.push(ParamFacts {
            name: name.clone(),
            place: Place::Property,
            required,
            in_body: false,
            schema: property.clone(),
        });
    }
    params
}
