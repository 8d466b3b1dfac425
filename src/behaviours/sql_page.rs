//! A page of SQL rows as an answer: typed JSON, a markdown table, and what was cut.

use databricks_client::types::{SqlResultManifest, SqlStatementResponse};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::statement;
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Answer};
use crate::waiting::Ended;

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
    /// Values, columns or rows are missing; `note` says how to get them.
    truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Column {
    name: String,
    r#type: String,
}

/// Characters of one value at most.
const CELL: usize = 4_000;

/// Bytes around a value in JSON: its quotes and a comma.
const AROUND: usize = 3;

/// Values as they come; nothing for NULL.
type Row = Vec<Option<String>>;

/// The rows that the caller wants.
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
        Ended::Done(response) => succeeded(context, response, window).await,
        Ended::Unfinished(unfinished) => {
            let statement_id = unfinished.state.statement_id.unwrap_or_default();
            let state = unfinished.state.status.and_then(|status| status.state);
            let state = state.map_or_else(String::new, |state| state.to_string());
            let text = format!(
                "Still {state} after {} s. It goes on in the warehouse; call get_statement with \
                 `statement_id: \"{statement_id}\"` to wait on. Do not run it again.",
                unfinished.within.as_secs(),
            );
            let page = Page {
                statement_id,
                state,
                ..Page::default()
            };
            let structured = super::typed::structured(&page)?;
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
    shown(statement_id, &manifest, rows, offset)
}

/// As much of the rows as fits: the first columns, of these the first rows, of a row too large each value's beginning.
fn shown(
    statement_id: String,
    manifest: &SqlResultManifest,
    mut rows: Vec<Row>,
    offset: u64,
) -> Result<Answer, Error> {
    let mut columns = columns(manifest);
    let all = columns.len();
    let kept = first_columns(&columns, rows.first());
    if kept < all {
        columns.truncate(kept);
        rows.iter_mut().for_each(|row| row.truncate(kept));
    }
    let room = shape::ANSWER_BYTES.saturating_sub(columns.iter().map(column_size).sum());
    let mut rows: Vec<(Row, bool)> = rows.into_iter().map(short).collect();
    if let Some((first, cut)) = rows.first_mut() {
        *cut |= share(first, room);
    }
    let count = shape::first_within(rows.iter().map(|(row, _)| row_size(row)), room);
    rows.truncate(count.max(1));
    let values_cut = rows.iter().any(|(_, cut)| *cut);
    let lines: Vec<String> = rows.iter().map(|(row, _)| line(row)).collect();
    let next = offset + rows.len() as u64;
    let total = manifest.total_row_count.map(statement::unsigned);
    let note = note((kept, all), values_cut, manifest.truncated == Some(true));
    let page = Page {
        rows: rows
            .into_iter()
            .map(|(row, _)| typed(row, &columns))
            .collect(),
        total_rows: total,
        next_offset: total.filter(|total| next < *total).map(|_| next),
        truncated: note.is_some(),
        note,
        state: "SUCCEEDED".to_owned(),
        statement_id,
        columns,
    };
    let structured = super::typed::structured(&page)?;
    let text = text(&page, offset, lines);
    Ok(Answer { text, structured })
}

/// The number of first columns that fit with at least the beginning of their values in the first row; one at least.
fn first_columns(columns: &[Column], first: Option<&Row>) -> usize {
    let cells = first.into_iter().flatten().map(Some);
    let cells = cells.chain(std::iter::repeat(None));
    let sizes = columns.iter().zip(cells).map(|(column, cell)| {
        column_size(column) + cell.map_or(0, |cell| cell_size(cell).min(shape::WHOLE + AROUND))
    });
    shape::first_within(sizes, shape::ANSWER_BYTES)
        .max(1)
        .min(columns.len())
}

/// Bytes of a column where it takes most of them, in the JSON.
fn column_size(column: &Column) -> usize {
    let around = r#"{"name":"","type":""},"#.len();
    shape::text_size(&column.name) + shape::text_size(&column.r#type) + around
}

/// Bytes of a value where it takes most of them, in the JSON.
fn cell_size(cell: &Option<String>) -> usize {
    let null = "NULL".len() - 2;
    cell.as_deref().map_or(null, shape::text_size) + AROUND
}

fn row_size(row: &Row) -> usize {
    row.iter().map(cell_size).sum::<usize>() + AROUND
}

/// Cuts the longest values of a row that alone is too large, to the same length. Returns whether any was cut.
fn share(row: &mut Row, room: usize) -> bool {
    let room = room.saturating_sub(AROUND);
    let level = shape::level(row.iter().map(cell_size), room).saturating_sub(AROUND);
    let mut any = false;
    for cell in row.iter_mut().flatten() {
        if let Some(cut) = shape::beginning(cell, level) {
            *cell = cut;
            any = true;
        }
    }
    any
}

/// A note on what is missing besides later rows, and how to get it.
fn note((kept, all): (usize, usize), values_cut: bool, by_service: bool) -> Option<String> {
    let mut notes = Vec::new();
    if kept < all {
        notes.push(format!(
            "The first {kept} of {all} columns are shown: select the ones you need"
        ));
    }
    if values_cut {
        notes.push(
            "Long values are cut at …: select fewer columns, or parts with substring()".to_owned(),
        );
    }
    if by_service {
        notes.push("The result was cut by the service at its size limit: aggregate, filter or name fewer columns".to_owned());
    }
    (!notes.is_empty()).then(|| notes.join("\n"))
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
            r#type: shape::one_line(&column.type_text.unwrap_or_default(), CELL),
        })
        .collect()
}

