//! Steps through a schema: the schemas right below it, and the references in it.

use serde_json::Value;

use crate::catalog::schema::Schemas;

/// The name a reference schema refers to; `None` for any other schema. Only schemas are asked, never the map of
/// properties itself.
pub(super) fn reference(schema: &Value) -> Option<&str> {
    Schemas::reference(schema)
}

/// The schemas right below this one: properties, items, map values.
pub(super) fn below(schema: &Value) -> impl Iterator<Item = &Value> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flat_map(|properties| properties.values())
        .chain(schema.get("items"))
        .chain(
            schema
                .get("additionalProperties")
                .filter(|any| any.is_object()),
        )
}

/// As [`below`], to change.
pub(super) fn below_mut(schema: &mut Value) -> Vec<&mut Value> {
    let mut out = Vec::new();
    let Some(object) = schema.as_object_mut() else {
        return out;
    };
    for (key, value) in object {
        match key.as_str() {
            "properties" => {
                if let Some(properties) = value.as_object_mut() {
                    out.extend(properties.values_mut());
                }
            }
            "items" => out.push(value),
            "additionalProperties" if value.is_object() => out.push(value),
            _ => {}
        }
    }
    out
}

/// Calls `visit` with the schema and every schema inside it, the outer before the inner.
pub(super) fn walk_mut(schema: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    visit(schema);
    for inner in below_mut(schema) {
        walk_mut(inner, visit);
    }
}

/// Every name that the schema refers to, in order, repeats included.
pub(super) fn references(schema: &Value) -> Vec<&str> {
    let mut out: Vec<&str> = reference(schema).into_iter().collect();
    for inner in below(schema) {
        out.extend(references(inner));
    }
    out
}

/// Whether the schema is of this `type`.
pub(super) fn is_type(schema: &Value, name: &str) -> bool {
    schema.get("type").and_then(Value::as_str) == Some(name)
}

/// An object with named properties.
pub(super) fn has_properties(schema: &Value) -> bool {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .is_some_and(|properties| !properties.is_empty())
}
