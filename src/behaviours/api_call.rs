//! `api_call`: any operation of the REST API, with the engine that serves table tools.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Behaviour;
use super::typed::arguments;
use crate::api::{self, Facts};
use crate::context::Context;
use crate::engine;
use crate::error::Error;
use crate::shape::Answer;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Map<String, Value>>("api_call", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    })
    .checking(check);

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// `operation` of api_search
    operation: String,
    /// As api_describe shows them
    #[serde(default)]
    arguments: Map<String, Value>,
    /// Dotted fields to keep of the answer, or of each row
    #[serde(default)]
    fields: Vec<String>,
    /// true once the user has agreed to what deletes or replaces
    #[serde(default)]
    #[expect(dead_code, reason = "the policy takes it before the call runs")]
    confirm: bool,
}

/// Checks the arguments of the operation that is asked for, and the fields to keep of its answer.
fn check(mut given: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let asked: Arguments = arguments(Value::Object(given.clone()))?;
    let operation = api::find(&asked.operation)?;
    let prepared = api::prepare(operation)?;
    let checked = engine::check(
        operation.id,
        &prepared.schema,
        &prepared.validator,
        asked.arguments,
    )?;
    engine::with_times(operation.id, &prepared.schema, checked.clone())?;
    let facts = Facts::get()?;
    // What is waited for answers in the end.
    let wait = prepared.plan.wait.as_ref();
    let answering = wait.map_or(operation.id, |wait| wait.poll.operation);
    let problems: Vec<String> = match facts.operation(answering) {
        Some(known) => {
            let fields = asked.fields.iter();
            fields
                .filter_map(|path| facts.no_field(known, path))
                .collect()
        }
        None => Vec::new(),
    };
    if !problems.is_empty() {
        return Err(Error::Arguments {
            tool: operation.id.to_owned(),
            problems,
        });
    }
    let plain = engine::with_plain_names(&prepared.plan.request, checked)?;
    given.insert("arguments".to_owned(), plain.into());
    Ok(given)
}

async fn call(context: &Context, asked: Arguments) -> Result<Answer, Error> {
    let operation = api::find(&asked.operation)?;
    let prepared = api::prepare(operation)?;
    // Only now: between a question and its answer `-2h` stays what was asked about.
    let arguments = engine::with_times(operation.id, &prepared.schema, asked.arguments)?;
    engine::call_for(
        operation.id,
        &prepared.plan,
        context,
        arguments,
        &asked.fields,
    )
    .await
}
