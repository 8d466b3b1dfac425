//! Schemas by name, and the walks over them that follow references, `{"$ref": "module.Name"}`.
//!
//! The server and `codegen` both compile this file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A chain of references is short; the bound keeps a circular one from hanging.
const CHAIN: usize = 16;

/// Named schemas, which refer to each other.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schemas(BTreeMap<String, Value>);

/// A field path that leads nowhere.
#[derive(Debug, PartialEq, Eq)]
pub struct NoField {
    /// The segment that does not exist.
    pub segment: String,
    /// The names that exist there.
    pub known: Vec<String>,
}

impl Schemas {
    /// The schema of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Every schema with its name.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, schema)| (name.as_str(), schema))
    }

    /// Adds a schema, or replaces the one of this name.
    pub fn insert(&mut self, name: String, schema: Value) {
        self.0.insert(name, schema);
    }

    /// The name that a schema refers to. SCIM has a property called `$ref`, so only text is a reference.
    #[must_use]
    pub fn reference(schema: &Value) -> Option<&str> {
        schema.get("$ref").and_then(Value::as_str)
    }

    /// Follows references until `schema` is a schema of its own; an unknown name becomes null.
    #[must_use]
    pub fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        for _ in 0..CHAIN {
            let Some(name) = Self::reference(schema) else {
                break;
            };
            schema = self.get(name).unwrap_or(&Value::Null);
        }
        schema
    }

    /// The schema with every reference replaced by what it names, `depth` levels deep; below that, and where
    /// a schema holds itself, an object or array is left open.
    #[must_use]
    pub fn inline(&self, schema: &Value, depth: usize) -> Value {
        let schema = self.resolve(schema);
        let mut out = Map::new();
        for (key, value) in schema.as_object().into_iter().flatten() {
            let inlined = match (key.as_str(), value) {
                ("type" | "enum" | "format", _) => value.clone(),
                ("items", _) if depth == 0 => json!({}),
                ("required", _) if depth > 0 => value.clone(),
                ("items", _) | ("additionalProperties", Value::Object(_)) if depth > 0 => {
                    self.inline(value, depth - 1)
                }
                ("properties", Value::Object(properties)) if depth > 0 => properties
                    .iter()
                    .map(|(name, property)| (name.clone(), self.inline(property, depth - 1)))
                    .collect::<Map<_, _>>()
                    .into(),
                _ => continue,
            };
            out.insert(key.clone(), inlined);
        }
        Value::Object(out)
    }

    /// The schema at a dotted field path such as `settings.name`, which goes through the rows of an array
    /// without naming an index; null where the schema does not say what is there.
    ///
    /// # Errors
    /// The first segment that does not exist, and the names that do.
    pub fn field<'a>(&'a self, schema: &'a Value, path: &str) -> Result<&'a Value, NoField> {
        let mut at = self.resolve(schema);
        for segment in path.split('.') {
            while let Some(items) = at.get("items") {
                at = self.resolve(items);
            }
            let properties = at.get("properties").and_then(Value::as_object);
            let next = properties
                .and_then(|properties| properties.get(segment))
                .or_else(|| at.get("additionalProperties").filter(|any| any.is_object()));
            at = match (next, properties) {
                (Some(next), _) => self.resolve(next),
                (None, None) => return Ok(&Value::Null),
                (None, Some(properties)) => {
                    return Err(NoField {
                        segment: segment.to_owned(),
                        known: properties.keys().cloned().collect(),
                    });
                }
            };
        }
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn schemas() -> Schemas {
        let named = json!({
            "jobs.Run": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": { "type": "integer", "format": "int64" },
                    "tasks": { "type": "array", "items": { "$ref": "jobs.Task" } },
                    "tags": { "type": "object", "additionalProperties": { "$ref": "jobs.Tag" } },
                    "$ref": { "type": "string" },
                },
            },
            "jobs.Task": {
                "type": "object",
                "properties": { "run": { "$ref": "jobs.Run" }, "state": { "$ref": "jobs.State" } },
            },
            "jobs.Tag": { "type": "string" },
            "jobs.State": { "$ref": "jobs.Words" },
            "jobs.Words": { "type": "string", "enum": ["ON", "OFF"] },
            "jobs.Circle": { "$ref": "jobs.Circle" },
        });
        serde_json::from_value(named).unwrap()
    }

    #[test]
    fn references_are_followed_to_their_end() {
        let schemas = schemas();
        let resolved = |name: &str| schemas.resolve(&json!({ "$ref": name })).clone();
        assert_eq!(resolved("jobs.State")["enum"], json!(["ON", "OFF"]));
        assert_eq!(resolved("jobs.Nothing"), Value::Null);
        assert_eq!(resolved("jobs.Circle"), json!({ "$ref": "jobs.Circle" }));
    }

    #[test]
    fn a_schema_is_inlined_as_deep_as_asked_and_open_below() {
        let run = json!({ "$ref": "jobs.Run" });
        let schemas = schemas();
        assert_eq!(schemas.inline(&run, 0), json!({ "type": "object" }));
        assert_eq!(
            schemas.inline(&run, 1),
            json!({
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": { "type": "integer", "format": "int64" },
                    "tasks": { "type": "array", "items": {} },
                    "tags": { "type": "object" },
                    "$ref": { "type": "string" },
                },
            })
        );
        // A schema that holds itself comes to an end.
        let deep = schemas.inline(&run, 4).to_string();
        assert!(deep.contains(r#""enum":["ON","OFF"]"#), "{deep}");
        assert!(!deep.contains("jobs."), "{deep}");
    }

    #[test]
    fn a_field_is_found_through_lists_and_maps() {
        let run = json!({ "$ref": "jobs.Run" });
        let schemas = schemas();
        let kind = |path: &str| Ok(schemas.field(&run, path)?.get("type").cloned());
        let string = Ok::<_, NoField>(Some(json!("string")));
        assert_eq!(kind("tasks.run.tasks.state"), string);
        assert_eq!(kind("tags.anything"), string);
        // What is not described may hold anything.
        assert_eq!(kind("id.anything"), Ok(None));
        let missing = kind("tasks.stat.word").unwrap_err();
        assert_eq!(missing.segment, "stat");
        assert_eq!(missing.known, ["run", "state"]);
    }
}
