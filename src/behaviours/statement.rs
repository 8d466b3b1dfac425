//! A SQL statement under way: waiting for it, fetching its rows. Shared by the SQL behaviours.

use std::borrow::Cow;
use std::time::Duration;

use databricks_client::types::{
    SqlStatementResponse, SqlStatementState, StatementExecutionExecuteStatementRequest,
};
use serde_json::{Map, Value};

use super::compute::{Compute, Of};
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::transport::typed_answer;
use crate::waiting::{self, Ended, Known, Patience, Work};

/// Sends a statement to its warehouse.
pub(super) async fn submit(
    context: &Context,
    request: &StatementExecutionExecuteStatementRequest,
) -> Result<SqlStatementResponse, Error> {
    if context.cancel.is_cancelled() {
        return Err(Error::Cancelled {
            what: "the statement was not sent".to_owned(),
        });
    }
    let client = context.client();
    let called = client.statement_execution_execute_statement(request);
    typed_answer("statement_execution.execute_statement", called.await)
        .map_err(hints::may_have_started)
}

/// Waits until the statement ends, there is no more time, or the client cancels, which cancels it upstream.
pub(super) async fn wait(
    context: &Context,
    response: SqlStatementResponse,
    warehouse: Option<&str>,
    patience: Patience,
) -> Result<Ended<SqlStatementResponse>, Error> {
    let started = standing(&response);
    let id = started.statement_id.clone().unwrap_or_default();
    let of = warehouse.map_or_else(|| Of::Statement(id.clone()), Of::Warehouse);
    let statement = Statement {
        context,
        known: Known::started(
            "statement_execution.execute_statement",
            &Map::new(),
            &started,
        )
        .map_err(hints::may_have_started)?,
        id,
        patience,
        compute: Compute::new(context, of),
    };
    // A statement of which only the id is known is asked for.
    let first = response.status.is_some().then_some(response);
    let ended = waiting::until_ended(&statement, context, first).await?;
    let Ended::Unfinished(mut unfinished) = ended else {
        return Ok(ended);
    };
    // Who does not wait is told all the same that the warehouse starts.
    if is_pending(&unfinished.state) && statement.compute.said().is_none() {
        statement.compute.look_now().await;
        unfinished.described =
            statement.describe(&super::typed::structured(&standing(&unfinished.state))?);
    }
    Ok(Ended::Unfinished(unfinished))
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
    compute: Compute<'a>,
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
        let response = get(self.context, &self.id).await?;
        self.compute.look(is_pending(&response)).await;
        Ok(response)
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
        let compute = self.compute.said();
        let compute = compute.map_or_else(String::new, |said| format!(", {said}"));
        format!("{}{compute}: {}", self.known.describe(view), self.what())
    }

    fn failed(&self, view: &Value) -> Error {
        failed(self.what(), self.known.failed(view))
    }

    fn lost(&self, error: &Error) -> Error {
        lost(&self.id, error)
    }
}

/// Returns whether a statement waits for its warehouse.
fn is_pending(response: &SqlStatementResponse) -> bool {
    let state = response.status.as_ref();
    state.and_then(|status| status.state.as_ref()) == Some(&SqlStatementState::Pending)
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
pub(super) fn lost(statement_id: &str, error: &Error) -> Error {
    Error::Failed {
        what: format!("statement {statement_id}"),
        state: "unknown".to_owned(),
        message: format!("it cannot be asked for: {error}"),
        hint: Some(format!(
            "it may go on in the warehouse, do not run it again; get_statement tells: {{\"statement_id\":\"{statement_id}\"}}"
        )),
    }
}

/// True for what the service says of a result that is too large to come inline.
pub(super) fn is_too_large(message: &str) -> bool {
    message.contains("disposition=EXTERNAL_LINKS")
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
            .or_else(|| is_too_large(message).then(hints::result_too_large))
            .or_else(|| hints::of_statement(message)),
    }
}
