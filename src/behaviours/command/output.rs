//! What a command returned, by its type: text, a table, images.

use databricks_client::types::ComputeCommandStatusResponse;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::{trace, typed::structured};
use super::image::{self, Images};
use crate::error::Error;
use crate::shape::{self, Answer};

/// The output of a command, as a client reads it.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Output {
    /// Of the command.
    id: String,
    /// Finished, or Running where there was no more time.
    status: String,
    /// text, table, image or images.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<String>,
    /// What it printed; the rows of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    /// Columns of a table.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    schema: Vec<Column>,
    /// Images, whose bytes come beside this.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<Drawn>,
    /// The service has cut it.
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Why the context is still there, where it could not be closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) left_behind: Option<String>,
    /// How to go on where there was no more time: tool and arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    resume: Option<Map<String, Value>>,
    #[serde(skip)]
    drawn: Vec<shape::Image>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Column {
    name: String,
    r#type: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Drawn {
    mime_type: String,
    bytes: usize,
}

impl Output {
    /// The output of a command that has finished.
    pub(super) fn of(id: &str, finished: ComputeCommandStatusResponse) -> Self {
        let results = finished.results.unwrap_or_default();
        let kind = results.result_type.as_ref().map(ToString::to_string);
        let is_image = kind
            .as_deref()
            .is_some_and(|kind| kind.starts_with("image"));
        let Images { shown, notes } = if is_image {
            image::read(&results)
        } else {
            Images::default()
        };
        let data = results.data.filter(|_| !is_image).map(|data| match data {
            Value::String(text) => Value::String(plain(&text)),
            other => other,
        });
        Self {
            id: id.to_owned(),
            status: finished
                .status
                .map(|status| status.to_string())
                .unwrap_or_default(),
            r#type: kind,
            data,
            schema: results.schema.iter().flatten().map(column).collect(),
            images: shown
                .iter()
                .map(|one| Drawn {
                    mime_type: one.mime_type.clone(),
                    bytes: one.base64.len() / 4 * 3,
                })
                .collect(),
            truncated: results.truncated.filter(|cut| *cut),
            note: (!notes.is_empty()).then(|| notes.join("; ")),
            drawn: shown,
            ..Self::default()
        }
    }

    /// The answer: a table as a table, text as text, images beside it.
    pub(super) fn answer(self) -> Result<Answer, Error> {
        let mut shown = structured(&self)?;
        shape::fit_json(&mut shown);
        let mut text = match (self.schema.as_slice(), shown.get("data")) {
            (columns @ [_, ..], Some(Value::Array(rows))) => table(columns, rows),
            (_, Some(Value::String(text))) if text.is_empty() => "It printed nothing.".to_owned(),
            (_, Some(Value::String(text))) => text.clone(),
            (_, Some(Value::Null) | None) if self.drawn.is_empty() => {
                "It returned nothing.".to_owned()
            }
            (_, Some(Value::Null) | None) => String::new(),
            (_, Some(other)) => other.to_string(),
        };
        let mut line = |words: &str| {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(words);
        };
        for one in &self.images {
            line(&format!("[image: {}, {} bytes]", one.mime_type, one.bytes));
        }
        if self.truncated.is_some() {
            line("[truncated: the service has cut it]");
        }
        for name in ["cut", "note", "left_behind"] {
            let said = shape::text_at(&shown, name);
            if !said.is_empty() {
                line(&format!("[{name}: {said}]"));
            }
        }
        line(&format!("[command {}: {}]", self.id, self.status));
        let mut answer = Answer::new(text, shown);
        answer.images = self.drawn;
        Ok(answer)
    }
}

/// A table, as tables of SQL are shown.
fn table(columns: &[Column], rows: &[Value]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let lines = rows.iter().map(|row| {
        let cells = row.as_array().map(Vec::as_slice).unwrap_or_default();
        let null = Value::String("NULL".to_owned());
        let cells: Vec<Value> = cells
            .iter()
            .map(|cell| {
                if cell.is_null() {
                    null.clone()
                } else {
                    cell.clone()
                }
            })
            .collect();
        shape::grid_row(cells.iter().map(Some))
    });
    let mut text = shape::grid(&names, lines);
    text.push_str(&shape::counted(rows.len(), "row"));
    text
}

/// A column, whose type the service writes as JSON within JSON.
fn column(said: &Map<String, Value>) -> Column {
    let text = |name: &str| match said.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let kind = text("type");
    let plain: Option<String> = serde_json::from_str(&kind).ok();
    Column {
        name: text("name"),
        r#type: plain.unwrap_or(kind),
    }
}

/// Text without the colours of a terminal.
pub(super) fn plain(text: &str) -> String {
    trace::plain(Some(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use serde_json::json;

    use super::*;

    fn answer(results: Value) -> Answer {
        let said = json!({"id": "c1", "status": "Finished", "results": results});
        Output::of("c1", serde_json::from_value(said).unwrap())
            .answer()
            .unwrap()
    }

    #[test]
    fn each_type_is_shown_as_what_it_is() {
        let text = answer(json!({"resultType": "text", "data": "\u{1b}[31mhi\u{1b}[0m"}));
        assert_eq!(text.text, "hi\n[command c1: Finished]");
        let table = answer(json!({
            "resultType": "table",
            "data": [[1, null], [2, "b|c"]],
            "schema": [{"name": "n", "type": "\"long\"", "metadata": "{}"}, {"name": "t", "type": "\"string\""}]
        }));
        assert_eq!(
            table.text,
            "|n|t|\n|---|---|\n|1|NULL|\n|2|b\\|c|\n2 rows\n[command c1: Finished]"
        );
        assert_eq!(
            table.structured["schema"][0],
            json!({"name": "n", "type": "long"})
        );
        let image =
            answer(json!({"resultType": "image", "fileName": "data:image/png;base64,AAAA"}));
        assert_eq!(
            image.text,
            "[image: image/png, 3 bytes]\n[command c1: Finished]"
        );
        assert_eq!(image.images.len(), 1);
        assert!(!image.structured.to_string().contains("AAAA"));
        let nothing = answer(json!({"resultType": "text", "data": ""}));
        assert!(
            nothing.text.starts_with("It printed nothing."),
            "{}",
            nothing.text
        );
    }

    #[test]
    fn a_long_table_is_cut_and_says_so() {
        let rows: Vec<Value> = (0..5_000)
            .map(|n| json!([n, "some words that take room"]))
            .collect();
        let table = answer(json!({
            "resultType": "table", "data": rows, "schema": [{"name": "n", "type": "\"long\""}, {"name": "t", "type": "\"string\""}]
        }));
        assert!(table.text.contains("[cut: "), "{}", table.text);
        assert!(table.text.len() < 30_000);
    }
}
