//! Messages about wrong arguments that help the next call to get them right.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::{Map, Value};

use super::ranges;
use crate::redact;

/// Most values of an enumeration that a message names. Nobody would read more.
const NAMED: usize = 40;
/// Most characters of a wrong value that a message repeats. A longer value is named by its type.
const REPEATED: usize = 60;
/// The sentences for one violation of this schema.
pub(super) fn sentences(error: &ValidationError<'_>, schema: &Map<String, Value>) -> Vec<String> {
    let path = error.instance_path().to_string();
    let place = path.trim_start_matches('/').replace('/', ".");
    let within = |name: &str| match place.as_str() {
        "" => name.to_owned(),
        place => format!("{place}.{name}"),
    };
    let value = error.instance();
    let secret = place.split('.').any(redact::may_be_secret);
    let got = shown(value, secret);
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = properties(error, schema);
            let unknown = unexpected.iter();
            unknown
                .map(|name| {
                    let names = known.iter().flat_map(|known| known.keys());
                    let names: Vec<&str> = names.map(String::as_str).collect();
                    format!(
                        "unknown argument `{}`{}",
                        within(name),
                        choice(name, &names, false)
                    )
                })
                .collect()
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let meaning = properties(error, schema)
                .and_then(|known| known.get(name)?.get("description")?.as_str())
                .map(|text| format!(": {text}"))
                .unwrap_or_default();
            vec![format!("missing argument `{}`{meaning}", within(name))]
        }
        ValidationErrorKind::Enum { options } => {
            let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
            let names: Vec<&str> = options.iter().filter_map(Value::as_str).collect();
            let asked = value.as_str().filter(|_| !secret).unwrap_or_default();
            vec![format!(
                "`{place}`: unknown value {got}{}",
                choice(asked, &names, true)
            )]
        }
        ValidationErrorKind::Type {
            kind: TypeKind::Single(kind),
        } => {
            if kind.to_string() == "integer" && value.is_number() {
                let range = ranges::range(&Value::Object(
                    violated(error, schema).cloned().unwrap_or_default(),
                ));
                return vec![format!(
                    "`{place}`: expected a whole number {range}, got {got}"
                )];
            }
            // Never the value: what has the wrong type may hold a secret in the wrong place.
            let (kind, got) = (article(&kind.to_string()), type_of(value));
            let meaning = match (place.ends_with("_id"), value.is_string()) {
                // A name in place of the id: the description says where the id is.
                (true, true) => meaning(schema, &place),
                _ => String::new(),
            };
            vec![format!("`{place}`: expected {kind}, got {got}{meaning}")]
        }
        // An object that takes nothing; at the top `nothing_taken` has said it by name.
        ValidationErrorKind::FalseSchema => vec![format!("`{place}`: it takes no fields")],
        ValidationErrorKind::Minimum { limit } => {
            vec![format!("`{place}`: at least {limit}, got {got}")]
        }
        ValidationErrorKind::Maximum { limit } => {
            vec![format!("`{place}`: at most {limit}, got {got}")]
        }
        _ => vec![format!(
            "`{place}`: {}",
            error.masked_with(format!("{} that was given", type_of(value)))
        )],
    }
}

/// What an argument of the tool is, in the words of its description.
fn meaning(schema: &Map<String, Value>, name: &str) -> String {
    let property = schema.get("properties").and_then(|known| known.get(name));
    let described = property.and_then(|property| property.get("description")?.as_str());
    described.map_or_else(String::new, |text| format!("; it is the {text}"))
}

/// Messages about the arguments of a tool that takes none. The validator reports them without their names.
pub(super) fn nothing_taken(
    schema: &Map<String, Value>,
    arguments: &Map<String, Value>,
) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    if !closed || properties.is_some_and(|known| !known.is_empty()) {
        return Vec::new();
    }
    let unknown = arguments.keys();
    unknown
        .map(|name| format!("unknown argument `{name}`; it takes no arguments"))
        .collect()
}

/// The properties of the object that lacks a property or has one too many.
fn properties<'a>(
    error: &ValidationError<'_>,
    schema: &'a Map<String, Value>,
) -> Option<&'a Map<String, Value>> {
    violated(error, schema)?.get("properties")?.as_object()
}

/// The part of the schema that a value does not keep.
fn violated<'a>(
    error: &ValidationError<'_>,
    schema: &'a Map<String, Value>,
) -> Option<&'a Map<String, Value>> {
    let path = error.schema_path().to_string();
    let mut segments = path.trim_start_matches('/').split('/');
    // The last segment is the keyword that was violated.
    segments.next_back();
    let mut at = schema;
    for segment in segments {
        at = at.get(segment)?.as_object()?;
    }
    Some(at)
}

