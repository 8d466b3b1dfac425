//! Traversal of a schema: its direct children and its references.

use serde_json::Value;

use crate::catalog::schema::Schemas;

/// The name that a reference refers to, or `None` for any other schema.
///
/// Call it on schemas only, never on a map of properties: SCIM has a *property* called `$ref`.
pub(super) fn reference(schema: &Value) -> Option<&str> {
    Schemas::reference(schema)
}

/// The direct children of a schema: properties, items, map values.
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

/// The mutable form of [`below`].
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

/// Visits the schema and every schema inside it, outer before inner.
pub(super) fn walk_mut(schema: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    visit(schema);
    for inner in below_mut(schema) {
        walk_mut(inner, visit);
    }
}

/// Every name that the schema refers to, in order, with repeats.
pub(super) fn references(schema: &Value) -> Vec<&str> {
    let mut out: Vec<&str> = reference(schema).into_iter().collect();
    for inner in below(schema) {
        out.extend(references(inner));
    }
    out
}

/// Returns true if the schema has this `type`.
pub(super) fn is_type(schema: &Value, name: &str) -> bool {
    schema.get("type").and_then(Value::as_str) == Some(name)
}

/// Returns true for an object with named properties.
pub(super) fn has_properties(schema: &Value) -> bool {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .is_some_and(|properties| !properties.is_empty())
}
