//! The cells of a notebook as text: the code, what it printed, its tables, its error.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::model::{Cell, Model};
use crate::behaviours::trace;
use crate::shape;

/// Characters of one output.
const OUTPUT: usize = 6_000;
/// Rows of one table.
const ROWS: usize = 25;
/// Lists of results within lists.
const DEEPEST: usize = 8;

static TAGS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)<(?:style|script)\b.*?</(?:style|script)>|<[^<>]*>").ok());
static BLANK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\s*\n\s*\n\s*").ok());

/// All cells, numbered from 1.
pub(super) fn text(model: &Model) -> String {
    let mut text = String::new();
    for (nth, cell) in model.cells.iter().enumerate() {
        let state = match has_failed(cell) {
            true => " (failed)",
            false => "",
        };
        text.push_str(&format!("--- cell {}{state} ---\n", nth + 1));
        add(&mut text, "", &as_text(&cell.command));
        add(&mut text, "[output]\n", &output(&cell.results));
        add(&mut text, "[error]\n", &error(cell));
    }
    text
}

/// The numbers of the cells that failed.
pub(super) fn failed(model: &Model) -> Vec<usize> {
    let cells = model.cells.iter().enumerate();
    let failed = cells.filter(|(_, cell)| has_failed(cell));
    failed.map(|(nth, _)| nth + 1).collect()
}

fn add(text: &mut String, before: &str, part: &str) {
    let part = part.trim_matches('\n');
    if !part.trim().is_empty() {
        text.push_str(before);
        text.push_str(part);
        text.push('\n');
    }
}

fn has_failed(cell: &Cell) -> bool {
    cell.state.as_str() == Some("error") || !error(cell).trim().is_empty()
}

/// The error of a cell: its innermost cause, and the telling part of its trace.
fn error(cell: &Cell) -> String {
    let of_results = |name: &str| as_text(cell.results.get(name).unwrap_or(&Value::Null));
    let first = |one: String, other: String| if one.trim().is_empty() { other } else { one };
    let is_error = cell.results.get("type").and_then(Value::as_str) == Some("error");
    let summary = first(as_text(&cell.summary), of_results("summary"));
    let mut cause = first(as_text(&cell.error), of_results("cause"));
    if is_error {
        cause = first(cause, of_results("data"));
    }
    let (summary, cause) = (without_tags(&summary), without_tags(&cause));
    let read = trace::read(Some(&summary), Some(&cause));
    let mut lines: Vec<String> = read.cause.into_iter().collect();
    lines.extend(
        read.line
            .into_iter()
            .filter(|line| !summary.contains(line.as_str())),
    );
    let known = lines.clone();
    lines.extend(
        read.excerpt
            .into_iter()
            .filter(|line| !known.contains(line)),
    );
    lines.join("\n")
}

/// What a cell returned: a text, a table, several of them, or what a browser would show.
pub(in crate::behaviours) fn output(results: &Value) -> String {
    nested(results, 0)
}

fn nested(results: &Value, depth: usize) -> String {
    if let Value::Array(parts) = results {
        return several(parts, depth);
    }
    let data = results.get("data").unwrap_or(&Value::Null);
    let kind = results
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match (kind, data) {
        ("error", _) => String::new(),
        ("table", Value::Array(rows)) => table(results.get("schema"), rows),
        (_, Value::Array(parts)) => several(parts, depth),
        (_, Value::Object(by_type)) => bundle(by_type),
        ("image", _) => "[an image]".to_owned(),
        (_, Value::String(text)) => cut(&match kind {
            "html" | "htmlSandbox" => without_tags(text),
            _ => trace::plain(Some(text)),
        }),
        (_, Value::Null) => String::new(),
        (_, other) => cut(&other.to_string()),
    }
}

fn several(parts: &[Value], depth: usize) -> String {
    if depth >= DEEPEST {
        return String::new();
    }
    let shown = parts.iter().map(|part| nested(part, depth + 1));
    let shown: Vec<String> = shown
        .map(|text| text.trim_end().to_owned())
        .filter(|text| !text.is_empty())
        .collect();
    shown.join("\n")
}

/// Of what is there in several forms, the one that is text.
fn bundle(by_type: &serde_json::Map<String, Value>) -> String {
    for (kind, value) in by_type {
        if kind.starts_with("image/") {
            return format!("[an image, {kind}, {} characters]", as_text(value).len());
        }
    }
    let plain = by_type.get("text/plain").map(as_text);
    let html = || {
        by_type
            .get("text/html")
            .map(|html| without_tags(&as_text(html)))
    };
    cut(&plain.or_else(html).unwrap_or_default())
}

