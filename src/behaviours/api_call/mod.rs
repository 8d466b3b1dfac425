//! `api_call`: any operation of the REST API, with the engine that serves table tools; one that reads also with several
//! argument sets in one call.

mod several;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Behaviour;
use super::typed::arguments;
use crate::api::{self, Facts};
use crate::catalog::Operation;
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
    /// For one that reads: call it with each of these sets over `arguments`
    #[serde(default)]
    #[schemars(length(max = 50))]
    arguments_list: Vec<Map<String, Value>>,
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
    let plain = if asked.arguments_list.is_empty() {
        Some(ready(operation, asked.arguments)?)
    } else {
        several::check(operation, &given)?;
        None
    };
    let prepared = api::prepare(operation)?;
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
    if let Some(plain) = plain {
        given.insert("arguments".to_owned(), plain.into());
    }
    Ok(given)
}

/// The arguments of the operation as they are sent, but for times that are told from now.
fn ready(
    operation: &'static Operation,
    given: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let prepared = api::prepare(operation)?;
    let checked = engine::check(operation.id, &prepared.schema, &prepared.validator, given)?;
    engine::with_times(operation.id, &prepared.schema, checked.clone())?;
    engine::with_plain_names(&prepared.plan.request, checked)
}

async fn call(context: &Context, given: Map<String, Value>) -> Result<Answer, Error> {
    let asked: Arguments = arguments(Value::Object(given.clone()))?;
    let operation = api::find(&asked.operation)?;
    if asked.arguments_list.is_empty() {
        send(context, operation, asked.arguments, &asked.fields).await
    } else {
        several::call(context, operation, &given, &asked.fields).await
    }
}

async fn send(
    context: &Context,
    operation: &'static Operation,
    arguments: Map<String, Value>,
    fields: &[String],
) -> Result<Answer, Error> {
    let prepared = api::prepare(operation)?;
    // Only now: between a question and its answer `-2h` stays what was asked about.
    let arguments = engine::with_times(operation.id, &prepared.schema, arguments)?;
    engine::call_for(operation.id, &prepared.plan, context, arguments, fields).await
}
