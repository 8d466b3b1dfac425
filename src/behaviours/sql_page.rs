//! A page of SQL rows as an answer: typed JSON, a markdown table, and what was cut.

use databricks_client::types::{SqlResultManifest, SqlStatementResponse, SqlStatementState};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::chunks::{self, Source, Span};
use super::json_rows::Row;
use super::statement;
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::shape::{self, Answer};
use crate::waiting::{Ended, Patience};

/// What execute_sql and get_statement answer.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Page {
    /// For get_statement.
    statement_id: String,
    /// SUCCEEDED; CLOSED, which succeeded too; or PENDING or RUNNING when there was no more time.
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
    /// The warehouse that was chosen, where none was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    warehouse_id: Option<String>,
    /// Where the whole result was saved; `rows` are its first then.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Bytes that were saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// For get_transfer, while the result is being saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer_id: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Column {
    name: String,
    r#type: String,
    /// `string` where whole numbers come as text, since some are beyond ±(2^53 − 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    encoded: Option<&'static str>,
}

impl Column {
    /// True for a count of the rows that a statement wrote, such as `num_affected_rows`, which stays without a value
    /// where the service does not tell it.
    fn counts(&self) -> bool {
        self.name.starts_with("num_") && self.name.ends_with("_rows")
    }
}

/// The largest whole number that a client in JavaScript reads exactly.
const EXACT: u64 = (1 << 53) - 1;

/// The state of a statement that succeeded and whose result was handed over or put away.
pub(super) const CLOSED: &str = "CLOSED";

/// What is said of columns that the service has named by their numbers.
const UNNAMED: &str = "The columns have no names: if the file's first line holds them, read it by \
                       `read_files('<path>', format => 'csv', header => true)`";

/// Characters of one value at most.
const CELL: usize = 4_000;

/// Bytes around a value in JSON: its quotes and a comma.
const AROUND: usize = 3;

/// Bytes of rows to read for one answer: far more than it shows, as long values are cut.
const FETCHED: usize = 1 << 20;

/// The rows that the caller wants.
pub(super) struct Window {
    pub(super) offset: u64,
    pub(super) rows: usize,
    /// Bytes that they may take.
    pub(super) bytes: usize,
    /// Seconds that the caller waits for them.
    pub(super) wait: Option<f64>,
}

/// Waits for a statement and shows the rows of the window.
pub(super) async fn answer(
    context: &Context,
    response: SqlStatementResponse,
    window: &Window,
) -> Result<Answer, Error> {
    let ended = wait(context, response, None, window).await?;
    shown_at_end(context, ended, window).await
}

/// Waits for a statement as long as the window's caller does.
pub(super) async fn wait(
    context: &Context,
    response: SqlStatementResponse,
    warehouse: Option<&str>,
    window: &Window,
) -> Result<Ended<SqlStatementResponse>, Error> {
    let patience = Patience::of_seconds(window.wait);
    statement::wait(context, response, warehouse, patience).await
}

/// Shows the rows of the window, or how to wait on.
pub(super) async fn shown_at_end(
    context: &Context,
    ended: Ended<SqlStatementResponse>,
    window: &Window,
) -> Result<Answer, Error> {
    match ended {
        Ended::Done(response) => succeeded(context, response, window).await,
        Ended::Unfinished(unfinished) => {
            let statement_id = unfinished.state.statement_id.unwrap_or_default();
            let state = unfinished.state.status.and_then(|status| status.state);
            let state = state.map_or_else(String::new, |state| state.to_string());
            // What the warehouse does stands between the state and the statement.
            let of = format!(": statement {statement_id}");
            let said = unfinished.described.strip_suffix(&of).unwrap_or(&state);
            let compute = said.split_once(", ").map(|(_, said)| said.to_owned());
            let of_compute = compute.as_ref().map(|said| format!(" ({said})"));
            let text = format!(
                "Still {state}{} after {} s. It goes on in the warehouse; call get_statement with \
                 `statement_id: \"{statement_id}\"` to wait on. Do not run it again.",
                of_compute.unwrap_or_default(),
                unfinished.within.as_secs(),
            );
            let page = Page {
                statement_id,
                state,
                note: compute,
                ..Page::default()
            };
            let structured = super::typed::structured(&page)?;
            Ok(Answer::new(text, structured))
        }
    }
}

/// Adds a sentence to an answer.
pub(super) fn add_note(answer: &mut Answer, said: &str) {
    answer.text.push('\n');
    answer.text.push_str(said);
    if let Some(page) = answer.structured.as_object_mut() {
        let note = page.get("note").and_then(Value::as_str);
        let note = note.map_or_else(|| said.to_owned(), |note| format!("{note}\n{said}"));
        page.insert("note".to_owned(), note.into());
    }
}