/// The closest name; all names if none is close or `all` are wanted.
fn choice(asked: &str, names: &[&str], all: bool) -> String {
    let score = |name: &str| strsim::jaro_winkler(&asked.to_lowercase(), &name.to_lowercase());
    let scored = names.iter().map(|name| (score(name), *name));
    let close = scored
        .filter(|(score, _)| *score > 0.75)
        .max_by(|(a, left), (b, right)| a.total_cmp(b).then(right.cmp(left)));
    let takes = || {
        let shown: Vec<String> = names
            .iter()
            .take(NAMED)
            .map(|name| format!("`{name}`"))
            .collect();
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("it takes {}{more}", shown.join(", "))
    };
    match close {
        Some((_, name)) if all => format!(", did you mean `{name}`? {}", takes()),
        Some((_, name)) => format!(", did you mean `{name}`?"),
        None if names.is_empty() => "; it takes none".to_owned(),
        None => format!("; {}", takes()),
    }
}

/// A short scalar itself, all else by its type.
fn shown(value: &Value, secret: bool) -> String {
    let text = value.to_string();
    let short = text.chars().count() <= REPEATED;
    if secret || !short || value.is_object() || value.is_array() {
        return type_of(value);
    }
    text
}

fn type_of(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => article("boolean"),
        Value::Number(_) => article("number"),
        Value::String(_) => article("string"),
        Value::Array(_) => article("array"),
        Value::Object(_) => article("object"),
    }
}

