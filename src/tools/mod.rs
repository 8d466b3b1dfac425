//! Tools: which there are, and the life of one call.
//!
//! A call is looked up in the [`Inventory`], its arguments are coerced and validated, a destructive one is
//! confirmed, and then one of two doors opens: a table tool runs from its tool ([`crate::engine`]), a behaviour is
//! Rust of its own ([`crate::behaviours`]).

mod inventory;
mod near;
mod selection;

use serde_json::{Map, Value};

use crate::behaviours;
use crate::catalog::{Access, Confirm, Door, ToolSpec};
use crate::context::Context;
use crate::engine;
use crate::error::Error;
use crate::hints;
use crate::shape::{self, Answer};

/// Characters of an argument that a question shows.
const SHOWN: usize = 200;

pub use inventory::{Entry, Inventory};
pub use selection::{Selection, members, tool_named};

/// Serves one call, from raw arguments to the answer.
///
/// # Errors
/// Whatever went wrong, as a sentence for the agent.
pub async fn call(
    entry: &Entry,
    context: &Context,
    arguments: Map<String, Value>,
) -> Result<Answer, Error> {
    let outcome = called(entry, context, arguments).await;
    context.workspace.tally.count(entry.spec.name, &outcome);
    outcome
}

async fn called(
    entry: &Entry,
    context: &Context,
    arguments: Map<String, Value>,
) -> Result<Answer, Error> {
    let tool = entry.spec;
    let validator = entry
        .validator
        .get_or_init(|| engine::validator(tool.name, &entry.tool.input_schema));
    let validator = validator.as_ref().map_err(Clone::clone)?;
    let schema = &entry.tool.input_schema;
    let arguments = engine::translate(tool, schema, arguments);
    let mut arguments = engine::check(tool.name, schema, validator, arguments)?;
    if let Some(confirm) = &tool.confirm {
        agreed(confirm, context, &mut arguments)?;
    }
    if context.cancel.is_cancelled() {
        // While it waited for its turn.
        return Err(Error::Cancelled {
            what: format!("`{}`", tool.name),
        });
    }
    // Only where the manifest says where close names are.
    let asked = (!tool.nearest.is_empty()).then(|| arguments.clone());
    let outcome = serve(tool, context, arguments).await;
    match (outcome.map_err(hints::with_tool), asked) {
        (Err(error), Some(asked)) => {
            Err(engine::with_close_names(tool, context, &asked, error).await)
        }
        (outcome, _) => outcome,
    }
}

async fn serve(
    tool: &'static ToolSpec,
    context: &Context,
    arguments: Map<String, Value>,
) -> Result<Answer, Error> {
    match &tool.door {
        // What only reads can be dropped at any time; a behaviour and a wait see to what they started.
        Door::Table(plan) if tool.access == Access::Read && plan.wait.is_none() => {
            let answer = open(tool, context, arguments);
            tokio::select! {
                answer = answer => answer,
                () = context.cancel.cancelled() => Err(Error::Cancelled { what: format!("`{}`", tool.name) }),
            }
        }
        _ => open(tool, context, arguments).await,
    }
}

async fn open(
    tool: &'static ToolSpec,
    context: &Context,
    arguments: Map<String, Value>,
) -> Result<Answer, Error> {
    match &tool.door {
        Door::Table(plan) => engine::call(tool.name, plan, context, arguments).await,
        Door::Behaviour(name) => {
            let behaviour = behaviours::find(name).ok_or_else(|| Error::Internal {
                reason: format!("behaviour `{name}` is in the manifest but not in the code"),
            })?;
            (behaviour.call)(context, Value::Object(arguments)).await
        }
    }
}

/// Takes `confirm` out of the arguments; without the user's agreement the call ends with the question.
fn agreed(
    confirm: &Confirm,
    context: &Context,
    arguments: &mut Map<String, Value>,
) -> Result<(), Error> {
    let agreed = arguments.shift_remove("confirm") == Some(Value::Bool(true)) || context.agreed;
    let asks = confirm.when.is_empty() || arguments.get(confirm.when) == Some(&Value::Bool(true));
    if agreed || !asks {
        return Ok(());
    }
    Err(Error::Unconfirmed {
        question: question(confirm, arguments),
    })
}

/// The question with its `{arguments}`, each one short line: the user decides by what stands here.
fn question(confirm: &Confirm, arguments: &Map<String, Value>) -> String {
    let mut pieces = confirm.message.split('{');
    let mut question = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}').unwrap_or(("", piece));
        let value = match arguments.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => name.to_owned(),
        };
        question.push_str(&shape::one_line(&value, SHOWN));
        question.push_str(rest);
    }
    // A switch such as `force` is part of what is agreed to.
    let named =
        |name: &String| name == confirm.when || confirm.message.contains(&format!("{{{name}}}"));
    let switches: Vec<&str> = arguments
        .iter()
        .filter(|(name, value)| **value == Value::Bool(true) && !named(name))
        .map(|(name, _)| name.as_str())
        .collect();
    if !switches.is_empty() {
        question.push_str(&format!(" ({})", switches.join(", ")));
    }
    question
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_question_shows_its_arguments_and_nothing_they_bring_along() {
        let asked = |message, when, given: Value| {
            let confirm = Confirm { when, message };
            question(&confirm, given.as_object().unwrap_or(&Map::new()))
        };
        let ask = |path: &str| {
            asked(
                "Replace {path} of {id}?",
                "",
                json!({ "path": path, "id": 7 }),
            )
        };
        assert_eq!(ask("/a"), "Replace /a of 7?");
        assert_eq!(
            ask("{id}\n\nIt is safe."),
            "Replace {id}  It is safe. of 7?"
        );
        let forced = json!({ "name": "main", "force": true });
        assert_eq!(
            asked("Delete {name}?", "", forced.clone()),
            "Delete main? (force)"
        );
        assert_eq!(asked("Delete {name}?", "force", forced), "Delete main?");
        assert!(ask(&"x".repeat(9_999)).chars().count() < 250);
    }
}