async fn succeeded(
    context: &Context,
    response: SqlStatementResponse,
    window: &Window,
) -> Result<Answer, Error> {
    let statement_id = response.statement_id.unwrap_or_default();
    let manifest = response.manifest.unwrap_or_default();
    let first = response.result.unwrap_or_default();
    let &Window {
        offset,
        rows: wanted,
        bytes,
        wait: _,
    } = window;
    let state = response.status.and_then(|status| status.state);
    let closed = state == Some(SqlStatementState::Closed);
    let rows = if closed {
        chunks::rows_of(first, offset, wanted)
    } else {
        let source = Source {
            context,
            statement_id: &statement_id,
            manifest: &manifest,
        };
        let span = Span {
            offset,
            rows: wanted as u64,
            bytes: FETCHED,
        };
        chunks::rows(source, first, span).await?
    };
    let of = Of {
        statement_id,
        manifest: &manifest,
        closed,
        bytes,
        most: context
            .workspace
            .transport
            .statements()
            .rows
            .map(|rows| rows as u64),
    };
    shown(&of, rows, offset)
}

/// The result that rows are of.
struct Of<'a> {
    statement_id: String,
    manifest: &'a SqlResultManifest,
    /// The service has handed the result over, so that nothing more can be read.
    closed: bool,
    /// Bytes that may be shown of it.
    bytes: usize,
    /// Rows that the user lets a statement return.
    most: Option<u64>,
}

/// The first rows of a result, within `bytes`.
pub(super) fn preview(
    statement_id: &str,
    manifest: &SqlResultManifest,
    rows: Vec<Row>,
    bytes: usize,
) -> Result<Answer, Error> {
    let of = Of {
        statement_id: statement_id.to_owned(),
        manifest,
        closed: false,
        bytes,
        most: None,
    };
    shown(&of, rows, 0)
}

/// As much of the rows as fits: the first columns, of these the first rows, of a row too large each value's beginning.
fn shown(of: &Of<'_>, mut rows: Vec<Row>, offset: u64) -> Result<Answer, Error> {
    let manifest = of.manifest;
    let fetched = rows.len();
    let mut columns = columns(manifest);
    let all = columns.len();
    let kept = first_columns(&columns, rows.first(), of.bytes);
    if kept < all {
        columns.truncate(kept);
        rows.iter_mut().for_each(|row| row.truncate(kept));
    }
    let room = of
        .bytes
        .saturating_sub(columns.iter().map(column_size).sum());
    let mut rows: Vec<(Row, bool)> = rows.into_iter().map(short).collect();
    if let Some((first, cut)) = rows.first_mut() {
        *cut |= share(first, room);
    }
    let count = shape::first_within(rows.iter().map(|(row, _)| row_size(row)), room);
    rows.truncate(count.max(1));
    let values_cut = rows.iter().any(|(_, cut)| *cut);
    let lines: Vec<String> = rows.iter().map(|(row, _)| line(row)).collect();
    let next = offset + rows.len() as u64;
    let total = manifest.total_row_count.map(chunks::unsigned);
    encode(&mut columns, &rows);
    let shown = rows.len() as u64;
    let unknown = rows.len() < fetched || (of.closed && fetched == 0);
    let missing = total.map_or(unknown, |total| next < total);
    // An offset that stands still would be read for ever.
    let goes_on = missing && shown > 0 && !of.closed;
    let mut page = Page {
        rows: rows
            .into_iter()
            .map(|(row, _)| typed(row, &columns))
            .collect(),
        total_rows: total,
        next_offset: goes_on.then_some(next),
        truncated: false,
        note: None,
        warehouse_id: None,
        path: None,
        bytes: None,
        transfer_id: None,
        state: if of.closed { CLOSED } else { "SUCCEEDED" }.to_owned(),
        statement_id: of.statement_id.clone(),
        columns,
    };
    let extent = extent(&page, offset, missing);
    let by_service = (manifest.truncated == Some(true)).then(|| cut_by_service(total, of.most));
    let cuts = note((kept, all), values_cut, by_service);
    let rest = missing.then(|| extent.clone());
    let notes: Vec<String> = rest.into_iter().chain(cuts.clone()).collect();
    page.truncated = !notes.is_empty();
    page.note = page.truncated.then(|| notes.join("\n"));
    let structured = super::typed::structured(&page)?;
    let text = text(&page, &extent, cuts.as_deref(), lines);
    let mut answer = Answer::new(text, structured);
    if are_unnamed(&page.columns) {
        add_note(&mut answer, UNNAMED);
    }
    Ok(answer)
}

/// True for the columns of a CSV file of which no name is known.
fn are_unnamed(columns: &[Column]) -> bool {
    /// What the service adds to them.
    const RESCUED: &str = "_rescued_data";
    let own = columns.iter().filter(|column| column.name != RESCUED);
    let mut nths = own.clone().enumerate();
    own.count() > 0 && nths.all(|(nth, column)| column.name == format!("_c{nth}"))
}

