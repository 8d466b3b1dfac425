//! `get_statement`: waits on for a statement, or reads more of its rows.

use databricks_client::types::SqlStatementResponse;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Map;

use super::missing_name::{self, Defaults};
use super::saved_result::{self, Target};
use super::sql_page::{self, Page, Window};
use super::typed::arguments;
use super::{Behaviour, saved_table, statement};
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
    /// Save all rows to a new local file, volume path (.csv, .jsonl) or catalog.schema.table
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
    let response = found(context, arguments.statement_id).await?;
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

/// The statement as it stands; only its id where one failed question does not end the wait.
async fn found(context: &Context, statement_id: String) -> Result<SqlStatementResponse, Error> {
    match statement::get(context, &statement_id).await {
        Err(error) if waiting::passes(&error) => Ok(SqlStatementResponse {
            statement_id: Some(statement_id),
            ..SqlStatementResponse::default()
        }),
        answered => answered,
    }
}

/// Saves the rows of a statement, which is waited for and never run again. It replaces nothing.
async fn save(
    context: &Context,
    statement_id: String,
    path: &str,
    wait: Option<f64>,
) -> Result<Answer, Error> {
    let names = Map::from_iter([("save_to".to_owned(), path.into())]);
    let to = match policy::saved_table(&names) {
        Some(table) => To::Table(table),
        None => To::File(Target::of(context, path, false).await?),
    };
    let place = match &to {
        To::Table(table) => saved_table::bare(table),
        To::File(target) => target.shown(),
    };
    let id = statement_id.clone();
    let found = found(context, statement_id).await?;
    saved_result::run(context, &place, wait, &id, move |own, meter| async move {
        let response = saved_result::ended(&own, found, &meter).await?;
        match to {
            To::Table(table) => saved_result::save_to_table(&own, response, &table, &meter).await,
            To::File(target) => saved_result::save(&own, response, &target, &meter).await,
        }
    })
    .await
}

/// The place of the rows.
enum To {
    /// By its full name, in backticks.
    Table(String),
    File(Target),
}
