//! Arguments made from the schemas of a tool: every one of them, each of a right type.

use databricks_mcp::api;
use databricks_mcp::catalog::{Argument, Door};
use databricks_mcp::tools::Entry;
use serde_json::{Map, Value, json};

/// Every argument of a tool that says what is done; text is `text`.
pub fn made(entry: &Entry) -> Map<String, Value> {
    named(entry, |_| "text".to_owned(), |_| 1)
}

/// Those of them without which it cannot be called, and the user's agreement.
pub fn required(entry: &Entry) -> Map<String, Value> {
    let required = entry.tool.input_schema.get("required");
    let is_required = |name: &str| {
        let names = required.and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).any(|one| one == name)
    };
    let mut arguments = made(entry);
    arguments.retain(|name, _| is_required(name) || name == "confirm");
    arguments
}

/// Every argument, each with a value of its own, so that one in another's place shows.
pub fn apart(entry: &Entry) -> Map<String, Value> {
    named(entry, |name| format!("the-{name}"), |nth| 1 + nth)
}

/// Every argument, with each text by its name and each number by its place.
pub fn named(
    entry: &Entry,
    text: impl Fn(&str) -> String,
    number: impl Fn(usize) -> usize,
) -> Map<String, Value> {
    let listed = entry.tool.input_schema["properties"]
        .as_object()
        .expect("arguments");
    // The schema that is listed ends at the fields of an object.
    let deep = match &entry.spec.door {
        Door::Table(plan) => Value::Object(api::deep_schema(&plan.request).expect("a schema")),
        Door::Behaviour(_) => Value::Null,
    };
    // Cutting rows is the engine's work, shown by tools with cases of their own.
    let engine = ["limit", "cursor", "offset"];
    let own = listed
        .iter()
        .filter(|(name, _)| !engine.contains(&name.as_str()));
    own.enumerate()
        .map(|(nth, (name, property))| {
            let is_time = |argument: &Argument| argument.time && argument.name == name;
            if let Door::Table(plan) = &entry.spec.door
                && plan.request.arguments.iter().any(is_time)
            {
                return (name.clone(), json!("2026-09-21T08:00:00Z"));
            }
            let known = deep["properties"].get(name).unwrap_or(property);
            let own = Own {
                text: text(name),
                number: number(nth),
            };
            (name.clone(), sample(known, &deep, &own))
        })
        .collect()
}

/// The text and the number of an argument.
struct Own {
    text: String,
    number: usize,
}

fn sample(schema: &Value, root: &Value, own: &Own) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        let target = &root["$defs"][name.trim_start_matches("#/$defs/")];
        return sample(target, root, own);
    }
    if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("integer") => json!(own.number),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        Some("array") => json!([sample(&schema["items"], root, own)]),
        Some("object") => fields(schema, root, own),
        _ => json!(own.text),
    }
}

/// The first field of an object and those that it must have; of an open one some field.
fn fields(schema: &Value, root: &Value, own: &Own) -> Value {
    let known = schema["properties"].as_object();
    if let Some(known) = known.filter(|known| !known.is_empty()) {
        let required = schema["required"].as_array();
        let is_required =
            |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
        let fields = known.iter().enumerate();
        let wanted = fields.filter(|(nth, (name, _))| *nth == 0 || is_required(name));
        let made = wanted.map(|(_, (name, field))| (name.clone(), sample(field, root, own)));
        return Value::Object(made.collect());
    }
    let others = schema.get("additionalProperties");
    json!({ "key": others.map_or(json!("value"), |others| sample(others, root, own)) })
}