/// The number of first columns that fit with at least the beginning of their values in the first row; one at least.
fn first_columns(columns: &[Column], first: Option<&Row>, bytes: usize) -> usize {
    let cells = first.into_iter().flatten().map(Some);
    let cells = cells.chain(std::iter::repeat(None));
    let sizes = columns.iter().zip(cells).map(|(column, cell)| {
        column_size(column) + cell.map_or(0, |cell| cell_size(cell).min(shape::WHOLE + AROUND))
    });
    shape::first_within(sizes, bytes).max(1).min(columns.len())
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

/// A sentence on a result that the service has cut.
fn cut_by_service(total: Option<u64>, most: Option<u64>) -> String {
    match most.filter(|most| total.is_some_and(|total| total >= *most)) {
        Some(most) => format!(
            "The result was cut at {most} rows, the most that the user allows by `DATABRICKS_MCP_SQL_ROWS`: aggregate \
             or filter"
        ),
        None => format!(
            "The result was cut by the service at its size limit: aggregate, filter or name fewer columns; {}",
            hints::result_too_large()
        ),
    }
}

/// A note on what is missing besides later rows, and how to get it.
fn note(
    (kept, all): (usize, usize),
    values_cut: bool,
    by_service: Option<String>,
) -> Option<String> {
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
    notes.extend(by_service);
    (!notes.is_empty()).then(|| notes.join("\n"))
}

pub(super) fn columns(manifest: &SqlResultManifest) -> Vec<Column> {
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
            encoded: None,
        })
        .collect()
}

/// What is said of a statement that is `CLOSED` and has no rows with it.
pub(super) fn handed_over() -> String {
    format!(
        "The statement succeeded, but its rows can no longer be read: the service has handed them over and closed the \
         result; {}",
        hints::result_gone()
    )
}

/// The rows that are here, of how many, and how to read those that are `missing`.
fn extent(page: &Page, offset: u64, missing: bool) -> String {
    let shown = page.rows.len() as u64;
    let all = page.total_rows;
    let of = all.map_or_else(String::new, |all| format!(" of {all}"));
    let (first, last) = (offset + 1, offset + shown);
    match page.next_offset {
        Some(next) => format!(
            "rows {first} to {next}{of}; get_statement with `statement_id: \"{}\"`, `offset: {next}` reads on",
            page.statement_id,
        ),
        None if page.state == CLOSED && missing && shown == 0 => handed_over(),
        None if page.state == CLOSED && missing => format!(
            "rows {first} to {last}{of}; the others can no longer be read, since the service has closed the result; {}",
            hints::result_too_large()
        ),
        None if missing => format!(
            "The statement succeeded, but none of its rows{of} is in the answer at offset {offset}. If it only reads, \
             execute_sql with the same `statement` gets them inline"
        ),
        None if offset > 0 && shown == 0 => format!("no row at offset {offset}{of}"),
        None if offset > 0 => format!("rows {first} to {last}{of}"),
        None => shape::counted(shown, "row"),
    }
}

fn text(page: &Page, extent: &str, cuts: Option<&str>, lines: Vec<String>) -> String {
    if page.columns.is_empty() {
        return match page.truncated {
            true => extent.to_owned(),
            false => "Done; the statement returns no rows.".to_owned(),
        };
    }
    if page.rows.is_empty() && !page.truncated && page.columns.iter().all(Column::counts) {
        return "Done; the service does not tell how many rows it wrote.".to_owned();
    }
    let names: Vec<&str> = page
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let mut text = shape::grid(&names, lines);
    text.push_str(extent);
    if let Some(cuts) = cuts {
        text.push('\n');
        text.push_str(cuts);
    }
    text
}

/// Marks the columns whose whole numbers come as text: some client would round one of them.
pub(super) fn encode(columns: &mut [Column], rows: &[(Row, bool)]) {
    for (nth, column) in columns.iter_mut().enumerate() {
        let large = |(row, _): &(Row, bool)| {
            let number = row
                .get(nth)
                .and_then(|cell| cell.as_ref()?.parse::<i64>().ok());
            number.is_some_and(|number| number.unsigned_abs() > EXACT)
        };
        if column.r#type == "BIGINT" && rows.iter().any(large) {
            column.encoded = Some("string");
        }
    }
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
pub(super) fn typed(row: Row, columns: &[Column]) -> Vec<Value> {
    let types = columns
        .iter()
        .map(|column| (column.r#type.as_str(), column.encoded.is_some()))
        .chain(std::iter::repeat(("", false)));
    let value = |(text, (kind, encoded)): (Option<String>, (&str, bool))| {
        let Some(text) = text else {
            return Value::Null;
        };
        let read = match kind {
            _ if encoded => None,
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
#[path = "sql_page_tests.rs"]
mod tests;
