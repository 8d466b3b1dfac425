//! `get_statement`: waits on for a statement, or reads more of its rows.

use databricks_client::types::SqlStatementResponse;
use schemars::JsonSchema;
use serde::Deserialize;

use super::missing_name::{self, Defaults};
use super::sql_page::{self, Page, Window};
use super::typed::arguments;
use super::{Behaviour, statement};
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Answer};
use crate::waiting;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Page>("get_statement", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// `statement_id` of execute_sql
    statement_id: String,
    /// First row to return, from 0
    #[serde(default)]
    offset: u64,
    /// Rows to return at most
    #[serde(default = "max_rows")]
    #[schemars(range(min = 1, max = 10000))]
    max_rows: u32,
    /// Seconds to wait
    #[serde(default)]
    wait: Option<f64>,
}

fn max_rows() -> u32 {
    100
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let response = match statement::get(context, &arguments.statement_id).await {
        // One failed question does not end the wait.
        Err(error) if waiting::passes(&error) => SqlStatementResponse {
            statement_id: Some(arguments.statement_id),
            ..SqlStatementResponse::default()
        },
        answered => answered?,
    };
    let window = Window {
        offset: arguments.offset,
        rows: arguments.max_rows as usize,
        bytes: shape::ANSWER_BYTES,
        wait: arguments.wait,
    };
    match sql_page::answer(context, response, &window).await {
        Err(error) => Err(missing_name::explained(context, Defaults::default(), error).await),
        answer => answer,
    }
}
