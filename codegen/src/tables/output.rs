//! A tool's answer: which fields of the service's answer it shows, and the schema of that.

use serde_json::{Map, Value, json};

use crate::manifest::{self, Tool};
use crate::spec::Operation;

use super::fields::{fields, last};
use super::input::Visible;
use super::lookup::check_path;
use super::paginate::is_unbounded;
use super::tool_spec::{Condition, Format, Kind, Shape, Source, Wait};
use super::{Room, parts};

pub(super) fn shape(
    room: &mut Room<'_>,
    tool: &Tool,
    operation: &Operation,
    wait: Option<&Wait>,
    list: bool,
    arguments: &[Visible],
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
    let (fields, mut object) = fields(room, &row, &said.fields);
    let each = parts::each(room, tool, &mut object);
    let shown_by = parts::shown_by(room, tool, said, &mut object);
    // Of an answer of which the service tells something, that is shown.
    let silent = room.api.resolve(&row).get("properties").is_none();
    let writes = !matches!(operation.verb.as_str(), "GET" | "HEAD");
    // A poll that asks for what is left, with a value of its own, comes to nothing in the end.
    let polls_rest = |wait: &Wait| {
        let mut polled = wait.poll.arguments.0.iter();
        polled.any(|argument| matches!(argument.source, Source::Constant(_)))
    };
    let empties = match wait {
        Some(wait) => polls_rest(wait),
        None => silent,
    };
    if writes && empties && !list {
        parts::written(arguments, said, &mut object);
    }
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
        each,
        shown_by,
        says: said
            .says
            .iter()
            .map(|(name, text)| (name.clone(), text.clone()))
            .collect(),
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
    let known = operation.paginate.as_ref().map(|known| known.items.clone());
    if is_unbounded(tool, operation) {
        // That is told already; its fields are those of a row all the same.
        return known;
    }
    let at = tool.paginate.as_ref().filter(|_| list)?;
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

fn schema(items: Option<&str>, row: Value, extras: &[(&str, &str)]) -> String {
    let mut schema = match items {
        Some(items) => {
            let rows = json!({ "type": "array", "items": row });
            let mut properties = Map::new();
            properties.insert(last(items).to_owned(), rows);
            properties.insert("next_cursor".to_owned(), json!({ "type": "string" }));
            properties.insert("note".to_owned(), json!({ "type": "string" }));
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
