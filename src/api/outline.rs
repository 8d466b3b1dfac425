//! A schema as a person would jot it down: `{"job_id*": "integer", "tags": {"<key>": "string"}}`.

use serde_json::{Map, Value, json};

use crate::catalog::Schemas;

/// The outline of a schema, `depth` levels deep; below that an object is `object`. A star marks what is
/// required, bars separate the values of an enum.
#[must_use]
pub fn outline(schemas: &Schemas, schema: &Value, depth: usize) -> Value {
    let schema = schemas.resolve(schema);
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        return json!(words.join("|"));
    }
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or("any");
    let properties = schema.get("properties").and_then(Value::as_object);
    match (kind, properties) {
        ("array", _) if depth > 0 => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            json!([outline(schemas, items, depth - 1)])
        }
        (_, Some(properties)) if depth > 0 => {
            let required = schema.get("required").and_then(Value::as_array);
            let needed = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
            let shown: Map<String, Value> = properties
                .iter()
                .map(|(name, property)| {
                    let star = if needed(name) { "*" } else { "" };
                    (
                        format!("{name}{star}"),
                        outline(schemas, property, depth - 1),
                    )
                })
                .collect();
            Value::Object(shown)
        }
        ("object", None) => match schema
            .get("additionalProperties")
            .filter(|any| any.is_object())
        {
            Some(values) if depth > 0 => json!({ "<key>": outline(schemas, values, depth - 1) }),
            _ => json!("object"),
        },
        (kind, _) => json!(kind),
    }
}
