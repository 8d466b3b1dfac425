//! The facts of every operation for `api_describe` and `api_call`: arguments, answer, pages, schemas.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::catalog::facts::{Facts, OperationFacts};
use crate::catalog::schema::Schemas;
use crate::spec::{Api, Operation};

/// The facts, which the server unpacks when the long tail of the API is first asked for.
pub(super) fn facts(api: &Api) -> Facts {
    let mut wanted = BTreeSet::new();
    let operations = api
        .operations()
        .map(|operation| (operation.id.clone(), one(api, operation, &mut wanted)))
        .collect();
    let mut schemas = Schemas::default();
    while let Some(name) = wanted.pop_first() {
        let schema = api.schema(&name).filter(|_| schemas.get(&name).is_none());
        if let Some(schema) = schema {
            let schema = lean(schema, &mut wanted);
            schemas.insert(name, schema);
        }
    }
    Facts {
        operations,
        schemas,
    }
}

fn one(api: &Api, operation: &Operation, wanted: &mut BTreeSet<String>) -> OperationFacts {
    let mut facts = api.facts(operation);
    let params = facts.params.iter_mut().map(|param| &mut param.schema);
    for schema in params.chain(&mut facts.response) {
        *schema = lean(schema, wanted);
    }
    facts
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
