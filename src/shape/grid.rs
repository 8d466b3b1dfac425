//! Flat rows as a markdown table.

use std::borrow::Cow;

use serde_json::Value;

/// A markdown table of `rows` under `names`.
#[must_use]
pub fn grid(names: &[&str], rows: impl IntoIterator<Item = String>) -> String {
    let mut text = line(names.iter().map(|name| escape(name)));
    text.push_str(&"|---".repeat(names.len()));
    text.push_str("|\n");
    text.extend(rows);
    text
}

/// One line of the table.
#[must_use]
pub fn row<'a>(cells: impl IntoIterator<Item = Option<&'a Value>>) -> String {
    line(
        cells
            .into_iter()
            .map(|value| Cow::Owned(value.map_or_else(String::new, cell))),
    )
}

/// A value as a cell: strings bare, nothing for null, the rest as JSON.
#[must_use]
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => escape(text).into_owned(),
        other => escape(&other.to_string()).into_owned(),
    }
}

fn line<'a>(cells: impl Iterator<Item = Cow<'a, str>>) -> String {
    let mut line = String::from("|");
    for cell in cells {
        line.push_str(&cell);
        line.push('|');
    }
    line.push('\n');
    line
}

/// Keeps a cell on its line and in its column.
fn escape(text: &str) -> Cow<'_, str> {
    if text.contains(['|', '\n', '\r']) {
        Cow::Owned(
            text.replace('|', "\\|")
                .replace("\r\n", " ")
                .replace(['\n', '\r'], " "),
        )
    } else {
        Cow::Borrowed(text)
    }
}
