//! `api_describe`: what an operation takes and gives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::typed::{arguments, structured};
use super::{Behaviour, api_search};
use crate::api::{self, Facts, OperationFacts};
use crate::catalog::Operation;
use crate::context::Context;
use crate::error::Error;
use crate::shape::{ANSWER_BYTES, Answer};

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Described>("api_describe", |_: &Context, value| {
        Box::pin(std::future::ready(call(value)))
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// `operation` of api_search
    operation: String,
    /// Levels of nesting to show
    #[serde(default = "depth")]
    #[schemars(range(min = 1, max = 8))]
    depth: u32,
}

fn depth() -> u32 {
    3
}

#[derive(Serialize, JsonSchema)]
struct Described {
    operation: String,
    verb: String,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    docs: String,
    /// A star marks what is required.
    arguments: Map<String, Value>,
    answer: Value,
    /// Levels shown, where the whole would be too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_to_depth: Option<usize>,
}

fn call(value: Value) -> Result<Answer, Error> {
    let asked: Arguments = arguments(value)?;
    let operation = api::find(&asked.operation)?;
    let facts = Facts::get()?;
    let known = facts
        .operation(operation.id)
        .ok_or_else(|| Error::Internal {
            reason: format!("`{}` has no facts", operation.id),
        })?;
    let wanted = asked.depth as usize;
    let describe = |depth: usize| Described {
        operation: operation.id.to_owned(),
        verb: operation.verb.to_owned(),
        path: operation.path.to_owned(),
        note: note(operation, known),
        docs: api::docs(operation),
        arguments: known
            .params
            .iter()
            .map(|param| {
                let star = if param.is_needed(operation) { "*" } else { "" };
                let outline = api::outline(&facts.schemas, &param.schema, depth.saturating_sub(1));
                (format!("{}{star}", param.name), outline)
            })
            .collect(),
        answer: match &known.response {
            Some(response) => api::outline(&facts.schemas, response, depth),
            None if known.raw => Value::from("text"),
            None => Value::from("nothing"),
        },
        cut_to_depth: (depth < wanted).then_some(depth),
    };
    let mut depth = wanted;
    loop {
        let described = structured(&describe(depth))?;
        if depth == 1 || described.to_string().len() <= ANSWER_BYTES {
            return Ok(Answer::json(described));
        }
        depth -= 1;
    }
}

/// Notes on the use of the operation, with the operation that polls the work it starts.
fn note(operation: &Operation, known: &OperationFacts) -> Option<String> {
    let poll = known.long_running.as_ref();
    let poll = poll.map(|poll| format!("long-running, `{poll}` tells when it is done"));
    let notes: Vec<String> = api_search::note(operation)
        .into_iter()
        .chain(poll)
        .collect();
    (!notes.is_empty()).then(|| notes.join(", "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn a_long_running_operation_is_described_with_what_tells_its_end() {
        let note = |operation: &str| {
            let described = call(json!({ "operation": operation })).unwrap().structured;
            described.get("note").cloned()
        };
        assert_eq!(
            note("postgres.create_branch"),
            Some(json!(
                "long-running, `postgres.get_operation` tells when it is done"
            ))
        );
        assert_eq!(note("jobs.list"), None);
    }
}
