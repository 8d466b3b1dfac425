//! Arguments as they come: intent that is plain is understood, everything else is refused by name, all at once.

use jsonschema::Validator;
use serde_json::{Map, Number, Value};

use super::ranges::{self, resolved};
use super::violations;
use crate::error::Error;

/// A validator of arguments.
///
/// # Errors
/// The schema is no schema: a fault of the build.
pub(crate) fn validator(tool: &str, schema: &Map<String, Value>) -> Result<Validator, Error> {
    jsonschema::validator_for(&Value::Object(schema.clone())).map_err(|error| Error::Internal {
        reason: format!("the schema of `{tool}` cannot be used: {error}"),
    })
}

/// Coerces arguments to a schema and validates them.
///
/// # Errors
/// Every violation, with its path and what would be right.
pub(crate) fn check(
    tool: &str,
    schema: &Map<String, Value>,
    validator: &Validator,
    arguments: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let known = |name: &str| properties.and_then(|known| known.get(name));
    let coerced: Map<String, Value> = arguments
        .into_iter()
        .filter(|(name, value)| !left_out(name, value, known(name), schema))
        .map(|(name, value)| {
            let value = match known(&name) {
                Some(known) => coerce(value, known, schema),
                None => value,
            };
            (name, value)
        })
        .collect();
    let mut problems = violations::nothing_taken(schema, &coerced);
    let takes_nothing = !problems.is_empty();
    problems.extend(ranges::beyond(&coerced, schema));
    let value = Value::Object(coerced);
    if !takes_nothing {
        let violated = validator.iter_errors(&value);
        problems.extend(violated.flat_map(|error| violations::sentences(&error, schema)));
    }
    match (problems.is_empty(), value) {
        (true, Value::Object(arguments)) => Ok(arguments),
        _ => {
            problems.sort();
            Err(Error::Arguments {
                tool: tool.to_owned(),
                problems,
            })
        }
    }
}

/// Optional texts that may be empty: a comment that is taken away, the content of an empty file.
const FREE: &[&str] = &[
    "body",
    "code",
    "comment",
    "content",
    "contents",
    "description",
    "message",
    "new_value",
    "notes",
    "prompt",
    "query",
    "statement",
    "string_value",
    "text",
    "value",
];

/// True for what stands for "not given": null, as models write it, and an empty text, with which clients and proxies
/// fill optional arguments.
fn left_out(name: &str, value: &Value, known: Option<&Value>, schema: &Map<String, Value>) -> bool {
    let empty = match value {
        Value::Null => return true,
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    let Some(known) = known.filter(|_| empty) else {
        return false;
    };
    let required = schema.get("required").and_then(Value::as_array);
    let needed = required.is_some_and(|names| names.iter().any(|needed| needed == name));
    let text = known.get("type").is_some_and(|kind| kind == "string");
    !needed && (!text || !FREE.contains(&name))
}

/// A value of an enumeration in another case is that value.
fn in_its_case(text: String, schema: &Value) -> Value {
    let options = schema.get("enum").and_then(Value::as_array);
    let same = |option: &&Value| {
        option
            .as_str()
            .is_some_and(|option| option.eq_ignore_ascii_case(&text))
    };
    let mut alike = options.into_iter().flatten().filter(same);
    match (alike.next(), alike.next()) {
        (Some(option), None) => option.clone(),
        _ => Value::String(text),
    }
}

/// Reads `"42"` as 42, `"true"` as true, a scalar as a list of one, JSON in a string as what it holds, and
/// what an object holds alike.
fn coerce(value: Value, schema: &Value, root: &Map<String, Value>) -> Value {
    let schema = resolved(schema, root);
    let wanted = schema
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match (wanted, value) {
        ("integer", Value::String(text)) => match text.trim().parse::<i128>() {
            // One that is too large is refused as the number that it is.
            Ok(number) => i64::try_from(number).map_or(Value::from(number as f64), Value::from),
            Err(_) => Value::String(text),
        },
        ("integer", Value::Number(number)) => whole(&number),
        ("number", Value::String(text)) => text
            .trim()
            .parse::<f64>()
            .map_or(Value::String(text), Value::from),
        ("boolean", Value::String(text)) => text
            .trim()
            .to_lowercase()
            .parse()
            .map_or(Value::String(text), Value::Bool),
        ("string", Value::String(text)) => in_its_case(text, schema),
        ("string", value @ (Value::Number(_) | Value::Bool(_))) => Value::String(value.to_string()),
        ("object", Value::String(text)) => match serde_json::from_str(&text) {
            Ok(inner @ Value::Object(_)) => coerce(inner, schema, root),
            _ => Value::String(text),
        },
        ("object", Value::Object(object)) => members(object, schema, root),
        ("array", value) => list(value, schema.get("items").unwrap_or(&Value::Null), root),
        (_, value) => value,
    }
}

fn members(object: Map<String, Value>, schema: &Value, root: &Map<String, Value>) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let others = schema
        .get("additionalProperties")
        .filter(|any| any.is_object());
    let property = |name: &str| properties.and_then(|known| known.get(name));
    let coerced = object
        .into_iter()
        .filter(|(name, value)| !(value.is_null() && property(name).is_some()))
        .map(|(name, value)| {
            let value = match property(&name).or(others) {
                Some(schema) => coerce(value, schema, root),
                None => value,
            };
            (name, value)
        });
    Value::Object(coerced.collect())
}

/// `100.0` and `1e2` are the integer 100, as JSON Schema has it.
fn whole(number: &Number) -> Value {
    // Beyond these a floating number stands for more than one integer.
    const EXACT: std::ops::RangeInclusive<f64> = -9e15..=9e15;
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && EXACT.contains(&float) => {
            Value::from(float as i64)
        }
        _ => Value::Number(number.clone()),
    }
}

fn list(value: Value, items: &Value, root: &Map<String, Value>) -> Value {
    let list = match value {
        Value::Array(list) => list,
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(Value::Array(list)) => list,
            _ => vec![Value::String(text)],
        },
        other => vec![other],
    };
    list.into_iter()
        .map(|item| coerce(item, items, root))
        .collect()
}
