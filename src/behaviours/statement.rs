//! A SQL statement under way: waiting for it, fetching its rows. Shared by the SQL behaviours.

use std::borrow::Cow;
use std::time::Duration;

use databricks_client::StatementExecutionGetStatementResultChunkNParams;
use databricks_client::types::{
    SqlExternalLink, SqlResultData, SqlResultManifest, SqlStatementResponse,
};
use serde_json::{Map, Value};

use super::links;
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::progress::Share;
use crate::transport::typed_answer;
use crate::waiting::{self, Ended, Known, Patience, Work};

/// Waits until the statement ends, there is no more time, or the client cancels, which cancels it upstream.
pub(super) async fn wait(
    context: &Context,
    response: SqlStatementResponse,
    patience: Patience,
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
        patience,
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
    patience: Patience,
}

impl Work for Statement<'_> {
    type State = SqlStatementResponse;

    const QUIET: Duration = Duration::from_millis(300);

    fn known(&self) -> &Known {
        &self.known
    }

    fn patience(&self) -> Patience {
        self.patience
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
) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    let mut chunk = first;
    let mut read = None;
    let (mut fetched, total) = (0, chunks_of(manifest, offset, count));
    loop {
        let next = next_of(&chunk);
        if total > 1 {
            let share = Share::of(fetched, total.max(fetched));
            let said = format!("{fetched} of {total} chunks: statement {statement_id}");
            context.progress.report(said, share).await;
            fetched += 1;
        }
        let wanted = Wanted {
            offset,
            count: count - rows.len(),
        };
        rows.extend(rows_in(context, statement_id, manifest, chunk, wanted).await?);
        let next = match next {
            Some(next) if rows.len() < count => next.max(chunk_of(manifest, offset)),
            _ => return Ok(rows),
        };
        // A chunk that leads to itself or back would be read for ever.
        if read.is_some_and(|read| next <= read) {
            return Ok(rows);
        }
        read = Some(next);
        chunk = chunk_n(context, statement_id, next).await?;
    }
}

/// One row, as the service writes it: every value as text.
pub(super) type Row = Vec<Option<String>>;

/// The rows that are wanted of a result.
#[derive(Clone, Copy)]
struct Wanted {
    offset: u64,
    count: usize,
}

/// The wanted rows of a chunk, from the answer or from the files that it links to. A link to rows that are not
/// wanted is not followed; one that has expired is asked for once more.
async fn rows_in(
    context: &Context,
    statement_id: &str,
    manifest: &SqlResultManifest,
    mut chunk: SqlResultData,
    Wanted { offset, count }: Wanted,
) -> Result<Vec<Row>, Error> {
    let links = chunk.external_links.take().unwrap_or_default();
    if links.is_empty() {
        return Ok(rows_of(chunk, offset, count));
    }
    let mut rows = Vec::new();
    for link in links {
        let start = link.row_offset.map_or(0, unsigned);
        let end = link.row_count.map(|count| start + unsigned(count));
        if rows.len() >= count || end.is_some_and(|end| end <= offset) {
            continue;
        }
        let format = manifest.format.as_ref();
        let file = match links::rows(context, &link, format).await {
            Err(Error::Api { .. }) => {
                let nth = link.chunk_index.map_or(0, unsigned);
                let again = chunk_n(context, statement_id, nth).await?;
                let fresh = again.external_links.and_then(|links| {
                    let same = |one: &SqlExternalLink| one.row_offset == link.row_offset;
                    links.into_iter().find(same)
                });
                let fresh = fresh.unwrap_or(link);
                links::rows(context, &fresh, format).await
            }
            read => read,
        };
        let file = file.map_err(|error| lost_rows(statement_id, &error))?;
        let wanted = (start..).zip(file).filter(|(number, _)| *number >= offset);
        rows.extend(wanted.map(|(_, row)| row).take(count - rows.len()));
    }
    Ok(rows)
}

/// The chunk that follows, which a link may tell in place of its chunk.
fn next_of(chunk: &SqlResultData) -> Option<u64> {
    let links = chunk.external_links.iter().flatten();
    let told = links.rev().find_map(|link| link.next_chunk_index);
    chunk.next_chunk_index.or(told).map(unsigned)
}

async fn chunk_n(context: &Context, statement_id: &str, nth: u64) -> Result<SqlResultData, Error> {
    let client = context.client();
    let called = client.statement_execution_get_statement_result_chunk_n(
        StatementExecutionGetStatementResultChunkNParams {
            statement_id,
            chunk_index: nth.cast_signed(),
        },
    );
    let operation = "statement_execution.get_statement_result_chunk_n";
    typed_answer(operation, called.await).map_err(|error| lost(statement_id, &error))
}

/// The error when a statement succeeded and its rows cannot be read.
fn lost_rows(statement_id: &str, error: &Error) -> Error {
    Error::Failed {
        what: format!("statement {statement_id}"),
        state: "SUCCEEDED".to_owned(),
        message: format!("its rows cannot be read: {error}"),
        hint: Some(format!(
            "the statement need not run again: get_statement reads its rows, {{\"statement_id\":\"{statement_id}\"}}; \
             rows behind links need a way from this machine to the workspace's storage"
        )),
    }
}

/// The rows `offset..` of the result that a chunk holds, `count` at most.
pub(super) fn rows_of(chunk: SqlResultData, offset: u64, count: usize) -> Vec<Row> {
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

/// The chunks that hold these rows, as far as the manifest lists them.
fn chunks_of(manifest: &SqlResultManifest, offset: u64, count: usize) -> u64 {
    let last = offset.saturating_add(count as u64).saturating_sub(1);
    chunk_of(manifest, last).saturating_sub(chunk_of(manifest, offset)) + 1
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
        hint: hint
            .map(ToOwned::to_owned)
            .or_else(|| hints::of_statement(message)),
    }
}
