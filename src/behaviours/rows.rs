//! A page of SQL rows as an answer: typed JSON, a markdown table, and what was cut.

use databricks_client::types::{SqlResultManifest, SqlStatementResponse};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::statement::{self, Ended};
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Answer};

/// What execute_sql and get_statement answer.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Page {
    /// For get_statement.
    statement_id: String,
    /// SUCCEEDED, or PENDING or RUNNING when there was no more time.
    state: String,
    /// Name and SQL type of each column.
    columns: Vec<Column>,
    /// Values in the order of the columns; whole and floating numbers and booleans as such, the rest as text.
    rows: Vec<Vec<Value>>,
    /// Rows of the whole result.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_rows: Option<u64>,
    /// The first row that is not here; the `offset` that goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<u64>,
    /// The service itself cut the result at its size limit.
    truncated: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Column {
    name: String,
    r#type: String,
}

/// Characters of one value at most.
const CELL: usize = 4_000;

/// Which rows the caller wants.
pub(super) struct Window {
    pub(super) offset: u64,
    pub(super) rows: usize,
}

/// Waits for a statement and shows the rows of the window.
pub(super) async fn answer(
    context: &Context,
    response: SqlStatementResponse,
    window: Window,
) -> Result<Answer, Error> {
    match statement::wait(context, response).await? {
        Ended::Succeeded(response) => succeeded(context, *response, window).await,
        Ended::Running {
            statement_id,
            state,
        } => {
            let text = format!(
                "Still {state} after {} s. It goes on in the warehouse; call get_statement with \
                 `statement_id: \"{statement_id}\"` to wait on. Do not run it again.",
                statement::ANSWER_WITHIN.as_secs(),
            );
            let page = Page {
                statement_id,
                state,
                ..Page::default()
            };
            let structured = super::structured(&page)?;
            Ok(Answer { text, structured })
        }
    }
}

async fn succeeded(
    context: &Context,
    response: SqlStatementResponse,
    window: Window,
) -> Result<Answer, Error> {
    let statement_id = response.statement_id.unwrap_or_default();
    let manifest = response.manifest.unwrap_or_default();
    let first = response.result.unwrap_or_default();
    let Window {
        offset,
        rows: wanted,
    } = window;
    let rows = statement::rows(context, &statement_id, &manifest, first, offset, wanted).await?;
    let rows: Vec<Vec<Option<String>>> = rows.into_iter().map(short).collect();
    let columns = columns(&manifest);
    let lines: Vec<String> = rows.iter().map(|row| line(row)).collect();
    let count = shape::fit_rows(&lines);
    let total = manifest.total_row_count.map(statement::unsigned);
    let next = offset + count as u64;
    let page = Page {
        rows: rows
            .into_iter()
            .take(count)
            .map(|row| typed(row, &columns))
            .collect(),
        total_rows: total,
        next_offset: total.filter(|total| next < *total).map(|_| next),
        truncated: manifest.truncated == Some(true),
        state: "SUCCEEDED".to_owned(),
        statement_id,
        columns,
    };
    let structured = super::structured(&page)?;
    let text = text(&page, offset, lines.into_iter().take(count));
    Ok(Answer { text, structured })
}

fn columns(manifest: &SqlResultManifest) -> Vec<Column> {
    let columns = manifest
        .schema
        .as_ref()
        .and_then(|schema| schema.columns.clone());
    columns
        .unwrap_or_default()
        .into_iter()
        .map(|column| Column {
            name: column.name.unwrap_or_default(),
            r#type: column.type_text.unwrap_or_default(),
        })
        .collect()
}

fn text(page: &Page, offset: u64, lines: impl Iterator<Item = String>) -> String {
    if page.columns.is_empty() {
        return "Done; the statement returns no rows.".to_owned();
    }
    let names: Vec<&str> = page
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let mut text = shape::grid(&names, lines);
    let total = page.total_rows.unwrap_or_default();
    let shown = page.rows.len() as u64;
    text.push_str(&match page.next_offset {
        Some(next) => format!(
            "rows {} to {next} of {total}; get_statement with `statement_id: \"{}\"`, `offset: {next}` reads on",
            offset + 1,
            page.statement_id,
        ),
        None if offset > 0 && shown == 0 => format!("no row at offset {offset} of {total}"),
        None if offset > 0 => format!("rows {} to {} of {total}", offset + 1, offset + shown),
        None if shown == 1 => "1 row".to_owned(),
        None => format!("{shown} rows"),
    });
    if page.truncated {
        text.push_str("\nThe result was cut by the service at its size limit: aggregate, filter or name fewer columns");
    }
    text
}

/// Cuts long values, so that one cell cannot fill an answer, and says how long they are.
fn short(row: Vec<Option<String>>) -> Vec<Option<String>> {
    let cut = |text: String| match text.char_indices().nth(CELL) {
        Some((at, _)) => {
            let (head, length) = (text.get(..at).unwrap_or_default(), text.chars().count());
            format!("{head}… [{CELL} of {length} characters; use substring() for more]")
        }
        None => text,
    };
    row.into_iter().map(|cell| cell.map(cut)).collect()
}

fn line(row: &[Option<String>]) -> String {
    let cells: Vec<Value> = row
        .iter()
        .map(|cell| Value::String(cell.clone().unwrap_or_else(|| "NULL".to_owned())))
        .collect();
    shape::grid_row(cells.iter().map(Some))
}

/// Values come as text whatever their type; those JSON can hold exactly become that.
fn typed(row: Vec<Option<String>>, columns: &[Column]) -> Vec<Value> {
    let types = columns
        .iter()
        .map(|column| column.r#type.as_str())
        .chain(std::iter::repeat(""));
    let value = |(text, kind): (Option<String>, &str)| {
        let Some(text) = text else {
            return Value::Null;
        };
        let read = match kind {
            "BIGINT" | "INT" | "SMALLINT" | "TINYINT" => text.parse::<i64>().ok().map(Value::from),
            // NaN and the infinities have no JSON number.
            "DOUBLE" | "FLOAT" => text.parse::<f64>().ok().and_then(finite),
            "BOOLEAN" => text.parse::<bool>().ok().map(Value::Bool),
            _ => None,
        };
        read.unwrap_or(Value::String(text))
    };
    row.into_iter().zip(types).map(value).collect()
}

fn finite(number: f64) -> Option<Value> {
    serde_json::Number::from_f64(number).map(Value::Number)
}
