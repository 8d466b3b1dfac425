//! A SQL statement under way: waiting for it, fetching its rows. Shared by the SQL behaviours.

use std::time::Duration;

use databricks_client::types::{
    SqlResultData, SqlResultManifest, SqlStatementResponse, SqlStatementState,
};

use crate::context::Context;
use crate::error::Error;

/// Answer before clients give up near 60 s.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(45);

/// What ends sooner needs no progress report.
const WORTH_REPORTING: Duration = Duration::from_millis(300);

/// How waiting for a statement ended.
pub(super) enum Ended {
    /// It has a result.
    Succeeded(Box<SqlStatementResponse>),
    /// There is no more time; it goes on in the warehouse.
    Running {
        /// What to ask for later.
        statement_id: String,
        /// PENDING or RUNNING.
        state: String,
    },
}

/// Waits until the statement ends, there is no more time, or the client cancels, which cancels it upstream.
pub(super) async fn wait(
    context: &Context,
    mut response: SqlStatementResponse,
) -> Result<Ended, Error> {
    let client = context.client();
    let statement_id = response.statement_id.clone().unwrap_or_default();
    for poll in 0.. {
        let status = response.status.clone().unwrap_or_default();
        let state = status
            .state
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        match status.state {
            Some(SqlStatementState::Succeeded) => return Ok(Ended::Succeeded(Box::new(response))),
            Some(SqlStatementState::Pending | SqlStatementState::Running) => {}
            _ => {
                let error = status.error.unwrap_or_default();
                return Err(failed(
                    &statement_id,
                    &state,
                    &error.message.unwrap_or_default(),
                ));
            }
        }
        if context.since.elapsed() >= WORTH_REPORTING {
            let progress = format!("{state}: statement {statement_id}");
            context.progress.report(progress).await;
        }
        if context.since.elapsed() >= ANSWER_WITHIN {
            return Ok(Ended::Running {
                statement_id,
                state,
            });
        }
        if !context.pause(poll).await {
            cancel(context, &statement_id).await?;
            return Err(Error::Cancelled {
                what: format!("statement {statement_id}"),
            });
        }
        response = client
            .statement_execution_get_statement(&statement_id)
            .await
            .map_err(|error| {
                let error = context
                    .workspace
                    .error("statement_execution.get_statement", error);
                lost(&statement_id, &error)
            })?
            .into_inner();
    }
    Err(Error::Internal {
        reason: "waiting for a statement ended without an outcome".to_owned(),
    })
}

/// The statement may go on, though it cannot be asked for: its id must not be lost.
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

async fn cancel(context: &Context, statement_id: &str) -> Result<(), Error> {
    let client = context.client();
    client
        .statement_execution_cancel_execution(statement_id, &serde_json::Map::new())
        .await
        .map_err(|error| {
            context
                .workspace
                .error("statement_execution.cancel_execution", error)
        })?;
    tracing::info!(statement_id, "cancelled upstream");
    Ok(())
}

/// The rows `offset..offset + count` of a result, from as few chunks as hold them.
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
    loop {
        let start = chunk.row_offset.map_or(0, unsigned);
        let next = chunk.next_chunk_index.map(unsigned);
        for (number, row) in (start..).zip(chunk.data_array.unwrap_or_default()) {
            if number >= offset && rows.len() < count {
                rows.push(row);
            }
        }
        let next = match next {
            Some(next) if rows.len() < count => next.max(chunk_of(manifest, offset)),
            _ => return Ok(rows),
        };
        chunk = client
            .statement_execution_get_statement_result_chunk_n(statement_id, next.cast_signed())
            .await
            .map_err(|error| {
                let operation = "statement_execution.get_statement_result_chunk_n";
                lost(statement_id, &context.workspace.error(operation, error))
            })?
            .into_inner();
    }
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

/// Counts are never negative; one that is counts as none.
pub(super) fn unsigned(count: impl Into<i64>) -> u64 {
    u64::try_from(count.into()).unwrap_or(0)
}

/// What the service says about a failed statement, without the statement it quotes back.
fn failed(statement_id: &str, state: &str, message: &str) -> Error {
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
        what: format!("statement {statement_id}"),
        state: state.to_owned(),
        message: message.to_owned(),
        hint: hint.map(ToOwned::to_owned),
    }
}