fn text(page: &Page, offset: u64, lines: Vec<String>) -> String {
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
    if let Some(note) = &page.note {
        text.push('\n');
        text.push_str(note);
    }
    text
}

/// Cuts long values, so that one cell cannot fill an answer, and says how long they are. Returns whether any was cut.
fn short(mut row: Row) -> (Row, bool) {
    let mut any = false;
    for text in row.iter_mut().flatten() {
        if let Some((at, _)) = text.char_indices().nth(CELL) {
            let length = text.chars().count();
            text.truncate(at);
            text.push_str(&format!(
                "… [{CELL} of {length} characters; use substring() for more]"
            ));
            any = true;
        }
    }
    (row, any)
}

fn line(row: &[Option<String>]) -> String {
    let cells: Vec<Value> = row
        .iter()
        .map(|cell| Value::String(cell.clone().unwrap_or_else(|| "NULL".to_owned())))
        .collect();
    shape::grid_row(cells.iter().map(Some))
}

/// Values come as text whatever their type; those JSON can hold exactly become that.
fn typed(row: Row, columns: &[Column]) -> Vec<Value> {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use serde_json::json;

    use super::*;

    /// The answer to `rows` rows of `columns` columns with the same text in each.
    fn page(columns: usize, rows: usize, text: &str) -> Answer {
        let names: Vec<Value> = (0..columns)
            .map(|nth| json!({"name": format!("c{nth}"), "type_text": "STRING"}))
            .collect();
        let manifest = json!({"schema": {"columns": names}, "total_row_count": rows});
        let manifest: SqlResultManifest = serde_json::from_value(manifest).unwrap();
        let rows = vec![vec![Some(text.to_owned()); columns]; rows];
        let answer = shown("01-a".to_owned(), &manifest, rows, 0).unwrap();
        for length in [answer.text.len(), answer.structured.to_string().len()] {
            assert!(length < shape::ANSWER_BYTES + 500, "{length}");
        }
        answer
    }

    #[test]
    fn a_row_too_large_shares_the_room_among_its_values() {
        let Answer { text, structured } = page(20, 2, &"z".repeat(5_000));
        let row = structured["rows"][0].as_array().unwrap();
        assert_eq!(row.len(), 20);
        let cell = row[19].as_str().unwrap();
        assert!(cell.len() > 900 && cell.ends_with('…'), "{}", cell.len());
        assert_eq!(structured["truncated"], true);
        assert_eq!(structured["next_offset"], 1);
        let note = "Long values are cut at …: select fewer columns, or parts with substring()";
        assert_eq!(structured["note"], note);
        assert!(text.ends_with(note), "{text}");
    }

    #[test]
    fn of_too_many_columns_the_first_are_shown_and_counted() {
        for value in ["1", &"z".repeat(5_000), &"\u{1}".repeat(5_000)] {
            let Answer { text, structured } = page(1_000, 1, value);
            let kept = structured["columns"].as_array().unwrap().len();
            assert!((200..1_000).contains(&kept), "{kept}");
            assert_eq!(structured["rows"][0].as_array().unwrap().len(), kept);
            assert_eq!(structured["truncated"], true);
            let note =
                format!("The first {kept} of 1000 columns are shown: select the ones you need");
            assert!(structured["note"].as_str().unwrap().starts_with(&note));
            assert!(text.contains(&note));
        }
    }

    #[test]
    fn numbers_and_times_are_never_cut() {
        let number = "-12345678901234567890123456789012345678.9";
        assert!(number.len() > shape::WHOLE);
        let number = &number[..shape::WHOLE];
        let answer = page(2_000, 1, number);
        assert_eq!(answer.structured["rows"][0][0], number);
    }

    #[test]
    fn one_long_value_says_that_it_is_cut() {
        let Answer { structured, .. } = page(1, 1, &"é".repeat(4_001));
        assert_eq!(structured["truncated"], true);
        let cell = structured["rows"][0][0].as_str().unwrap();
        assert!(cell.ends_with("… [4000 of 4001 characters; use substring() for more]"));
    }

    #[test]
    fn what_fits_is_whole_and_rows_end_at_the_room() {
        let Answer { structured, .. } = page(2, 10, "x");
        assert_eq!(structured["truncated"], false);
        assert_eq!(structured.get("note"), None);
        let Answer { structured, .. } = page(2, 10_000, "xxxx");
        assert_eq!(structured["truncated"], false);
        assert!(structured["next_offset"].as_u64().unwrap() > 1_000);
    }
}