fn table(schema: Option<&Value>, rows: &[Value]) -> String {
    let columns = schema.and_then(Value::as_array).map(Vec::as_slice);
    let columns = columns.unwrap_or_default();
    let name = |column: &'_ Value| as_text(column.get("name").unwrap_or(column));
    let names: Vec<String> = columns.iter().map(name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let lines = rows.iter().take(ROWS).map(|row| match row {
        Value::Array(cells) => shape::grid_row(cells.iter().map(Some)),
        Value::Object(cells) => shape::grid_row(names.iter().map(|name| cells.get(*name))),
        other => shape::grid_row([Some(other)]),
    });
    let shown = shape::grid(&names, lines);
    match rows.len() {
        all if all > ROWS => format!("{shown}{ROWS} of {all} rows"),
        _ => shown,
    }
}

fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        // The source of a cell may come line by line.
        Value::Array(lines) => lines.iter().map(as_text).collect(),
        other => other.to_string(),
    }
}

/// The text of a page or a part of one.
pub(in crate::behaviours) fn without_tags(html: &str) -> String {
    let replaced =
        |pattern: &LazyLock<Option<Regex>>, text: &str, with: &str| match pattern.as_ref() {
            Some(pattern) => pattern.replace_all(text, with).into_owned(),
            None => text.to_owned(),
        };
    // A trace that is text has names in brackets, such as `<command-1>`.
    if !html.contains("</") && !html.contains("&lt;") {
        return trace::plain(Some(html));
    }
    let text = replaced(&TAGS, html, "");
    let text = text
        .replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&amp;", "&");
    trace::plain(Some(&replaced(&BLANK, &text, "\n\n")))
}

/// The beginning of a long output.
pub(in crate::behaviours) fn cut(text: &str) -> String {
    let mut kept: String = text.chars().take(OUTPUT).collect();
    if kept.len() < text.len() {
        kept.push_str(&format!("… [{} characters in all]", text.chars().count()));
    }
    kept
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn model(cells: Value) -> Model {
        serde_json::from_value(json!({ "commands": cells })).unwrap()
    }

    #[test]
    fn each_kind_of_output_reads_as_text() {
        let model = model(json!([
            { "command": "print(1)", "results": { "type": "ansi", "data": "\u{1b}[31m1\u{1b}[0m\n" } },
            { "command": "df", "results": { "type": "listResults", "data": [
                { "type": "html", "data": "<style>a{}</style><div class='ansiout'>a &lt; b</div>" },
                { "type": "table", "data": [[1, "x"]], "schema": [{ "name": "n" }, { "name": "t" }] } ] } },
            { "command": "plot()", "results": { "type": "mimeBundle", "data": { "text/plain": "<Figure>", "image/png": "AAAA" } } },
            { "command": ["%sql\n", "SELECT 1"], "results": null }
        ]));
        let text = text(&model);
        assert_eq!(
            text,
            "--- cell 1 ---\nprint(1)\n[output]\n1\n--- cell 2 ---\ndf\n[output]\na < b\n|n|t|\n|---|---|\n|1|x|\n\
             --- cell 3 ---\nplot()\n[output]\n[an image, image/png, 4 characters]\n--- cell 4 ---\n%sql\nSELECT 1\n"
        );
        assert!(failed(&model).is_empty());
    }

    #[test]
    fn a_failed_cell_tells_its_cause_wherever_it_stands() {
        let trace = "ZeroDivisionError  Traceback (most recent call last)\n----> 1 1/0\nZeroDivisionError: division by zero";
        for cell in [
            json!({ "command": "1/0", "state": "error", "errorSummary": "<span>ZeroDivisionError: division by zero</span>", "error": trace }),
            json!({ "command": "1/0", "results": { "type": "error", "summary": "ZeroDivisionError", "cause": trace } }),
            json!({ "command": "1/0", "results": { "type": "error", "data": trace } }),
        ] {
            let model = model(json!([{ "command": "x = 1" }, cell]));
            assert_eq!(failed(&model), [2]);
            let text = text(&model);
            assert!(
                text.contains(
                    "--- cell 2 (failed) ---\n1/0\n[error]\nZeroDivisionError: division by zero"
                ),
                "{text}"
            );
            assert!(text.contains("line 1: 1/0"), "{text}");
        }
    }

    #[test]
    fn long_outputs_are_cut_and_say_so() {
        let rows: Vec<Value> = (0..100).map(|n| json!([n])).collect();
        let model = model(json!([
            { "command": "a", "results": { "type": "ansi", "data": "é".repeat(OUTPUT + 1) } },
            { "command": "b", "results": { "type": "table", "data": rows, "schema": [{ "name": "n" }] } }
        ]));
        let text = text(&model);
        assert!(text.contains("… [6001 characters in all]"));
        assert!(text.contains("25 of 100 rows"));
    }
}
