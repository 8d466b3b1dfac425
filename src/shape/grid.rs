//! Flat rows as a markdown table.

use std::borrow::Cow;

use serde_json::Value;

/// Bytes for which a line has room at first.
const LINE: usize = 160;

/// A markdown table of `rows` under `names`.
#[must_use]
pub fn grid(names: &[&str], rows: impl IntoIterator<Item = String>) -> String {
    let mut text = String::from("|");
    for name in names {
        text.push_str(&escape(name));
        text.push('|');
    }
    text.push('\n');
    text.push_str(&"|---".repeat(names.len()));
    text.push_str("|\n");
    let rows: Vec<String> = rows.into_iter().collect();
    text.reserve(rows.iter().map(String::len).sum());
    text.extend(rows);
    text
}

/// One line of the table.
#[must_use]
pub fn row<'a>(cells: impl IntoIterator<Item = Option<&'a Value>>) -> String {
    let mut line = String::with_capacity(LINE);
    line.push('|');
    for value in cells {
        line.push_str(&value.map_or(Cow::Borrowed(""), cell));
        line.push('|');
    }
    line.push('\n');
    line
}

/// A value as a cell: strings bare, nothing for null, the rest as JSON.
fn cell(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => escape(text),
        other => Cow::Owned(escape(&other.to_string()).into_owned()),
    }
}

/// Keeps a cell on its line and in its column.
fn escape(text: &str) -> Cow<'_, str> {
    let ends = ['\n', '\r', '\u{2028}', '\u{2029}'];
    let plain = memchr::memchr3(b'|', b'\n', b'\r', text.as_bytes()).is_none();
    if plain && (text.is_ascii() || !text.contains(ends)) {
        return Cow::Borrowed(text);
    }
    let line = text.replace('|', "\\|").replace("\r\n", " ");
    Cow::Owned(line.replace(ends, " "))
}
