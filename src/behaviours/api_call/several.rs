//! Several argument sets of one operation that reads, each checked, sent and reported alone.

use futures_util::{StreamExt, stream};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::typed::structured;
use super::single::{self, ready};
use crate::api;
use crate::catalog::Operation;
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::policy;
use crate::shape::{self, Answer};

/// Sets that are under way at once.
const AT_ONCE: usize = 8;

/// Bytes of a set's answer that are kept at least.
const LEAST: usize = 400;

/// Characters of a set's arguments above its answer.
const SHOWN: usize = 120;

/// Bytes around a result in the JSON: its number and its names.
const AROUND: usize = 40;

/// What became of each set.
#[derive(Debug, Serialize, JsonSchema)]
struct Several {
    /// In the order of the sets.
    results: Vec<One>,
    /// Sets that failed.
    failed: usize,
}

/// What became of one set.
#[derive(Debug, Serialize, JsonSchema)]
struct One {
    /// Its place in `arguments_list`, from 0.
    nth: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Passes if the operation only reads, whichever set it is called with, after each was brought to the form in which it
/// is sent. A set that cannot be sent is told when the others are answered.
pub(super) fn check(
    operation: &'static Operation,
    given: &Map<String, Value>,
) -> Result<(), Error> {
    for set in policy::sets(given) {
        if let Ok(arguments) = ready(operation, set) {
            policy::only_reads(operation, &arguments)?;
        }
    }
    Ok(())
}

/// Calls the operation with each set, some at once, and answers with what became of all of them.
pub(super) async fn call(
    context: &Context,
    operation: &'static Operation,
    given: &Map<String, Value>,
    fields: &[String],
) -> Result<Answer, Error> {
    let sets = policy::sets(given);
    let written = given.get("arguments_list").and_then(Value::as_array);
    let written = written.cloned().unwrap_or_default();
    let share = (context.room / sets.len().max(1)).saturating_sub(AROUND);
    // A list is paged by what is shown of it, so it gets its share from the start; what is no list is cut at the end.
    let is_list = api::prepare(operation)?.plan.paginate.is_some();
    let room = if is_list {
        share.max(LEAST)
    } else {
        context.room
    };
    let each = written.into_iter().zip(sets).map(|(written, set)| {
        let part = context.part(room);
        async move {
            let shown = match &written {
                Value::Object(_) => Value::Object(set.clone()),
                other => other.clone(),
            };
            let outcome = match is_set(operation, &written) {
                Ok(()) => one(&part, operation, set, fields).await,
                Err(error) => Err(error),
            };
            (shown, outcome)
        }
    });
    let outcomes: Vec<_> = stream::iter(each).buffered(AT_ONCE).collect().await;
    if context.cancel.is_cancelled() {
        return Err(Error::Cancelled {
            what: format!("`{}`", operation.id),
        });
    }
    shown(outcomes, context.room)
}

/// Passes if this is a set of arguments at all.
fn is_set(operation: &Operation, written: &Value) -> Result<(), Error> {
    let kind = match written {
        Value::Object(_) => return Ok(()),
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
    };
    Err(Error::Arguments {
        tool: operation.id.to_owned(),
        problems: vec![format!(
            "a set is an object of arguments by name, got {kind}"
        )],
    })
}

async fn one(
    context: &Context,
    operation: &'static Operation,
    set: Map<String, Value>,
    fields: &[String],
) -> Result<Answer, Error> {
    let arguments = ready(operation, set)?;
    policy::only_reads(operation, &arguments)?;
    names_its_thing(operation, &arguments)?;
    single::send(context, operation, arguments, fields)
        .await
        .map_err(hints::with_tool)
}

/// Passes unless a part of the path is blank: the request would reach another thing.
fn names_its_thing(operation: &Operation, arguments: &Map<String, Value>) -> Result<(), Error> {
    let blank = arguments.iter().find(|(name, value)| {
        let in_path = operation.path.contains(&format!("{{{name}}}"));
        in_path && value.as_str().is_some_and(|text| text.trim().is_empty())
    });
    match blank {
        None => Ok(()),
        Some((name, _)) => Err(Error::Arguments {
            tool: operation.id.to_owned(),
            problems: vec![format!("`{name}` is empty; the request needs it")],
        }),
    }
}

/// The answers side by side: those that are long share the room that the short ones leave.
fn shown(outcomes: Vec<(Value, Result<Answer, Error>)>, room: usize) -> Result<Answer, Error> {
    let sizes = outcomes.iter().map(|(_, outcome)| match outcome {
        Ok(answer) => shape::json_size(&answer.structured) + AROUND,
        Err(error) => shape::text_size(&error.text()) + AROUND,
    });
    let level = shape::level(sizes, room).max(LEAST);
    let mut several = Several {
        results: Vec::new(),
        failed: 0,
    };
    let mut text = String::new();
    for (nth, (set, outcome)) in outcomes.into_iter().enumerate() {
        let set = shape::one_line(&set.to_string(), SHOWN);
        text.push_str(&format!("## {nth}: {set}\n"));
        let (answer, error) = match outcome {
            Ok(mut answer) => {
                if shape::json_size(&answer.structured) > level {
                    shape::fit_json_to(&mut answer.structured, level.saturating_sub(AROUND));
                    answer.text = answer.structured.to_string();
                }
                text.push_str(answer.text.trim_end());
                (Some(answer.structured), None)
            }
            Err(error) => {
                several.failed += 1;
                let said = error.text();
                let said = shape::beginning(&said, level).unwrap_or(said);
                text.push_str(&said);
                (None, Some(said))
            }
        };
        text.push('\n');
        several.results.push(One { nth, answer, error });
    }
    text.push_str(&format!(
        "{} of {} answered",
        several.results.len() - several.failed,
        several.results.len()
    ));
    Ok(Answer::new(text, structured(&several)?))
}
