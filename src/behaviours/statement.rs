//! A SQL statement under way: waiting for it, fetching its rows. Shared by the SQL behaviours.

use std::borrow::Cow;
use std::time::Duration;

use databricks_client::StatementExecutionGetStatementResultChunkNParams;
use databricks_client::types::{SqlResultData, SqlResultManifest, SqlStatementResponse};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::transport::typed_answer;
use crate::waiting::{self, Ended, Known, Work};

/// Waits until the statement ends, there is no more time, or the client cancels, which cancels it upstream.
pub(super) async fn wait(
    context: &Context,
    response: SqlStatementResponse,
) -> Result<Ended<SqlStatementResponse>, Error> {
    let started = standing(&response);
    let statement = Statement {
        context,
        known: Known::started(
            "statement_execution.execute_statement",
            &Map::new(),
            &started,
        )
        .map_err(hints::may_have_started)?,
        id: started.statement_id.unwrap_or_default(),
    };
    // A statement of which only the id is known is asked for.
    let first = response.status.is_some().then_some(response);
    waiting::until_ended(&statement, context, first).await
}

/// The answer without the rows it may hold.
fn standing(response: &SqlStatementResponse) -> SqlStatementResponse {
    SqlStatementResponse {
        statement_id: response.statement_id.clone(),
        status: response.status.clone(),
        ..SqlStatementResponse::default()
    }
}

struct Statement<'a> {
    context: &'a Context,
    known: Known,
    id: String,
}

impl Work for Statement<'_> {
    type State = SqlStatementResponse;

    const QUIET: Duration = Duration::from_millis(300);

    fn known(&self) -> &Known {
        &self.known
    }

    async fn ask(&self) -> Result<SqlStatementResponse, Error> {
        get(self.context, &self.id).await
    }

    async fn cancel(&self) -> Result<(), Error> {
        let (client, nothing) = (self.context.client(), Map::new());
        let called = client.statement_execution_cancel_execution(&self.id, &nothing);
        typed_answer("statement_execution.cancel_execution", called.await)
    }

    fn view<'a>(&self, state: &'a SqlStatementResponse) -> Result<Cow<'a, Value>, Error> {
        super::typed::structured(&standing(state)).map(Cow::Owned)
    }

    fn what(&self) -> String {
        format!("statement {}", self.id)
    }

    fn describe(&self, view: &Value) -> String {
        format!("{}: {}", self.known.describe(view), self.what())
    }

    fn failed(&self, view: &Value) -> Error {
        failed(self.what(), self.known.failed(view))
    }

    fn lost(&self, error: &Error) -> Error {
        lost(&self.id, error)
    }
}

/// Asks for a statement.
pub(super) async fn get(
    context: &Context,
    statement_id: &str,
) -> Result<SqlStatementResponse, Error> {
    let client = context.client();
    let called = client.statement_execution_get_statement(statement_id);
    typed_answer("statement_execution.get_statement", called.await)
}

/// The error when a statement cannot be asked for. It may go on, so its id must not be lost.
fn lost(statement_id: &str, error: &Error) -> Error {
    Error::Failed {
        what: format!("statement {statement_id}"),
        state: "unknown".to_owned(),
        message: format!("it cannot be asked for: {error}"),
        hint: Some(format!(
            "it may go on in the warehouse, do not run it again; get_statement tells: {{\"statement_id\":\"{statement_id}\"}}"
        )),
    }
}

/// Fetches the rows `offset..offset + count` of a result, from as few chunks as hold them.
pub(super) async fn rows(
    context: &Context,
    statement_id: &str,
    manifest: &SqlResultManifest,
    first: SqlResultData,
    offset: u64,
    count: usize,
) -> Result<Vec<Vec<Option<String>>>, Error> {
    let client = context.client();
    let mut rows = Vec::new();
    let mut chunk = first;
    let mut read = None;
    loop {
        let next = chunk.next_chunk_index.map(unsigned);
        rows.extend(rows_of(chunk, offset, count - rows.len()));
        let next = match next {
            Some(next) if rows.len() < count => next.max(chunk_of(manifest, offset)),
            _ => return Ok(rows),
        };
        // A chunk that leads to itself or back would be read for ever.
        if read.is_some_and(|read| next <= read) {
            return Ok(rows);
        }
        read = Some(next);
        let operation = "statement_execution.get_statement_result_chunk_n";
        let called = client
            .statement_execution_get_statement_result_chunk_n(
                StatementExecutionGetStatementResultChunkNParams {
                    statement_id,
                    chunk_index: next.cast_signed(),
                },
            )
            .await;
        chunk = typed_answer(operation, called).map_err(|error| lost(statement_id, &error))?;
    }
}

/// The rows `offset..` of the result that a chunk holds, `count` at most.
pub(super) fn rows_of(chunk: SqlResultData, offset: u64, count: usize) -> Vec<Vec<Option<String>>> {
    let start = chunk.row_offset.map_or(0, unsigned);
    let rows = (start..).zip(chunk.data_array.unwrap_or_default());
    let rows = rows.filter(|(number, _)| *number >= offset);
    rows.map(|(_, row)| row).take(count).collect()
}

/// The chunk that holds the row, as far as the manifest lists its chunks.
fn chunk_of(manifest: &SqlResultManifest, row: u64) -> u64 {
    let chunks = manifest.chunks.as_deref().unwrap_or_default();
    chunks
        .iter()
        .filter(|chunk| chunk.row_offset.is_some_and(|start| unsigned(start) <= row))
        .filter_map(|chunk| chunk.chunk_index.map(unsigned))
        .max()
        .unwrap_or(0)
}

/// A count, which is never negative; one that is counts as none.
pub(super) fn unsigned(count: impl Into<i64>) -> u64 {
    u64::try_from(count.into()).unwrap_or(0)
}

/// The error of a failed statement, without the statement that the service quotes back.
fn failed(what: String, error: Error) -> Error {
    let Error::Failed { state, message, .. } = error else {
        return error;
    };
    let message = message.split("== SQL ==").next().unwrap_or_default().trim();
    let hint = match message {
        m if m.contains("[TABLE_OR_VIEW_NOT_FOUND]") => {
            Some("list_tables shows the tables of a schema; write catalog.schema.table")
        }
        m if m.contains("[SCHEMA_NOT_FOUND]") => {
            Some("list_schemas shows the schemas of a catalog")
        }
        m if m.contains("[UNRESOLVED_COLUMN") => Some("get_table shows the columns of a table"),
        m if m.contains("[PARSE_SYNTAX_ERROR]") => {
            Some("the statement is Databricks SQL; send one statement at a time")
        }
        _ => None,
    };
    Error::Failed {
        what,
        state,
        message: message.to_owned(),
        hint: hint.map(ToOwned::to_owned),
    }
}
