//! `api_call`: any operation of the REST API, with the engine that serves table tools; one that reads also with several
//! argument sets in one call.

mod several;
mod single;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Behaviour;
use super::typed::arguments;
use crate::api::{self, Facts};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;

pub(super) use single::{ready, send};

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Map<String, Value>>("api_call", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    })
    .checking(check)
    .judging_alone("arguments_list");

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// `operation` of api_search
    operation: String,
    /// As api_describe shows them
    #[serde(default)]
    arguments: Option<Map<String, Value>>,
    /// For one that reads: call it with each set, over `arguments`
    #[serde(default)]
    #[schemars(with = "Option<Vec<Map<String, Value>>>", length(max = 50))]
    arguments_list: Option<Vec<Value>>,
    /// Dotted fields to keep
    #[serde(default)]
    fields: Option<Vec<String>>,
    /// true once the user has agreed
    #[serde(default)]
    #[expect(dead_code, reason = "the policy takes it before the call runs")]
    confirm: Option<bool>,
}

impl Arguments {
    /// True where the operation is called once for each of several sets.
    fn are_several(&self) -> bool {
        self.arguments_list
            .as_ref()
            .is_some_and(|sets| !sets.is_empty())
    }
}

/// Checks the arguments of the operation that is asked for, and the fields to keep of its answer.
fn check(mut given: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let asked: Arguments = arguments(Value::Object(given.clone()))?;
    let operation = api::find(&asked.operation)?;
    let plain = if asked.are_several() {
        several::check(operation, &given)?;
        None
    } else {
        Some(single::ready(
            operation,
            asked.arguments.unwrap_or_default(),
        )?)
    };
    let prepared = api::prepare(operation)?;
    let facts = Facts::get()?;
    // What is waited for answers in the end.
    let wait = prepared.plan.wait.as_ref();
    let answering = wait.map_or(operation.id, |wait| wait.poll.operation);
    let problems: Vec<String> = match facts.operation(answering) {
        Some(known) => {
            let fields = asked.fields.iter().flatten();
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

async fn call(context: &Context, given: Map<String, Value>) -> Result<Answer, Error> {
    let asked: Arguments = arguments(Value::Object(given.clone()))?;
    let operation = api::find(&asked.operation)?;
    let several = asked.are_several();
    let fields = asked.fields.unwrap_or_default();
    if several {
        several::call(context, operation, &given, &fields).await
    } else {
        let arguments = asked.arguments.unwrap_or_default();
        single::send(context, operation, arguments, &fields).await
    }
}
