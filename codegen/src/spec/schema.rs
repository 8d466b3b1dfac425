//! Walks over schemas: references, fields, arguments.

use serde_json::{Map, Value, json};

use super::{Api, Location, Operation, Param};

/// A field path that leads nowhere.
#[derive(Debug)]
pub struct NoField {
    /// The segment that does not exist.
    pub segment: String,
    /// The names that exist there.
    pub known: Vec<String>,
}

pub(super) fn resolve<'a>(api: &'a Api, mut schema: &'a Value) -> &'a Value {
    // A chain of references is short; the bound keeps a circular one from hanging.
    for _ in 0..16 {
        let Some(name) = schema.get("$ref").and_then(Value::as_str) else {
            return schema;
        };
        schema = api.schema(name).unwrap_or(&Value::Null);
    }
    schema
}

pub(super) fn inline(api: &Api, schema: &Value, depth: usize) -> Value {
    let schema = resolve(api, schema);
    let mut out = Map::new();
    let Some(object) = schema.as_object() else {
        return Value::Object(out);
    };
    for (key, value) in object {
        match (key.as_str(), value) {
            ("type" | "enum" | "format", _) => {
                out.insert(key.clone(), value.clone());
            }
            ("items", items) => {
                let items = if depth == 0 {
                    json!({})
                } else {
                    inline(api, items, depth - 1)
                };
                out.insert(key.clone(), items);
            }
            ("additionalProperties", Value::Object(_)) if depth > 0 => {
                out.insert(key.clone(), inline(api, value, depth - 1));
            }
            ("properties", Value::Object(properties)) if depth > 0 => {
                let inlined = properties
                    .iter()
                    .map(|(name, property)| (name.clone(), inline(api, property, depth - 1)))
                    .collect();
                out.insert(key.clone(), Value::Object(inlined));
            }
            ("required", _) if depth > 0 => {
                out.insert(key.clone(), value.clone());
            }
            _ => {}
        }
    }
    Value::Object(out)
}

pub(super) fn field(api: &Api, schema: &Value, path: &str) -> Result<Value, NoField> {
    let mut at = resolve(api, schema);
    for segment in path.split('.') {
        // A path goes through the rows of an array without naming an index.
        while let Some(items) = at.get("items") {
            at = resolve(api, items);
        }
        let properties = at.get("properties").and_then(Value::as_object);
        let next = properties
            .and_then(|properties| properties.get(segment))
            .or_else(|| at.get("additionalProperties").filter(|any| any.is_object()));
        at = match next {
            Some(next) => resolve(api, next),
            None if properties.is_none() => return Ok(json!({})),
            None => {
                return Err(NoField {
                    segment: segment.to_owned(),
                    known: properties
                        .map(|properties| properties.keys().cloned().collect())
                        .unwrap_or_default(),
                });
            }
        };
    }
    Ok(at.clone())
}

pub(super) fn arguments(api: &Api, operation: &Operation) -> Vec<Param> {
    let mut params = operation.params.clone();
    let Some(body) = &operation.body else {
        return params;
    };
    if body.content_type != "application/json" {
        params.push(Param {
            name: "content".to_owned(),
            location: Location::Raw,
            required: true,
            multi_segment: false,
            in_body: false,
            schema: json!({ "type": "string" }),
        });
        return params;
    }
    let schema = resolve(api, &body.schema);
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
        params.push(Param {
            name: name.clone(),
            location: Location::Body,
            required,
            multi_segment: false,
            in_body: false,
            schema: property.clone(),
        });
    }
    params
}
