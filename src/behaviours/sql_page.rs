//! A page of SQL rows as an answer: typed JSON, a markdown table, and what was cut.

use databricks_client::types::{SqlResultManifest, SqlStatementResponse, SqlStatementState};
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
}

#[derive(Debug, Serialize, JsonSchema)]
struct Column {
    name: String,
    r#type: String,
    /// `string` where whole numbers come as text, since some are beyond ±(2^53 − 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    encoded: Option<&'static str>,
}

/// The largest whole number that a client in JavaScript reads exactly.
const EXACT: u64 = (1 << 53) - 1;

/// The state of a statement that succeeded and whose result was handed over or put away.
const CLOSED: &str = "CLOSED";

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
    window: &Window,
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
    window: &Window,
) -> Result<Answer, Error> {
    let statement_id = response.statement_id.unwrap_or_default();
    let manifest = response.manifest.unwrap_or_default();
    let first = response.result.unwrap_or_default();
    let &Window {
        offset,
        rows: wanted,
    } = window;
    let state = response.status.and_then(|status| status.state);
    let closed = state == Some(SqlStatementState::Closed);
    let rows = if closed {
        statement::rows_of(first, offset, wanted)
    } else {
        statement::rows(context, &statement_id, &manifest, first, offset, wanted).await?
    };
    let of = Of {
        statement_id,
        manifest: &manifest,
        closed,
    };
    shown(&of, rows, offset)
}

/// The result that rows are of.
struct Of<'a> {
    statement_id: String,
    manifest: &'a SqlResultManifest,
    /// The service has handed the result over, so that nothing more can be read.
    closed: bool,
}

/// As much of the rows as fits: the first columns, of these the first rows, of a row too large each value's beginning.
fn shown(of: &Of<'_>, mut rows: Vec<Row>, offset: u64) -> Result<Answer, Error> {
    let manifest = of.manifest;
    let fetched = rows.len();
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
        state: if of.closed { CLOSED } else { "SUCCEEDED" }.to_owned(),
        statement_id: of.statement_id.clone(),
        columns,
    };
    let extent = extent(&page, offset, missing);
    let cuts = note((kept, all), values_cut, manifest.truncated == Some(true));
    let rest = missing.then(|| extent.clone());
    let notes: Vec<String> = rest.into_iter().chain(cuts.clone()).collect();
    page.truncated = !notes.is_empty();
    page.note = page.truncated.then(|| notes.join("\n"));
    let structured = super::typed::structured(&page)?;
    let text = text(&page, &extent, cuts.as_deref(), lines);
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
            encoded: None,
        })
        .collect()
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
        None if page.state == CLOSED && missing && shown == 0 => {
            "The statement succeeded, but its rows can no longer be read: the service has handed them over and closed \
             the result. A query can be run again with execute_sql"
                .to_owned()
        }
        None if page.state == CLOSED && missing => format!(
            "rows {first} to {last}{of}; the others can no longer be read, since the service has closed the result: \
             aggregate, filter or name fewer columns"
        ),
        None if missing => format!(
            "The statement succeeded, but none of its rows{of} is in the answer at offset {offset}: a result by external \
             links lies in files, which are not read here. A query can be run again with execute_sql, which gets rows inline"
        ),
        None if offset > 0 && shown == 0 => format!("no row at offset {offset}{of}"),
        None if offset > 0 => format!("rows {first} to {last}{of}"),
        None if shown == 1 => "1 row".to_owned(),
        None => format!("{shown} rows"),
    }
}

fn text(page: &Page, extent: &str, cuts: Option<&str>, lines: Vec<String>) -> String {
    if page.columns.is_empty() {
        return match page.truncated {
            true => extent.to_owned(),
            false => "Done; the statement returns no rows.".to_owned(),
        };
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
fn encode(columns: &mut [Column], rows: &[(Row, bool)]) {
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
fn typed(row: Row, columns: &[Column]) -> Vec<Value> {
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
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use serde_json::json;

    use super::*;

    fn of(manifest: &SqlResultManifest, closed: bool) -> Of<'_> {
        Of {
            statement_id: "01-a".to_owned(),
            manifest,
            closed,
        }
    }

    /// A result of one column, of which these rows can be read.
    fn bigints(total: usize, values: &[&str], closed: bool) -> Answer {
        let columns = json!([{"name": "n", "type_text": "BIGINT"}]);
        let manifest = json!({"schema": {"columns": columns}, "total_row_count": total});
        let manifest: SqlResultManifest = serde_json::from_value(manifest).unwrap();
        let rows = values.iter().map(|value| vec![Some((*value).to_owned())]);
        shown(&of(&manifest, closed), rows.collect(), 0).unwrap()
    }

    #[test]
    fn whole_numbers_that_clients_round_come_as_text_and_the_column_says_so() {
        let small = bigints(2, &["9007199254740991", "-9007199254740991"], false);
        assert_eq!(small.structured["rows"][0][0], json!(EXACT));
        assert_eq!(small.structured["columns"][0].get("encoded"), None);
        for large in [
            "9007199254740992",
            "-9007199254740992",
            "-9223372036854775808",
        ] {
            let answer = bigints(2, &["5", large], false);
            assert_eq!(answer.structured["rows"], json!([["5"], [large]]));
            assert_eq!(answer.structured["columns"][0]["encoded"], "string");
        }
    }

    #[test]
    fn rows_that_cannot_be_read_have_no_offset_that_reads_on() {
        for closed in [true, false] {
            let Answer { text, structured } = bigints(4, &[], closed);
            assert_eq!(structured.get("next_offset"), None);
            assert_eq!(structured["truncated"], true);
            let note = structured["note"].as_str().unwrap();
            assert!(text.ends_with(note) && note.contains("succeeded"), "{text}");
        }
        let Answer { structured, .. } = bigints(4, &["1", "2"], true);
        assert_eq!(structured.get("next_offset"), None);
        assert_eq!(structured["state"], CLOSED);
        assert!(
            structured["note"]
                .as_str()
                .unwrap()
                .starts_with("rows 1 to 2 of 4; the others")
        );
    }

    /// The answer to `rows` rows of `columns` columns with the same text in each.
    fn page(columns: usize, rows: usize, text: &str) -> Answer {
        let names: Vec<Value> = (0..columns)
            .map(|nth| json!({"name": format!("c{nth}"), "type_text": "STRING"}))
            .collect();
        let manifest = json!({"schema": {"columns": names}, "total_row_count": rows});
        let manifest: SqlResultManifest = serde_json::from_value(manifest).unwrap();
        let rows = vec![vec![Some(text.to_owned()); columns]; rows];
        let answer = shown(&of(&manifest, false), rows, 0).unwrap();
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
        let cut = "Long values are cut at …: select fewer columns, or parts with substring()";
        let note = structured["note"].as_str().unwrap();
        assert!(
            note.starts_with("rows 1 to 1 of 2; get_statement") && note.ends_with(cut),
            "{note}"
        );
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
        assert_eq!(structured["truncated"], true);
        let next = structured["next_offset"].as_u64().unwrap();
        assert!(next > 1_000);
        let note = structured["note"].as_str().unwrap();
        assert!(
            note.starts_with(&format!("rows 1 to {next} of 10000; ")),
            "{note}"
        );
    }
}
