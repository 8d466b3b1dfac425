//! `execute_sql`: submits a statement, waits for it, returns rows up to a cap.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Behaviour;
use super::sql_page::{self, Page, Window};
use super::submission::Submission;
use super::typed::arguments;
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Answer};

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Page>("execute_sql", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

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
    /// Seconds to wait
    #[serde(default)]
    wait: Option<f64>,
    /// true once the user has agreed to what deletes
    #[serde(default)]
    #[expect(dead_code, reason = "the policy takes it before the call runs")]
    confirm: bool,
}

fn max_rows() -> u32 {
    100
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let Arguments {
        statement,
        parameters,
        catalog,
        schema,
        warehouse_id,
        max_rows,
        wait,
        ..
    } = arguments;
    let mut submission = Submission::to(context, warehouse_id, catalog, schema).await?;
    let window = Window {
        offset: 0,
        rows: max_rows as usize,
        bytes: shape::ANSWER_BYTES,
        wait,
    };
    let mut answer = submission
        .run(context, statement, parameters, &window)
        .await?;
    if let Some(id) = submission.chosen(context) {
        say_which(&mut answer, id, submission.refusals());
    }
    Ok(answer)
}

/// Says which warehouse was chosen, and which could not be used before.
fn say_which(answer: &mut Answer, id: &str, refusals: Option<String>) {
    if let Some(said) = refusals {
        sql_page::add_note(answer, &said);
    }
    if let Some(page) = answer.structured.as_object_mut() {
        page.insert("warehouse_id".to_owned(), id.into());
    }
}
