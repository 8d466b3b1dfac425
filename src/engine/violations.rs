//! What is wrong with arguments, in sentences by which the next call gets them right.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::{Map, Value};

/// Values of an enumeration that are named; more would not be read.
const NAMED: usize = 40;
/// Characters of a wrong value that are repeated.
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
    let got = shown(value);
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
            let asked = value.as_str().unwrap_or_default();
            vec![format!(
                "`{place}`: unknown value {got}{}",
                choice(asked, &names, true)
            )]
        }
        ValidationErrorKind::Type {
            kind: TypeKind::Single(kind),
        } => {
            let kind = kind.to_string();
            let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
                "an"
            } else {
                "a"
            };
            vec![format!("`{place}`: expected {article} {kind}, got {got}")]
        }
        ValidationErrorKind::Minimum { limit } => {
            vec![format!("`{place}`: at least {limit}, got {got}")]
        }
        ValidationErrorKind::Maximum { limit } => {
            vec![format!("`{place}`: at most {limit}, got {got}")]
        }
        _ => vec![format!("`{place}`: {error}")],
    }
}

/// The properties of the object in which something is missing or too much.
fn properties<'a>(
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
    at.get("properties")?.as_object()
}

/// The name that is close, and all names where none is or where `all` are wanted.
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

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(REPEATED) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

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
                "`job_id`: expected an integer, got \"abc\"",
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
                "`rows.0`: expected an object, got \"x\"",
            ),
        ] {
            let problems = problems(arguments);
            assert!(problems.contains(wanted), "{wanted}: {problems}");
        }
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
    fn a_long_value_is_not_repeated() {
        let problems = problems(json!({ "job_id": "x".repeat(9_999) }));
        assert!(problems.len() < 200, "{problems}");
    }
}