fn article(noun: &str) -> String {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        format!("an {noun}")
    } else {
        format!("a {noun}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use serde_json::json;

    use super::super::{check, validator};

    fn problems(arguments: serde_json::Value) -> String {
        let schema = json!({
            "type": "object",
            "properties": {
                "language": { "type": "string", "enum": ["PYTHON", "R", "SQL"] },
                "job_id": { "type": "integer", "minimum": 1, "maximum": 9, "description": "`id` of list_jobs" },
                "rows": { "type": "array", "items": {
                    "type": "object",
                    "properties": { "task_key": { "type": "string" }, "level": { "type": "string", "enum": ["CAN_RUN", "CAN_VIEW"] } },
                    "required": ["task_key"],
                    "additionalProperties": false,
                } },
            },
            "required": ["job_id"],
            "additionalProperties": false,
        });
        let schema = schema.as_object().unwrap();
        let validator = validator("t", schema).unwrap();
        let arguments = arguments.as_object().unwrap().clone();
        match check("t", schema, &validator, arguments) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn each_violation_says_what_would_be_right() {
        for (arguments, wanted) in [
            (json!({}), "missing argument `job_id`: `id` of list_jobs"),
            (
                json!({ "jobid": 1 }),
                "unknown argument `jobid`, did you mean `job_id`?",
            ),
            (
                json!({ "x": 1 }),
                "unknown argument `x`; it takes `language`, `job_id`, `rows`",
            ),
            (
                json!({ "job_id": "abc" }),
                "`job_id`: expected an integer, got a string",
            ),
            (json!({ "job_id": 0 }), "`job_id`: at least 1, got 0"),
            (json!({ "job_id": 10 }), "`job_id`: at most 9, got 10"),
            (
                json!({ "language": "pyton" }),
                "`language`: unknown value \"pyton\", did you mean `PYTHON`? it takes `PYTHON`, `R`, `SQL`",
            ),
            (
                json!({ "language": "COBOL" }),
                "unknown value \"COBOL\"; it takes `PYTHON`, `R`, `SQL`",
            ),
            (
                json!({ "rows": [{}] }),
                "missing argument `rows.0.task_key`",
            ),
            (
                json!({ "rows": [{ "task": "a" }] }),
                "unknown argument `rows.0.task`, did you mean `task_key`?",
            ),
            (
                json!({ "rows": [{ "level": "CAN_RUM" }] }),
                "`rows.0.level`: unknown value \"CAN_RUM\", did you mean `CAN_RUN`?",
            ),
            (
                json!({ "rows": ["x"] }),
                "`rows.0`: expected an object, got a string",
            ),
        ] {
            let problems = problems(arguments);
            assert!(problems.contains(wanted), "{wanted}: {problems}");
        }
    }

    fn said(schema: serde_json::Value, arguments: serde_json::Value) -> String {
        let schema = schema.as_object().unwrap();
        let validator = validator("t", schema).unwrap();
        let arguments = arguments.as_object().unwrap().clone();
        check("t", schema, &validator, arguments)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_tool_that_takes_nothing_says_so_by_name() {
        for properties in [json!({}), json!(null)] {
            let mut schema = json!({ "type": "object", "additionalProperties": false });
            if properties.is_object() {
                schema["properties"] = properties;
            }
            let said = said(schema, json!({ "x": 1, "y": 2 }));
            let lines: Vec<&str> = said.lines().skip(1).collect();
            assert_eq!(
                lines,
                [
                    "- unknown argument `x`; it takes no arguments",
                    "- unknown argument `y`; it takes no arguments"
                ]
            );
        }
    }

    #[test]
    fn an_object_within_that_takes_nothing_does_not_repeat_what_it_got() {
        let empty = json!({ "type": "object", "additionalProperties": false });
        let schema = json!({ "type": "object", "properties": { "of": empty } });
        let said = said(schema, json!({ "of": { "p": "hunter2" } }));
        assert!(said.ends_with("- `of`: it takes no fields"), "{said}");
    }

    #[test]
    fn no_violation_repeats_what_may_be_a_secret() {
        let schema = json!({
            "type": "object",
            "properties": {
                "value": { "type": "string" },
                "string_value": { "type": "string", "enum": ["A"] },
                "token": { "type": "string", "maxLength": 3 },
                "password": { "type": ["string", "null"] },
                "any": { "anyOf": [{ "type": "integer" }, { "type": "boolean" }] },
                "name": { "type": "string", "pattern": "^a+$" },
                "secret": { "type": "integer", "maximum": 1 },
            },
        });
        for name in ["value", "string_value", "token", "password", "any", "name"] {
            for value in [
                json!("hunter2"),
                json!({ "p": "hunter2" }),
                json!(["hunter2", 1]),
            ] {
                if name == "value" && value.is_string() || name == "password" && value.is_string() {
                    continue;
                }
                let said = said(schema.clone(), json!({ name: value }));
                assert!(!said.contains("hunter2"), "{said}");
                assert!(said.contains(&format!("`{name}`")), "{said}");
            }
        }
        let said = said(
            schema,
            json!({ "value": { "p": "hunter2" }, "secret": 123_456 }),
        );
        assert!(
            said.contains("`value`: expected a string, got an object"),
            "{said}"
        );
        assert!(said.contains("`secret`: at most 1, got a number"), "{said}");
    }

    #[test]
    fn what_is_plainly_meant_is_taken() {
        assert_eq!(problems(json!({ "job_id": "7", "language": "python" })), "");
        assert_eq!(
            problems(json!({ "job_id": 7.0, "rows": { "task_key": 1 } })),
            ""
        );
    }

    #[test]
    fn definitions_are_followed_as_deep_as_they_refer_to_each_other() {
        let schema = json!({
            "type": "object",
            "properties": { "task": { "$ref": "#/$defs/jobs.Task" } },
            "$defs": { "jobs.Task": {
                "type": "object",
                "properties": {
                    "key": { "type": "string" },
                    "retries": { "type": "integer" },
                    "tasks": { "type": "array", "items": { "$ref": "#/$defs/jobs.Task" } },
                },
                "additionalProperties": false,
            } },
        });
        let schema = schema.as_object().unwrap();
        let validator = validator("t", schema).unwrap();
        let check = |arguments: serde_json::Value| {
            check(
                "t",
                schema,
                &validator,
                arguments.as_object().unwrap().clone(),
            )
        };
        let given = json!({ "task": { "tasks": { "retries": "3", "key": null, "tasks": [] } } });
        let taken = json!({ "task": { "tasks": [{ "retries": 3, "tasks": [] }] } });
        assert_eq!(serde_json::Value::Object(check(given).unwrap()), taken);
        let wrong = json!({ "task": { "tasks": [{ "tasks": [{ "retires": 1 }] }] } });
        let said = check(wrong).unwrap_err().to_string();
        assert!(
            said.ends_with(
                "- unknown argument `task.tasks.0.tasks.0.retires`, did you mean `retries`?"
            ),
            "{said}"
        );
    }

    #[test]
    fn a_long_value_is_not_repeated() {
        let problems = problems(json!({ "job_id": "x".repeat(9_999) }));
        assert!(problems.len() < 200, "{problems}");
    }
}
