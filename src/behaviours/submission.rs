//! A SQL statement on its way to a warehouse: the one that is named, or the first that can be used.

use std::pin::Pin;

use databricks_client::WarehousesListParams;
use databricks_client::types::{
    SqlDisposition, SqlEndpointInfo, SqlExecuteStatementRequestOnWaitTimeout, SqlFormat, SqlState,
    SqlStatementParameterListItem, SqlStatementResponse, StatementExecutionExecuteStatementRequest,
};
use serde_json::{Map, Value};

use super::guards;
use super::missing_name::{self, Defaults};
use super::sql_page::{self, Window};
use super::statement;
use crate::context::Context;
use crate::error::Error;
use crate::policy;
use crate::shape::Answer;
use crate::transport::typed_answer;
use crate::waiting::Ended;

/// The service holds no answer back, so that the statement's id is there at once for a cancel.
const HOLD: &str = "0s";
/// Kept below the 25 MiB at which an inline result fails, so that it is cut and says so.
const BYTES: i64 = 16 << 20;
/// What is said of a query that ran again.
const AGAIN: &str = "The result is too large for one answer, so the query ran a second time, with its rows in files: this \
                     `statement_id` reads all of them";
/// Warehouses that are tried after one that cannot be used.
const OTHERS: usize = 3;

/// A statement under way: submitted, waited for, read.
pub(super) type Attempted<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A way to submit a statement to one warehouse and to go on with it.
pub(super) type Attempt<W, T> = for<'a> fn(
    &'a Context,
    &'a StatementExecutionExecuteStatementRequest,
    &'a W,
) -> Attempted<'a, T>;

/// The warehouse that statements go to, and the defaults for the names in them.
#[derive(Debug, Clone)]
pub(super) struct Submission {
    catalog: Option<String>,
    schema: Option<String>,
    warehouse_id: String,
    /// The whole result is wanted in this format: its rows come by links, without a limit.
    pub(super) whole: Option<SqlFormat>,
    /// The caller has named the warehouse.
    named: bool,
    /// Warehouses that were tried before, and why they could not be used.
    refusals: Vec<String>,
}

impl Submission {
    /// Chooses the warehouse where the caller names none. Nothing is submitted yet.
    pub(super) async fn to(
        context: &Context,
        warehouse_id: Option<String>,
        catalog: Option<String>,
        schema: Option<String>,
    ) -> Result<Self, Error> {
        let named = warehouse_id.is_some();
        let warehouse_id = match warehouse_id {
            Some(given) => given,
            None => {
                let warehouse = &context.workspace.warehouse;
                warehouse.get_or_choose(choose(context)).await?
            }
        };
        Ok(Self {
            catalog,
            schema,
            warehouse_id,
            whole: None,
            named,
            refusals: Vec::new(),
        })
    }

    /// Submits a statement, waits for it and shows its first rows. If the warehouse was chosen and cannot be used,
    /// the next one is tried.
    pub(super) async fn run(
        &mut self,
        context: &Context,
        statement: String,
        parameters: Option<Map<String, Value>>,
        window: &Window,
    ) -> Result<Answer, Error> {
        let page: Attempt<Window, Answer> =
            |context, request, window| Box::pin(submit_and_wait(context, request, window));
        self.attempts(context, (statement, parameters), window, page)
            .await
    }

    /// Submits a statement and goes on with it in this way. If the warehouse was chosen and cannot be used, the next one
    /// is tried.
    pub(super) async fn attempts<W: Sync, T: Send>(
        &mut self,
        context: &Context,
        (statement, parameters): (String, Option<Map<String, Value>>),
        with: &W,
        attempt: Attempt<W, T>,
    ) -> Result<T, Error> {
        let warehouse = &context.workspace.warehouse;
        let mut request = self.request(context, statement, parameters);
        let answered = loop {
            let answered = attempt(context, &request, with).await;
            let Err(error) = answered else {
                break answered;
            };
            let id = &request.warehouse_id;
            if self.named || self.refusals.len() >= OTHERS || !warehouse.forget(id, &error) {
                break Err(error);
            }
            let next = warehouse.get_or_choose(choose(context)).await;
            let Ok(next) = next else {
                warehouse.forgive();
                break Err(error);
            };
            let refusal = format!("warehouse {id} could not be used ({error})");
            self.refusals.push(refusal);
            request.warehouse_id = next;
        };
        self.warehouse_id = request.warehouse_id;
        let defaults = Defaults {
            catalog: request.catalog,
            schema: request.schema,
        };
        match answered {
            Err(error) => Err(missing_name::explained(context, defaults, error).await),
            answered => answered,
        }
    }

    /// The warehouse that was chosen, where the caller named none and none is configured.
    pub(super) fn chosen(&self, context: &Context) -> Option<&str> {
        let told = self.named || context.workspace.warehouse.is_configured();
        (!told).then_some(self.warehouse_id.as_str())
    }

    /// A sentence on the warehouses that could not be used, if there are any.
    pub(super) fn refusals(&self) -> Option<String> {
        (!self.refusals.is_empty()).then(|| {
            format!(
                "{}; {} was used instead, `warehouse_id` chooses another",
                self.refusals.join("; "),
                self.warehouse_id
            )
        })
    }

