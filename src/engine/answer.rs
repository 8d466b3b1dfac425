//! What an agent reads of what came: one object, one long text, or a list.

use serde_json::{Map, Value, json};

use super::pages::Rows;
use crate::catalog::{Format, Shape};
use crate::shape::{self, Answer};

/// The answer that shows one object.
pub(super) fn one(shape: &Shape, answer: &Value, arguments: &Map<String, Value>) -> Answer {
    let mut shown = shape::object(answer, shape.fields);
    if shape.format == Format::Plain {
        return plain(shape, shown, arguments);
    }
    shape::fit_json(&mut shown);
    if shown == json!({}) {
        // The service says nothing more than that it did it.
        return Answer {
            text: "Done".to_owned(),
            structured: shown,
        };
    }
    Answer::json(shown)
}

/// The answer that is one long text: as much as fits, and where to go on.
fn plain(shape: &Shape, mut shown: Value, arguments: &Map<String, Value>) -> Answer {
    let name = shape.fields.first().map_or("", |field| field.name);
    let whole = shape::text_at(&shown, name);
    let offset = arguments.get("offset").and_then(Value::as_u64).unwrap_or(0);
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let part = shape::cut_text(&whole, offset);
    let (total, end) = (
        whole.chars().count(),
        offset.saturating_add(part.chars().count()),
    );
    let mut text = part.to_owned();
    if let Some(object) = shown.as_object_mut() {
        object.insert(name.to_owned(), json!(part));
        if end < total {
            object.insert("next_offset".to_owned(), json!(end));
            object.insert("total_characters".to_owned(), json!(total));
            text.push_str(&format!(
                "\n[characters {offset} to {end} of {total}; `offset: {end}` goes on]"
            ));
        }
    }
    Answer {
        text,
        structured: shown,
    }
}

/// The answer that lists rows: as many as fit, and the cursor of the rest.
pub(super) fn list(shape: &Shape, format: Format, names: &[&str], found: &Rows) -> Answer {
    let key = shape.items.rsplit('.').next().unwrap_or(shape.items);
    let lines: Vec<String> = match format {
        Format::Grid => found
            .rows
            .iter()
            .map(|row| shape::grid_row(names.iter().map(|name| row.get(name))))
            .collect(),
        Format::Json | Format::Plain => found.rows.iter().map(|row| format!("{row}\n")).collect(),
    };
    let count = shape::fit_rows(&lines);
    let cursor = found.cursor(count);
    let lines = lines.into_iter().take(count);
    let rows: Vec<&Value> = found.rows.iter().take(count).collect();
    let mut structured = json!({ key: rows });
    let mut text = match format {
        _ if count == 0 => shape.empty.to_owned(),
        Format::Grid => shape::grid(names, lines),
        Format::Json | Format::Plain => lines.collect(),
    };
    if let (Some(cursor), Some(object)) = (cursor, structured.as_object_mut()) {
        let line = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        text.push_str(&format!(
            "{line}{count} rows, more follow: `cursor: \"{cursor}\"`\n"
        ));
        object.insert("next_cursor".to_owned(), json!(cursor));
    }
    Answer { text, structured }
}
