//! A SQL statement on its way to a warehouse: the one that is named, or the first that can be used.

use std::pin::Pin;

use databricks_client::WarehousesListParams;
use databricks_client::types::{
    SqlDisposition, SqlEndpointInfo, SqlExecuteStatementRequestOnWaitTimeout, SqlFormat, SqlState,
    SqlStatementParameterListItem, SqlStatementResponse, StatementExecutionExecuteStatementRequest,
};
use serde_json::{Map, Value};

use super::missing_name::{self, Defaults};
use super::sql_page::{self, Window};
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::shape::Answer;
use crate::transport::typed_answer;

/// The service holds no answer back, so that the statement's id is there at once for a cancel.
const HOLD: &str = "0s";
/// Kept below the 25 MiB at which an inline result fails, so that it is cut and says so.
const BYTES: i64 = 16 << 20;
/// Warehouses that are tried after one that cannot be used.
const OTHERS: usize = 3;

/// A statement that is waited for and read.
pub(super) type Followed<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A way to go on with a statement that was submitted.
pub(super) type Follow<W, T> =
    for<'a> fn(&'a Context, SqlStatementResponse, &'a W) -> Followed<'a, T>;

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
        let page: Follow<Window, Answer> =
            |context, response, window| Box::pin(sql_page::answer(context, response, window));
        self.run_with(context, (statement, parameters), window, page)
            .await
    }

    /// Submits a statement and goes on with it in this way. If the warehouse was chosen and cannot be used, the next one
    /// is tried.
    pub(super) async fn run_with<W: Sync, T: Send>(
        &mut self,
        context: &Context,
        (statement, parameters): (String, Option<Map<String, Value>>),
        with: &W,
        follow: Follow<W, T>,
    ) -> Result<T, Error> {
        let warehouse = &context.workspace.warehouse;
        let mut request = self.request(statement, parameters);
        let answered = loop {
            let answered = match submit(context, &request).await {
                Ok(response) => follow(context, response, with).await,
                Err(error) => Err(error),
            };
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
            statement,
            warehouse_id: self.warehouse_id.clone(),
        }
    }
}

async fn submit(
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

/// Chooses a warehouse when none is named: one that runs, or else the one that starts soonest.
async fn choose(context: &Context) -> Result<String, Error> {
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
    let best = found
        .warehouses
        .unwrap_or_default()
        .into_iter()
        .filter(|warehouse| !is_going(warehouse) && !is_refused(warehouse))
        .min_by_key(rank);
    best.and_then(|warehouse| warehouse.id)
        .ok_or_else(|| Error::Setting {
            setting: "DATABRICKS_WAREHOUSE_ID",
            reason: "it is not set, and you can see no SQL warehouse".to_owned(),
        })
}
