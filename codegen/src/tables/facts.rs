//! The facts of every operation for `api_describe` and `api_call`: arguments, answer, pages, schemas.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::spec::{Api, Location, Operation};

/// What the server unpacks when the long tail of the API is first asked for.
pub(super) fn facts(api: &Api) -> Value {
    let mut wanted = BTreeSet::new();
    let operations: Map<String, Value> = api
        .operations()
        .map(|operation| (operation.id.clone(), one(api, operation, &mut wanted)))
        .collect();
    let mut schemas = Map::new();
    while let Some(name) = wanted.pop_first() {
        let schema = api.schema(&name).filter(|_| !schemas.contains_key(&name));
        if let Some(schema) = schema {
            let schema = lean(schema, &mut wanted);
            schemas.insert(name, schema);
        }
    }
    json!({ "operations": operations, "schemas": schemas })
}

fn one(api: &Api, operation: &Operation, wanted: &mut BTreeSet<String>) -> Value {
    let params: Vec<Value> = api
        .arguments(operation)
        .iter()
        .map(|param| {
            let place = match param.location {
                Location::Path if param.multi_segment => "segments",
                Location::Path => "segment",
                Location::Query => "query",
                Location::Header => "header",
                Location::Body => "property",
                Location::Raw => "raw",
            };
            let mut one = json!({
                "name": param.name,
                "place": place,
                "required": param.required,
                "schema": lean(&param.schema, wanted),
            });
            if let (true, Some(one)) = (param.in_body, one.as_object_mut()) {
                one.insert("in_body".to_owned(), json!(true));
            }
            one
        })
        .collect();
    let mut facts = Map::new();
    facts.insert("params".to_owned(), params.into());
    if let Some(response) = &operation.response {
        facts.insert("response".to_owned(), lean(response, wanted));
    }
    if operation.raw_response {
        facts.insert("raw".to_owned(), json!(true));
    }
    if let Some(paginate) = &operation.paginate {
        let known = json!({
            "style": paginate.style,
            "items": paginate.items,
            "request": paginate.request,
            "response": paginate.response,
            "first": paginate.first,
        });
        facts.insert("paginate".to_owned(), known);
    }
    Value::Object(facts)
}

/// The parts of a schema that are shown and checked.
fn lean(schema: &Value, wanted: &mut BTreeSet<String>) -> Value {
    let mut out = Map::new();
    for (key, value) in schema.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("$ref", Value::String(name)) => {
                wanted.insert(name.clone());
                out.insert(key.clone(), value.clone());
            }
            ("type" | "enum" | "required", _) => {
                out.insert(key.clone(), value.clone());
            }
            ("items" | "additionalProperties", Value::Object(_)) => {
                out.insert(key.clone(), lean(value, wanted));
            }
            ("properties", Value::Object(properties)) => {
                let lean: Map<String, Value> = properties
                    .iter()
                    .map(|(name, property)| (name.clone(), lean(property, wanted)))
                    .collect();
                out.insert(key.clone(), Value::Object(lean));
            }
            _ => {}
        }
    }
    Value::Object(out)
}