    fn request(
        &self,
        context: &Context,
        statement: String,
        parameters: Option<Map<String, Value>>,
    ) -> StatementExecutionExecuteStatementRequest {
        StatementExecutionExecuteStatementRequest {
            catalog: self.catalog.clone(),
            schema: self.schema.clone(),
            parameters: parameters.map(|given| given.into_iter().map(parameter).collect()),
            wait_timeout: Some(HOLD.to_owned()),
            on_wait_timeout: Some(SqlExecuteStatementRequestOnWaitTimeout::Continue),
            disposition: Some(if self.whole.is_some() {
                SqlDisposition::ExternalLinks
            } else {
                SqlDisposition::Inline
            }),
            format: self.whole.clone().or(Some(SqlFormat::JsonArray)),
            byte_limit: self.whole.is_none().then_some(BYTES),
            row_limit: guards::row_limit(context),
            query_tags: guards::tags(context),
            statement,
            warehouse_id: self.warehouse_id.clone(),
        }
    }
}

/// Runs a statement and shows its first rows. Where the result is larger than an answer can carry, a query is run
/// again, with its rows in files, so that its id reads all of them.
async fn submit_and_wait(
    context: &Context,
    request: &StatementExecutionExecuteStatementRequest,
    window: &Window,
) -> Result<Answer, Error> {
    guards::check(context, request).await?;
    let response = statement::submit(context, request).await?;
    let ended = sql_page::wait(context, response, Some(&request.warehouse_id), window).await;
    if !is_too_large(&ended, request) || !policy::statement_only_reads(&request.statement) {
        return sql_page::shown_at_end(context, ended?, window).await;
    }
    tracing::info!(request_id = %context.call.id, "too large for an answer, running again for files");
    let by_links = by_links(context, request, window).await;
    match (by_links, ended) {
        (Ok(mut answer), _) => {
            sql_page::add_note(&mut answer, AGAIN);
            Ok(answer)
        }
        // What came inline is better than nothing, and says that it was cut.
        (Err(error), Ok(ended)) if !matches!(error, Error::Cancelled { .. }) => {
            sql_page::shown_at_end(context, ended, window).await
        }
        (Err(error), _) => Err(error),
    }
}

async fn by_links(
    context: &Context,
    request: &StatementExecutionExecuteStatementRequest,
    window: &Window,
) -> Result<Answer, Error> {
    let request = StatementExecutionExecuteStatementRequest {
        disposition: Some(SqlDisposition::ExternalLinks),
        byte_limit: None,
        ..request.clone()
    };
    let response = statement::submit(context, &request).await?;
    sql_page::answer(context, response, window).await
}

/// Returns whether the result does not fit into an answer: the service has cut it, or has failed the statement for it.
fn is_too_large(
    ended: &Result<Ended<SqlStatementResponse>, Error>,
    request: &StatementExecutionExecuteStatementRequest,
) -> bool {
    match ended {
        Ok(Ended::Done(response)) => {
            let manifest = response.manifest.as_ref();
            manifest.is_some_and(|manifest| {
                let rows = manifest.total_row_count.map(i64::from);
                let by_rows = request.row_limit.is_some() && rows >= request.row_limit;
                manifest.truncated == Some(true) && !by_rows
            })
        }
        Ok(Ended::Unfinished(_)) => false,
        Err(error) => statement::is_too_large(&error.to_string()),
    }
}

/// A named parameter, with the SQL type that its JSON type stands for.
fn parameter((name, value): (String, Value)) -> SqlStatementParameterListItem {
    let kind = match &value {
        Value::Number(number) if number.is_f64() => "DOUBLE",
        Value::Number(_) => "BIGINT",
        Value::Bool(_) => "BOOLEAN",
        Value::Null => "VOID",
        Value::String(_) | Value::Array(_) | Value::Object(_) => "STRING",
    };
    SqlStatementParameterListItem {
        name,
        type_: Some(kind.to_owned()),
        value: match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        },
    }
}

/// Chooses a warehouse when none is named.
async fn choose(context: &Context) -> Result<String, Error> {
    let best = warehouse_to_choose(context).await?;
    best.and_then(|warehouse| warehouse.id)
        .ok_or_else(|| Error::Setting {
            setting: "DATABRICKS_WAREHOUSE_ID",
            reason: "it is not set, and you can see no SQL warehouse".to_owned(),
        })
}

/// The warehouse of statements that name none: one that runs, or else the one that starts soonest. Nothing starts.
///
/// # Errors
/// They cannot be listed.
pub async fn warehouse_to_choose(context: &Context) -> Result<Option<SqlEndpointInfo>, Error> {
    let client = context.client();
    let called = client.warehouses_list(WarehousesListParams::default());
    let found = typed_answer("warehouses.list", called.await)?;
    let is_going = |warehouse: &SqlEndpointInfo| {
        matches!(
            warehouse.state,
            Some(SqlState::Deleting | SqlState::Deleted)
        )
    };
    let rank = |warehouse: &SqlEndpointInfo| match warehouse.state {
        Some(SqlState::Running) => 0,
        Some(SqlState::Starting) => 1,
        _ if warehouse.enable_serverless_compute == Some(true) => 2,
        _ => 3,
    };
    let refused = context.workspace.warehouse.refused();
    let is_refused = |warehouse: &SqlEndpointInfo| {
        let id = warehouse.id.as_deref();
        id.is_some_and(|id| refused.iter().any(|refused| refused == id))
    };
    let all = found.warehouses.unwrap_or_default().into_iter();
    Ok(all
        .filter(|warehouse| !is_going(warehouse) && !is_refused(warehouse))
        .min_by_key(rank))
}
