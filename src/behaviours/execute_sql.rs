//! `execute_sql`: submits a statement, waits for it, returns rows up to a cap.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Behaviour;
use super::saved_result::{self, Target};
use super::saved_table;
use super::sql_page::{self, Page, Window};
use super::submission::Submission;
use super::typed::arguments;
use crate::context::Context;
use crate::error::Error;
use crate::policy;
use crate::shape::Answer;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Page>("execute_sql", |context, value| {
        Box::pin(async move {
            // What is judged is what is sent: for a table, the statement that makes it.
            let table = value.as_object().and_then(policy::saved_table);
            let sent = value.as_object().map(policy::saved_statement);
            let sent = sent.map(Cow::into_owned).unwrap_or_default();
            let mut asked: Arguments = arguments(value)?;
            asked.statement = sent;
            call(context, asked, table).await
        })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// One statement in Databricks SQL
    statement: String,
    /// Values for `:name` markers
    #[serde(default)]
    parameters: Option<Map<String, Value>>,
    /// For names without one
    #[serde(default)]
    catalog: Option<String>,
    /// For names without one
    #[serde(default)]
    schema: Option<String>,
    /// Of list_warehouses; else one is chosen
    #[serde(default)]
    warehouse_id: Option<String>,
    /// Rows at most
    #[serde(default = "max_rows")]
    #[schemars(range(min = 1, max = 10000))]
    max_rows: u32,
    /// Seconds
    #[serde(default)]
    wait: Option<f64>,
    /// Save all rows to a local file or volume path (.csv, .jsonl, .arrows) or a catalog.schema.table
    #[serde(default)]
    save_to: Option<String>,
    /// Replace it
    #[serde(default)]
    overwrite: Option<bool>,
    /// true once the user has agreed
    #[serde(default)]
    #[expect(dead_code, reason = "the policy takes it before the call runs")]
    confirm: Option<bool>,
}

fn max_rows() -> u32 {
    100
}

async fn call(
    context: &Context,
    arguments: Arguments,
    table: Option<String>,
) -> Result<Answer, Error> {
    let Arguments {
        statement,
        parameters,
        catalog,
        schema,
        warehouse_id,
        max_rows,
        wait,
        save_to,
        overwrite,
        ..
    } = arguments;
    let target = match &save_to {
        Some(path) if table.is_none() => {
            Some(Target::of(context, path, overwrite == Some(true)).await?)
        }
        _ => None,
    };
    let mut submission = Submission::to(context, warehouse_id, catalog, schema).await?;
    if let Some(target) = target {
        submission.whole = Some(target.wants());
        let sent = (statement, parameters);
        return save(context, submission, sent, target, wait).await;
    }
    let window = Window {
        offset: 0,
        rows: max_rows as usize,
        bytes: context.room,
        wait,
    };
    let ran = submission.run(context, statement, parameters, &window);
    let mut answer = match ran.await {
        Err(error) if table.is_some() => return Err(saved_table::explained(error)),
        ran => ran?,
    };
    if let Some(table) = table {
        answer = saved_table::told(context, &mut submission, answer, &table).await?;
    }
    if let Some(id) = submission.chosen(context) {
        say_which(&mut answer, id, submission.refusals());
    }
    Ok(answer)
}

/// Runs a statement and saves its rows, which may outlast the call.
async fn save(
    context: &Context,
    mut submission: Submission,
    sent: (String, Option<Map<String, Value>>),
    target: Target,
    wait: Option<f64>,
) -> Result<Answer, Error> {
    let of = target.clone();
    let place = target.shown();
    saved_result::run(context, &place, wait, "", move |own, meter| async move {
        let response = submission
            .attempts(&own, sent, &meter, saved_result::submitted)
            .await?;
        let mut answer = saved_result::save(&own, response, &of, &meter).await?;
        if let Some(id) = submission.chosen(&own) {
            say_which(&mut answer, id, submission.refusals());
        }
        Ok(answer)
    })
    .await
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
