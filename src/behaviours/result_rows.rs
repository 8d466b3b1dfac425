//! Rows of a statement's result as data, for whoever reads them by their address.

use databricks_client::types::SqlStatementState;
use serde_json::Value;

use super::chunks::{self, Source, Span, unsigned};
use super::json_rows::Row;
use super::sql_page::{self, columns, encode, typed};
use super::statement;
use crate::context::Context;
use crate::error::Error;
use crate::shape;

/// Rows that are read at once.
const ROWS: u64 = 10_000;

/// Bytes that they take at most, but one row always comes.
const BYTES: usize = 4 << 20;

/// Rows of a result.
#[derive(Debug)]
pub struct ResultRows {
    /// Name and type of each column.
    pub columns: Value,
    /// The rows, as many as fit.
    pub rows: Vec<Vec<Value>>,
    /// Rows of the whole result.
    pub total: u64,
}

/// Reads `count` rows of a statement that has succeeded, from the row `first` on, or as many of them as fit.
///
/// # Errors
/// The statement has not succeeded, its rows are gone, or the service refuses.
pub async fn result_rows(
    context: &Context,
    statement_id: &str,
    first: u64,
    count: u64,
) -> Result<ResultRows, Error> {
    let response = statement::get(context, statement_id).await?;
    let state = response.status.and_then(|status| status.state);
    if state != Some(SqlStatementState::Succeeded) {
        let state = state.map_or_else(|| "unknown".to_owned(), |state| state.to_string());
        return Err(Error::Failed {
            what: format!("reading rows of statement {statement_id}"),
            message: match state.as_str() {
                "PENDING" | "RUNNING" => "it has no rows yet".to_owned(),
                sql_page::CLOSED => "it succeeded, but its rows cannot be read any more".to_owned(),
                _ => "its rows cannot be read any more".to_owned(),
            },
            state,
            hint: None,
        });
    }
    let manifest = response.manifest.unwrap_or_default();
    let chunk = response.result.unwrap_or_default();
    let total = manifest.total_row_count.map_or(0, unsigned);
    let wanted = count.min(ROWS).min(total.saturating_sub(first));
    let mut rows: Vec<Row> = Vec::new();
    if wanted > 0 {
        let source = Source {
            context,
            statement_id,
            manifest: &manifest,
        };
        let span = Span {
            offset: first,
            rows: wanted,
            bytes: BYTES,
        };
        rows = chunks::rows(source, chunk, span).await?;
    }
    let size = |row: &Row| {
        row.iter()
            .flatten()
            .map(|cell| cell.len() + 3)
            .sum::<usize>()
    };
    let fits = shape::first_within(rows.iter().map(size), BYTES).max(1);
    rows.truncate(fits);
    let mut columns = columns(&manifest);
    let mut rows: Vec<(Row, bool)> = rows.into_iter().map(|row| (row, false)).collect();
    encode(&mut columns, &rows);
    Ok(ResultRows {
        rows: rows
            .drain(..)
            .map(|(row, _)| typed(row, &columns))
            .collect(),
        columns: super::typed::structured(&columns)?,
        total,
    })
}
