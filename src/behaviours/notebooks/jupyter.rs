//! A Jupyter document as cells that a person reads: source, and on request what was printed, shown and drawn.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::behaviours::{export_run, trace};
use crate::shape::Image;

/// Images of one answer.
const MOST_IMAGES: usize = 4;
/// Characters of the images of one answer as base64; beyond that clients refuse answers.
const LARGEST_IMAGES: usize = 2_000_000;
/// The form in which this service keeps tables.
const TABLE: &str = "application/vnd.databricks.v1+output";
/// Kinds of images that clients show.
const DRAWN: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// A Jupyter document, as far as it is shown.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    cells: Vec<Cell>,
}

#[derive(Debug, Deserialize)]
struct Cell {
    #[serde(default)]
    cell_type: String,
    #[serde(default)]
    source: Value,
    #[serde(default)]
    outputs: Vec<Value>,
}

/// One cell as text, with its images in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) images: Vec<Image>,
}

impl Document {
    /// Reads a document; none where the text is no such thing.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The cell of this number, from 1.
    pub(super) fn cell(&self, number: usize, with_outputs: bool) -> Shown {
        let Some(cell) = number.checked_sub(1).and_then(|at| self.cells.get(at)) else {
            return Shown::default();
        };
        let kind = match cell.cell_type.as_str() {
            "code" | "" => String::new(),
            other => format!(" ({other})"),
        };
        let mut shown = Shown {
            text: format!("--- cell {number}{kind} ---\n"),
            images: Vec::new(),
        };
        shown.add(&as_text(&cell.source));
        if with_outputs && !cell.outputs.is_empty() {
            shown.text.push_str("[output]\n");
            for output in &cell.outputs {
                shown.output(output);
            }
        }
        shown
    }
}

impl Shown {
    fn add(&mut self, part: &str) {
        let part = part.trim_matches('\n');
        if !part.is_empty() {
            self.text.push_str(part);
            self.text.push('\n');
        }
    }

    fn output(&mut self, output: &Value) {
        let field = |name: &str| output.get(name).map(as_text).unwrap_or_default();
        match output.get("output_type").and_then(Value::as_str) {
            Some("stream") => {
                let text = trace::plain(Some(&field("text")));
                self.add(&export_run::cut(&text));
            }
            Some("error") => {
                let lines = output.get("traceback").and_then(Value::as_array);
                let lines: Vec<String> = lines.into_iter().flatten().map(as_text).collect();
                let trace = trace::plain(Some(&lines.join("\n")));
                self.add(&format!("[error] {}: {}", field("ename"), field("evalue")));
                self.add(&export_run::cut(&trace));
            }
            _ => {
                if let Some(Value::Object(data)) = output.get("data") {
                    self.data(data);
                }
            }
        }
    }

    /// Of what is there in several forms, the image and else the one that reads best.
    fn data(&mut self, data: &Map<String, Value>) {
        if let Some((kind, image)) = DRAWN
            .iter()
            .find_map(|kind| Some((*kind, data.get(*kind)?)))
        {
            let base64: String = as_text(image).split_whitespace().collect();
            self.add(&format!("[image: {kind}, {} bytes]", base64.len() / 4 * 3));
            self.images.push(Image {
                mime_type: kind.to_owned(),
                base64,
            });
            return;
        }
        let form = |kind: &str| data.get(kind).map(as_text);
        let table = data.get(TABLE).map(export_run::output);
        let text = table
            .filter(|table| !table.is_empty())
            .or_else(|| form("text/markdown"))
            .or_else(|| form("text/plain"))
            .or_else(|| form("text/html").map(|html| export_run::without_tags(&html)))
            .or_else(|| form("application/json"));
        match text {
            Some(text) => self.add(&export_run::cut(&trace::plain(Some(&text)))),
            None => {
                let kinds: Vec<&str> = data.keys().map(String::as_str).collect();
                self.add(&format!("[{}, not shown]", kinds.join(", ")));
            }
        }
    }
}

/// The first images that an answer has room for, and a sentence on those that are left out.
pub(super) fn within_room(images: Vec<Image>) -> (Vec<Image>, Option<String>) {
    let (mut room, all) = (LARGEST_IMAGES, images.len());
    let mut shown = Vec::new();
    for image in images {
        if image.base64.len() <= room && shown.len() < MOST_IMAGES {
            room -= image.base64.len();
            shown.push(image);
        }
    }
    let left_out = all - shown.len();
    let note = (left_out > 0)
        .then(|| format!("images not shown: {left_out} of {all}; ask for fewer cells to see them"));
    (shown, note)
}

/// A text that may come line by line.
fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().map(as_text).collect(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn document() -> Document {
        let document = json!({ "nbformat": 4, "metadata": {}, "cells": [
            { "cell_type": "markdown", "metadata": {}, "source": ["# Title\n", "text"] },
            { "cell_type": "code", "source": "plot()", "outputs": [
                { "output_type": "stream", "name": "stdout", "text": ["\u{1b}[31mred\u{1b}[0m\n"] },
                { "output_type": "display_data", "data": { "text/plain": ["<Figure>"], "image/png": "AAAA\nBBBB\n" } },
                { "output_type": "execute_result", "data": { "text/html": "<b>a &lt; b</b>" } },
                { "output_type": "display_data", "data": { "text/html": "<table></table>",
                    "application/vnd.databricks.v1+output": { "type": "table", "data": [[1, "x"]],
                        "schema": [{ "name": "n" }, { "name": "t" }] } } },
                { "output_type": "display_data", "data": { "application/x-odd": {} } },
                { "output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["line 1", "line 2"] },
            ] },
        ] });
        Document::read(document.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn cells_read_as_text_and_outputs_come_on_request() {
        let document = document();
        assert_eq!(
            document.cell(1, true).text,
            "--- cell 1 (markdown) ---\n# Title\ntext\n"
        );
        let without = document.cell(2, false);
        assert_eq!(without.text, "--- cell 2 ---\nplot()\n");
        assert!(without.images.is_empty());
        let with = document.cell(2, true);
        assert_eq!(
            with.text,
            "--- cell 2 ---\nplot()\n[output]\nred\n[image: image/png, 6 bytes]\na < b\n|n|t|\n|---|---|\n|1|x|\n\
             [application/x-odd, not shown]\n[error] ValueError: no\nline 1\nline 2\n"
        );
        assert_eq!(with.images.len(), 1);
        assert_eq!(with.images.first().unwrap().base64, "AAAABBBB");
        assert_eq!(document.cell(3, true), Shown::default());
    }

    #[test]
    fn images_beyond_the_room_are_counted() {
        let image = |size: usize| Image {
            mime_type: "image/png".to_owned(),
            base64: "A".repeat(size),
        };
        let (shown, note) = within_room(vec![image(LARGEST_IMAGES + 1), image(4), image(4)]);
        assert_eq!(shown.len(), 2);
        assert!(note.unwrap().starts_with("images not shown: 1 of 3"));
        assert_eq!(within_room(vec![image(4); MOST_IMAGES]).1, None);
    }
}
