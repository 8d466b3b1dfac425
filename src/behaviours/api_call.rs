//! `api_call`: any operation of the REST API, with the engine that serves table tools.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Behaviour, arguments, consequence};
use crate::api::{self, Facts};
use crate::catalog::Operation;
use crate::context::Context;
use crate::engine;
use crate::error::Error;
use crate::shape::Answer;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Map<String, Value>>("api_call", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

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
    confirm: bool,
}

async fn call(context: &Context, asked: Arguments) -> Result<Answer, Error> {
    let operation = api::find(&asked.operation)?;
    admit(context, operation)?;
    let prepared = api::prepare(operation)?;
    let arguments = engine::check(
        operation.id,
        &prepared.schema,
        &prepared.validator,
        asked.arguments,
    )?;
    if !(asked.confirm || context.agreed)
        && let Some(question) = consequence::question(operation, &arguments)
    {
        return Err(Error::Unconfirmed { question });
    }
    let facts = Facts::get()?;
    // What is waited for answers in the end.
    let answering = prepared.plan.wait.as_ref();
    let answering = answering.map_or(operation.id, |wait| wait.poll.operation);
    let known = facts.operation(answering);
    let problems: Vec<String> = known
        .into_iter()
        .flat_map(|known| {
            asked
                .fields
                .iter()
                .filter_map(|path| facts.no_field(known, path))
        })
        .collect();
    if !problems.is_empty() {
        return Err(Error::Arguments {
            tool: operation.id.to_owned(),
            problems,
        });
    }
    engine::call_for(
        operation.id,
        &prepared.plan,
        context,
        arguments,
        &asked.fields,
    )
    .await
}

fn admit(context: &Context, operation: &Operation) -> Result<(), Error> {
    if context.read_only && !matches!(operation.verb, "GET" | "HEAD") {
        return Err(Error::ReadOnly {
            what: "operation",
            reason: format!("`{}` is a {}", operation.id, operation.verb),
        });
    }
    let transport = &context.workspace.transport;
    if operation.account && !api::serves_account(transport.host()) {
        let host = transport.host().host_str().unwrap_or_default();
        return Err(Error::Arguments {
            tool: operation.id.to_owned(),
            problems: vec![format!(
                "it belongs to the account, and `{host}` is a workspace; a server with `DATABRICKS_HOST` set to the \
                 account console (https://accounts…) can call it"
            )],
        });
    }
    if context.excluded.contains(operation.id) {
        return Err(Error::Arguments {
            tool: "api_call".to_owned(),
            problems: vec![format!(
                "the user has excluded the tools that send `{}`",
                operation.id
            )],
        });
    }
    Ok(())
}
