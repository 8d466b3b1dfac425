//! The schema of a tool's arguments as deep as the API facts know them: what a misspelling inside of `tasks` is
//! held to before anything is sent.

use serde_json::{Map, Value, json};

use super::Facts;
use crate::catalog::{RequestPlan, Source, is_time};
use crate::engine;
use crate::error::Error;

/// The schema of the arguments of a request, by the caller's names. What the facts give fields takes no others;
/// what they leave open stays open, and so does the top, where a tool has arguments of its own.
///
/// # Errors
/// The facts of this build cannot be used.
pub fn deep_schema(request: &RequestPlan) -> Result<Map<String, Value>, Error> {
    let facts = Facts::get()?;
    let known = facts
        .operation(request.operation)
        .ok_or_else(|| Error::Internal {
            reason: format!("`{}` has no facts", request.operation),
        })?;
    let from_caller = |source: &Source| !matches!(source, Source::Constant(_) | Source::Uuid);
    let given = request
        .arguments
        .iter()
        // A time is written in other forms than the service takes.
        .filter(|argument| from_caller(&argument.source) && !argument.time);
    let params = given.filter_map(|argument| {
        let mut params = known.params.iter();
        let param = params.find(|param| param.name == argument.wire)?;
        Some((argument.name, &param.schema))
    });
    Ok(closed(facts, params, Times::Number))
}

/// The forms in which times are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// As the service takes them.
    Number,
    /// As people write them, which [`engine::with_times`] reads.
    Any,
}

/// The schema of an object with these properties, by their schemas in the facts; it takes others too.
pub(super) fn closed<'a>(
    facts: &Facts,
    params: impl Iterator<Item = (&'a str, &'a Value)>,
    times: Times,
) -> Map<String, Value> {
    let mut deep = Deep {
        wanted: Vec::new(),
        times,
    };
    let properties: Map<String, Value> = params
        .map(|(name, schema)| (name.to_owned(), deep.field(name, schema)))
        .collect();
    let mut definitions = Map::new();
    while let Some(name) = deep.wanted.pop() {
        if !definitions.contains_key(&name) {
            let schema = deep.schema(facts.schemas.get(&name).unwrap_or(&Value::Null));
            definitions.insert(name, schema);
        }
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), properties.into());
    schema.insert("$defs".to_owned(), definitions.into());
    schema
}

/// Copies schemas of the facts as JSON Schema has them.
struct Deep {
    /// Names that were referred to.
    wanted: Vec<String>,
    times: Times,
}

impl Deep {
    /// The schema of a field; a time may be written in other forms than the service takes.
    fn field(&mut self, name: &str, schema: &Value) -> Value {
        if self.times == Times::Any && is_time(name, schema) {
            return engine::any_time();
        }
        self.schema(schema)
    }

    fn schema(&mut self, schema: &Value) -> Value {
        let mut out = Map::new();
        for (key, value) in schema.as_object().into_iter().flatten() {
            match (key.as_str(), value) {
                ("$ref", Value::String(name)) => {
                    self.wanted.push(name.clone());
                    out.insert(key.clone(), json!(format!("#/$defs/{name}")));
                }
                // Operations share schemas, and what one needs another does not: `config.name` names the
                // endpoint in `serving_endpoints.update_config` and is left out in `create`. The service
                // says best what it misses.
                ("required", _) => {}
                ("items" | "additionalProperties", Value::Object(_)) => {
                    out.insert(key.clone(), self.schema(value));
                }
                ("properties", Value::Object(fields)) => {
                    let fields: Map<String, Value> = fields
                        .iter()
                        .map(|(name, field)| (name.clone(), self.field(name, field)))
                        .collect();
                    out.insert(key.clone(), fields.into());
                }
                _ => {
                    out.insert(key.clone(), value.clone());
                }
            }
        }
        let fields = out.get("properties").and_then(Value::as_object);
        if fields.is_some_and(|fields| !fields.is_empty()) {
            out.entry("additionalProperties").or_insert(json!(false));
        }
        out.into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;
    use crate::catalog::{Door, TOOLS};

    fn deep(name: &str) -> Value {
        let tool = TOOLS.iter().find(|tool| tool.name == name).unwrap();
        let Door::Table(plan) = &tool.door else {
            unreachable!("`{name}` is a table tool")
        };
        deep_schema(&plan.request).unwrap().into()
    }

    #[test]
    fn what_has_fields_takes_no_others_and_what_is_open_stays_so() {
        let schema = deep("create_job");
        let known = &schema["$defs"];
        assert_eq!(known["jobs.Task"]["additionalProperties"], json!(false));
        assert_eq!(
            known["jobs.NotebookTask"]["properties"]["base_parameters"]["additionalProperties"],
            json!({ "type": "string" })
        );
        assert!(schema.get("additionalProperties").is_none());
        let patch = &deep("update_user")["$defs"]["iam.Patch"];
        assert_eq!(patch["properties"]["value"], json!({}));
    }

    #[test]
    fn arguments_go_by_the_callers_names_and_constants_are_the_tools() {
        let schema = deep("update_user");
        let properties = schema["properties"].as_object().unwrap();
        let names: Vec<&str> = properties.keys().map(String::as_str).collect();
        assert_eq!(names, ["id", "operations"]);
    }

    #[test]
    fn the_schema_of_every_table_tool_can_be_used() {
        for tool in TOOLS {
            if let Door::Table(plan) = &tool.door {
                let schema = deep_schema(&plan.request).unwrap();
                assert!(crate::engine::validator(tool.name, &schema).is_ok());
            }
        }
    }
}
