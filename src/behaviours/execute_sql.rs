//! `execute_sql`: submits a statement, waits for it, returns rows up to a cap.

use databricks_client::WarehousesListParams;
use databricks_client::types::{
    SqlDisposition, SqlEndpointInfo, SqlExecuteStatementRequestOnWaitTimeout, SqlFormat, SqlState,
    SqlStatementParameterListItem, SqlStatementResponse, StatementExecutionExecuteStatementRequest,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Behaviour;
use super::missing_name::{self, Defaults};
use super::sql_page::{self, Page, Window};
use super::typed::arguments;
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::shape::Answer;
use crate::transport::typed_answer;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Page>("execute_sql", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

/// The service holds no answer back, so that the statement's id is there at once for a cancel.
const HOLD: &str = "0s";
/// Kept below the 25 MiB at which an inline result fails, so that it is cut and says so.
const BYTES: i64 = 16 << 20;
/// Warehouses that are tried after one that cannot be used.
const OTHERS: usize = 3;

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// One statement in Databricks SQL
    statement: String,
    /// Values for `:name` markers; numbers, booleans, text or null
    #[serde(default)]
    parameters: Option<Map<String, Value>>,
    /// Default catalog for names without one
    #[serde(default)]
    catalog: Option<String>,
    /// Default schema for names without one
    #[serde(default)]
    schema: Option<String>,
    /// As in list_warehouses; leave out to use the configured or a running one
    #[serde(default)]
    warehouse_id: Option<String>,
    /// Rows to return at most
    #[serde(default = "max_rows")]
    #[schemars(range(min = 1, max = 10000))]
    max_rows: u32,
    /// true once the user has agreed to what deletes
    #[serde(default)]
    #[expect(dead_code, reason = "the policy takes it before the call runs")]
    confirm: bool,
}

fn max_rows() -> u32 {
    100
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let warehouse = &context.workspace.warehouse;
    let (named, warehouse_id) = match arguments.warehouse_id {
        Some(given) => (true, given),
        None => (false, warehouse.get_or_choose(choose(context)).await?),
    };
    let mut request = StatementExecutionExecuteStatementRequest {
        catalog: arguments.catalog,
        schema: arguments.schema,
        parameters: arguments
            .parameters
            .map(|given| given.into_iter().map(parameter).collect()),
        wait_timeout: Some(HOLD.to_owned()),
        on_wait_timeout: Some(SqlExecuteStatementRequestOnWaitTimeout::Continue),
        disposition: Some(SqlDisposition::Inline),
        format: Some(SqlFormat::JsonArray),
        byte_limit: Some(BYTES),
        statement: arguments.statement,
        warehouse_id,
    };
    let defaults = Defaults {
        catalog: request.catalog.clone(),
        schema: request.schema.clone(),
    };
    let window = Window {
        offset: 0,
        rows: arguments.max_rows as usize,
    };
    let mut refusals = Vec::new();
    let answer = loop {
        let answered = run(context, &request, &window).await;
        let Err(error) = answered else {
            break answered;
        };
        let id = &request.warehouse_id;
        if named || refusals.len() >= OTHERS || !warehouse.forget(id, &error) {
            break Err(error);
        }
        let next = warehouse.get_or_choose(choose(context)).await;
        let Ok(next) = next else {
            warehouse.forgive();
            break Err(error);
        };
        refusals.push(format!("warehouse {id} could not be used ({error})"));
        request.warehouse_id = next;
    };
    match answer {
        Err(error) => Err(missing_name::explained(context, defaults, error).await),
        Ok(mut answer) => {
            if !named && !warehouse.is_configured() {
                say_which(&mut answer, request.warehouse_id, &refusals);
            }
            Ok(answer)
        }
    }
}

/// Submits a statement and shows its first rows.
async fn run(
    context: &Context,
    request: &StatementExecutionExecuteStatementRequest,
    window: &Window,
) -> Result<Answer, Error> {
    let response = submit(context, request).await?;
    sql_page::answer(context, response, window).await
}

/// Says which warehouse was chosen, and which could not be used before.
fn say_which(answer: &mut Answer, id: String, refusals: &[String]) {
    let said = (!refusals.is_empty()).then(|| {
        let refusals = refusals.join("; ");
        format!("{refusals}; {id} was used instead, `warehouse_id` chooses another")
    });
    if let Some(page) = answer.structured.as_object_mut() {
        if let Some(said) = &said {
            answer.text.push('\n');
            answer.text.push_str(said);
            let note = page.get("note").and_then(Value::as_str);
            let note = note.map_or_else(|| said.clone(), |note| format!("{note}\n{said}"));
            page.insert("note".to_owned(), note.into());
        }
        page.insert("warehouse_id".to_owned(), id.into());
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
