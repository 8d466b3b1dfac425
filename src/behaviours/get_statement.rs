//! `get_statement`: waits on for a statement, or reads more of its rows.

use databricks_client::types::SqlStatementResponse;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Map;

use super::missing_name::{self, Defaults};
use super::saved_result::{self, Target};
use super::sql_page::{self, Page, Window};
use super::typed::arguments;
use super::{Behaviour, statement};
use crate::context::Context;
use crate::error::Error;
use crate::policy;
use crate::shape::Answer;
use crate::waiting;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Page>("get_statement", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// `statement_id` of execute_sql
    statement_id: String,
    /// First row, from 0
    #[serde(default)]
    offset: Option<u64>,
    /// Rows at most
    #[serde(default = "max_rows")]
    #[schemars(range(min = 1, max = 10000))]
    max_rows: u32,
    /// Seconds
    #[serde(default)]
    wait: Option<f64>,
    /// Save all rows to a new local file (.csv, .jsonl)
    #[serde(default)]
    save_to: Option<String>,
}

fn max_rows() -> u32 {
    100
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    if let Some(path) = &arguments.save_to {
        return save(context, arguments.statement_id, path, arguments.wait).await;
    }
    let response = match statement::get(context, &arguments.statement_id).await {
        // One failed question does not end the wait.
        Err(error) if waiting::passes(&error) => SqlStatementResponse {
            statement_id: Some(arguments.statement_id),
            ..SqlStatementResponse::default()
        },
        answered => answered?,
    };
    let window = Window {
        offset: arguments.offset.unwrap_or_default(),
        rows: arguments.max_rows as usize,
        bytes: context.room,
        wait: arguments.wait,
    };
    match sql_page::answer(context, response, &window).await {
        Err(error) => Err(missing_name::explained(context, Defaults::default(), error).await),
        answer => answer,
    }
}

/// Saves the rows of a statement, which is waited for. It reads only, and so replaces nothing.
async fn save(
    context: &Context,
    statement_id: String,
    path: &str,
    wait: Option<f64>,
) -> Result<Answer, Error> {
    let names = Map::from_iter([("save_to".to_owned(), path.into())]);
    if saved_result::is_volume(path) || policy::saved_table(&names).is_some() {
        return Err(Error::Arguments {
            tool: "get_statement".to_owned(),
            problems: vec![
                "`save_to` is a local file here, since this tool changes nothing in the workspace: upload_file takes the \
                 file on to a volume, and execute_sql saves to a volume or a table"
                    .to_owned(),
            ],
        });
    }
    let target = Target::of(context, path, false).await?;
    let of = target.clone();
    let id = statement_id.clone();
    saved_result::run(context, &target, wait, &id, move |own, meter| async move {
        let asked = SqlStatementResponse {
            statement_id: Some(statement_id),
            ..SqlStatementResponse::default()
        };
        let response = saved_result::ended(&own, asked, &meter).await?;
        saved_result::save(&own, response, &of, &meter).await
    })
    .await
}
