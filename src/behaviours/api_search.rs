//! `api_search`: finds REST operations by words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Behaviour, arguments, structured};
use crate::api;
use crate::context::Context;
use crate::error::Error;
use crate::rows::Operation;
use crate::shape::{self, Answer};

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Found>("api_search", |_: &Context, value| {
        Box::pin(std::future::ready(call(value)))
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Such as `create secret scope`
    words: String,
    /// Only this HTTP method
    #[serde(default)]
    verb: Option<String>,
    #[serde(default = "limit")]
    #[schemars(range(min = 1, max = 100))]
    limit: u32,
}

fn limit() -> u32 {
    15
}

#[derive(Serialize, JsonSchema)]
struct Found {
    operations: Vec<One>,
}

#[derive(Serialize, JsonSchema)]
struct One {
    operation: String,
    verb: String,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

fn call(value: Value) -> Result<Answer, Error> {
    let Arguments { words, verb, limit } = arguments(value)?;
    let found = api::search(&words, verb.as_deref().unwrap_or_default(), limit as usize);
    let found = Found {
        operations: found.into_iter().map(one).collect(),
    };
    let structured = structured(&found)?;
    if found.operations.is_empty() {
        let text = "No operation has these words; try fewer, or the noun alone".to_owned();
        return Ok(Answer { text, structured });
    }
    let rows = structured.get("operations").and_then(Value::as_array);
    let columns = ["operation", "verb", "path", "note"];
    let lines = rows
        .into_iter()
        .flatten()
        .map(|row| shape::grid_row(columns.iter().map(|name| row.get(name))));
    let text = shape::grid(&columns, lines);
    Ok(Answer { text, structured })
}

fn one(operation: &Operation) -> One {
    One {
        operation: operation.id.to_owned(),
        verb: operation.verb.to_owned(),
        path: operation.path.to_owned(),
        note: note(operation),
    }
}

/// What one should know before using the operation.
pub(super) fn note(operation: &Operation) -> Option<String> {
    let notes = [
        operation.deprecated.then_some("deprecated"),
        operation.account.then_some("account console"),
        (!operation.stage.is_empty()).then_some(operation.stage),
    ];
    let notes: Vec<&str> = notes.into_iter().flatten().collect();
    (!notes.is_empty()).then(|| notes.join(", "))
}
