//! Arguments as they come: intent that is plain is understood, everything else is refused by name, all at once.

use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Number, Value};

use crate::error::Error;

/// A validator of arguments.
///
/// # Errors
/// The schema is no schema: a fault of the build.
pub fn validator(tool: &str, schema: &Map<String, Value>) -> Result<Validator, Error> {
    jsonschema::validator_for(&Value::Object(schema.clone())).map_err(|error| Error::Internal {
        reason: format!("the schema of `{tool}` cannot be used: {error}"),
    })
}

/// Coerces arguments to a schema and validates them.
///
/// # Errors
/// Every violation, with its path and what would be right.
pub fn check(
    tool: &str,
    schema: &Map<String, Value>,
    validator: &Validator,
    arguments: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let known = |name: &str| properties.and_then(|known| known.get(name));
    let coerced: Map<String, Value> = arguments
        .into_iter()
        // Models write null for "not given".
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| {
            let value = match known(&name) {
                Some(schema) => coerce(value, schema),
                None => value,
            };
            (name, value)
        })
        .collect();
    let value = Value::Object(coerced);
    let mut problems: Vec<String> = validator
        .iter_errors(&value)
        .flat_map(|error| sentences(&error, properties))
        .collect();
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

/// Reads `"42"` as 42, `"true"` as true, a scalar as a list of one, JSON in a string as what it holds.
fn coerce(value: Value, schema: &Value) -> Value {
    let wanted = schema
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match (wanted, value) {
        ("integer", Value::String(text)) => text
            .trim()
            .parse::<i64>()
            .map_or(Value::String(text), Value::from),
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
        ("string", value @ (Value::Number(_) | Value::Bool(_))) => Value::String(value.to_string()),
        ("object", Value::String(text)) => match serde_json::from_str(&text) {
            Ok(inner @ Value::Object(_)) => inner,
            _ => Value::String(text),
        },
        ("array", value) => list(value, schema.get("items").unwrap_or(&Value::Null)),
        (_, value) => value,
    }
}

/// `100.0` is the integer 100, as JSON Schema has it.
fn whole(number: &Number) -> Value {
    let plain = number.to_string();
    match plain.strip_suffix(".0").map(str::parse::<i64>) {
        Some(Ok(whole)) => Value::from(whole),
        _ => Value::Number(number.clone()),
    }
}

fn list(value: Value, items: &Value) -> Value {
    let list = match value {
        Value::Array(list) => list,
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(Value::Array(list)) => list,
            _ => vec![Value::String(text)],
        },
        other => vec![other],
    };
    list.into_iter().map(|item| coerce(item, items)).collect()
}

fn sentences(
    error: &jsonschema::ValidationError<'_>,
    properties: Option<&Map<String, Value>>,
) -> Vec<String> {
    let path = error.instance_path().to_string();
    let place = path.trim_start_matches('/').replace('/', ".");
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| format!("unknown argument `{name}`{}", suggestion(name, properties)))
            .collect(),
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let meaning = properties
                .and_then(|known| known.get(name)?.get("description")?.as_str())
                .map(|text| format!(": {text}"))
                .unwrap_or_default();
            vec![format!("missing argument `{name}`{meaning}")]
        }
        _ => vec![format!("`{place}`: {error}")],
    }
}

fn suggestion(name: &str, properties: Option<&Map<String, Value>>) -> String {
    let names = properties.into_iter().flat_map(Map::keys);
    let closest = names
        .clone()
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    match closest {
        Some((score, known)) if score > 0.75 => format!(", did you mean `{known}`?"),
        Some(_) => {
            let known: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            format!("; it takes {}", known.join(", "))
        }
        None => "; it takes none".to_owned(),
    }
}
