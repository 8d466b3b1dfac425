//! A tool's answer: which fields of the service's answer it shows, and the schema of that.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::manifest::{self, As, At, Tool};
use crate::spec::Operation;

use super::lookup::{alternatives, check_path};
use super::tool_spec::{Condition, Field, Format, Kind, Shape, Wait};
use super::{List, Room};

pub(super) fn shape(
    room: &mut Room<'_>,
    tool: &Tool,
    operation: &Operation,
    wait: Option<&Wait>,
    list: bool,
) -> (Shape, String) {
    let nothing = manifest::ResultShape::default();
    let said = tool.result.as_ref().unwrap_or(&nothing);
    // A tool that waits answers with what the poll says.
    let polled = wait.and_then(|wait| room.api.operation(&wait.poll.operation));
    let answering = polled.unwrap_or(operation);
    let answer = match &answering.response {
        Some(schema) => schema.clone(),
        // What `RequestPlan::raw` makes of it.
        None if answering.raw_response => {
            let text = json!({ "type": "string" });
            json!({ "type": "object", "properties": { "content": text, "encoding": text } })
        }
        None => Value::Null,
    };
    let items = items(room, tool, operation, &answer, list);
    let row = match &items {
        Some(items) => {
            let list = room.api.field(&answer, items).unwrap_or(&Value::Null);
            let row = list.get("items").unwrap_or(&Value::Null);
            room.api.resolve(row).clone()
        }
        None => answer,
    };
    let (fields, object) = fields(room, &row, &said.fields);
    let filter = said
        .r#where
        .iter()
        .map(|(path, any)| {
            check_path(room, any, &row, path);
            Condition {
                field: path.clone(),
                any: any.value.iter().cloned().collect(),
            }
        })
        .collect();
    let extras: &[(&str, &str)] = match (tool.wait.is_some(), said.format) {
        (true, _) => &[("resume", "object")],
        (false, manifest::Format::Text) => {
            let base64 = fields.0.iter().any(|field| field.kind == Kind::Base64);
            if base64 {
                &[
                    ("next_offset", "integer"),
                    ("total_characters", "integer"),
                    ("encoding", "string"),
                ]
            } else {
                &[("next_offset", "integer"), ("total_characters", "integer")]
            }
        }
        (false, _) => &[],
    };
    // A list says why it breaks off.
    let note = items.is_some() || said.note.is_some();
    let note: &[(&str, &str)] = if note { &[("note", "string")] } else { &[] };
    let schema = schema(items.as_deref(), object, &[extras, note].concat());
    let shape = Shape {
        items: items.unwrap_or_default(),
        filter,
        fields,
        format: match said.format {
            manifest::Format::Json => Format::Json,
            manifest::Format::Table => Format::Grid,
            manifest::Format::Text => Format::Plain,
        },
        empty: said.empty.clone().unwrap_or_default(),
        note: said.note.clone().unwrap_or_default(),
    };
    (shape, schema)
}

fn items(
    room: &mut Room<'_>,
    tool: &Tool,
    operation: &Operation,
    answer: &Value,
    list: bool,
) -> Option<String> {
    let at = tool.paginate.as_ref().filter(|_| list)?;
    let known = operation.paginate.as_ref().map(|known| known.items.clone());
    let items = at.items.clone().or(known);
    match &items {
        Some(path) => check_path(room, at, answer, path),
        None => {
            let message = format!(
                "the specs do not say which field of `{}` holds the rows",
                operation.id
            );
            room.problems.add(
                room.file,
                at,
                message,
                Some("add `items: <field>`".to_owned()),
            );
        }
    }
    items
}

/// The fields, and the schema of the object they make.
fn fields(
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
        None => match schema.get("type").and_then(Value::as_str) {
            Some("string") => Kind::String,
            Some("integer") => Kind::Integer,
            Some("number") => Kind::Number,
            Some("boolean") => Kind::Boolean,
            _ => Kind::Any,
        },
    }
}

fn schema(items: Option<&str>, row: Value, extras: &[(&str, &str)]) -> String {
    let mut schema = match items {
        Some(items) => {
            let rows = json!({ "type": "array", "items": row });
            let mut properties = Map::new();
            properties.insert(last(items).to_owned(), rows);
            properties.insert("next_cursor".to_owned(), json!({ "type": "string" }));
            json!({ "type": "object", "properties": properties, "required": [last(items)] })
        }
        None => row,
    };
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, kind) in extras {
            properties.insert((*name).to_owned(), json!({ "type": kind }));
        }
    }
    schema.to_string()
}

/// The last segment of a dotted path: the name rows go by in the answer.
fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// The schema of one value. What a whole object of the service holds is left open: it is passed on as it came.
fn value(kind: Kind, schema: &Value) -> Value {
    match kind {
        Kind::Any if schema.get("type").is_some_and(|kind| kind == "object") => {
            json!({ "type": "object" })
        }
        Kind::Any => json!({}),
        Kind::String | Kind::Timestamp | Kind::Base64 => json!({ "type": "string" }),
        Kind::Integer => json!({ "type": "integer" }),
        Kind::Seconds | Kind::Number => json!({ "type": "number" }),
        Kind::Boolean => json!({ "type": "boolean" }),
    }
}
