//! The fields that an answer shows of an object, and the schema of what they make.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::manifest::{self, As, At};

use super::lookup::{alternatives, check_path};
use super::tool_spec::{Field, Kind};
use super::{List, Room};

/// The fields, and the schema of the object they make.
pub(super) fn fields(
    room: &mut Room<'_>,
    row: &Value,
    said: &IndexMap<String, At<manifest::Field>>,
) -> (List<Field>, Value) {
    let mut properties = Map::new();
    let fields = said
        .iter()
        .flat_map(|(name, field)| {
            check_path(room, field, row, &field.path);
            let first = alternatives(&field.path).next().unwrap_or_default();
            let (lists, found) = along(room, row, first);
            let (more, leaf) = leaf(room, found);
            let (inner, object) = fields(room, &leaf, &field.fields);
            reading_fits(room, field, &leaf);
            // The cells of a grid are of any kind, whatever the specs call them.
            let leaf = if more > 1 { json!({}) } else { leaf };
            let kind = match kind(field.r#as, &leaf) {
                // Clients in JavaScript round integers beyond 2^53, and an identifier must not be rounded.
                Kind::Integer if is_wide(&leaf) && last(&field.path).ends_with("id") => {
                    Kind::String
                }
                kind => kind,
            };
            let value = match (kind, field.fields.is_empty()) {
                (Kind::Any, false) => object,
                (kind, _) => value(kind, &leaf),
            };
            // A list for each that the path passes or ends in.
            let value = (0..lists + more)
                .fold(value, |value, _| json!({ "type": "array", "items": value }));
            properties.insert(name.clone(), value);
            // Of two values under one name the last counts.
            let paths: Vec<&str> = alternatives(&field.path).rev().collect();
            let fields = paths.into_iter().map(|path| Field {
                name: name.clone(),
                path: path.to_owned(),
                kind,
                fields: inner.clone(),
            });
            fields.collect::<Vec<_>>()
        })
        .collect();
    let schema = if properties.is_empty() {
        json!({ "type": "object" })
    } else {
        json!({ "type": "object", "properties": properties })
    };
    (fields, schema)
}

/// Notes a reading that what is read cannot have.
fn reading_fits(room: &mut Room<'_>, field: &At<manifest::Field>, leaf: &Value) {
    let Some(said) = field.r#as else { return };
    let Some(kind) = leaf.get("type").and_then(Value::as_str) else {
        return;
    };
    let (word, takes): (_, &[&str]) = match said {
        As::Timestamp => ("timestamp", &["integer", "number"]),
        As::Seconds => ("seconds", &["integer", "number"]),
        As::Base64 => ("base64", &["string"]),
        As::Line => ("line", &["string"]),
    };
    if !takes.contains(&kind) {
        let message = format!("`as: {word}` reads no {kind} (path `{}`)", field.path);
        let hint = match (said, kind) {
            (As::Timestamp, "string") => "leave it out: the service sends a time as text already",
            _ => "leave `as` out, or name another field",
        };
        room.problems
            .add(room.file, field, message, Some(hint.to_owned()));
    }
}

/// The number of lists that a path passes on its way, and what is at its end.
fn along(room: &Room<'_>, row: &Value, path: &str) -> (usize, Value) {
    path.split('.')
        .fold((0, row.clone()), |(lists, at), segment| {
            let (passed, at) = leaf(room, at);
            (
                lists + passed,
                room.api.field(&at, segment).cloned().unwrap_or_default(),
            )
        })
}

/// The number of lists in lists that a value is, and what they hold.
fn leaf(room: &Room<'_>, schema: Value) -> (usize, Value) {
    let mut at = room.api.resolve(&schema).clone();
    let mut lists = 0;
    while let Some(items) = at.get("items") {
        at = room.api.resolve(items).clone();
        lists += 1;
    }
    (lists, at)
}

/// True for an integer of 64 bits.
fn is_wide(schema: &Value) -> bool {
    schema.get("format").is_some_and(|format| format == "int64")
}

fn kind(said: Option<As>, schema: &Value) -> Kind {
    match said {
        Some(As::Timestamp) => Kind::Timestamp,
        Some(As::Seconds) => Kind::Seconds,
        Some(As::Base64) => Kind::Base64,
        Some(As::Line) => Kind::Line,
        None => match schema.get("type").and_then(Value::as_str) {
            Some("string") => Kind::String,
            Some("integer") => Kind::Integer,
            Some("number") => Kind::Number,
            Some("boolean") => Kind::Boolean,
            _ => Kind::Any,
        },
    }
}

/// The last segment of a dotted path: the name rows go by in the answer.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// The schema of one value. What a whole object of the service holds is left open: it is passed on as it came.
fn value(kind: Kind, schema: &Value) -> Value {
    match kind {
        Kind::Any if schema.get("type").is_some_and(|kind| kind == "object") => {
            json!({ "type": "object" })
        }
        Kind::Any => json!({}),
        Kind::String | Kind::Timestamp | Kind::Base64 | Kind::Line => json!({ "type": "string" }),
        Kind::Integer => json!({ "type": "integer" }),
        Kind::Seconds | Kind::Number => json!({ "type": "number" }),
        Kind::Boolean => json!({ "type": "boolean" }),
    }
}
