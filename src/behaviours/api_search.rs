//! `api_search`: finds REST operations by words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Behaviour;
use super::typed::{arguments, structured};
use crate::api::{self, Within};
use crate::catalog::{Door, OPERATIONS, Operation, TOOLS, ToolSpec};
use crate::context::Context;
use crate::error::Error;
use crate::hints::Absent;
use crate::shape::{self, Answer};

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Found>("api_search", |context: &Context, value| {
        Box::pin(std::future::ready(call(&context.absent, value)))
    });

/// The HTTP methods of the REST API.
const VERBS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Such as `create secret scope`
    words: String,
    /// Only this HTTP method
    #[serde(default)]
    verb: Option<String>,
    /// Only this service, such as `jobs`
    #[serde(default)]
    service: Option<String>,
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
    /// Does the same; prefer it
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    /// Why that tool is not served, and what would serve it
    #[serde(skip_serializing_if = "Option::is_none")]
    not_served: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

fn call(absent: &Absent, value: Value) -> Result<Answer, Error> {
    let Arguments {
        words,
        verb,
        service,
        limit,
    } = arguments(value)?;
    let within = Within {
        verb: verb.as_deref().unwrap_or_default(),
        service: service.as_deref().unwrap_or_default(),
    };
    let problems = problems(&words, within);
    if !problems.is_empty() {
        return Err(Error::Arguments {
            tool: "api_search".to_owned(),
            problems,
        });
    }
    let found = api::search(&words, within, limit as usize);
    let found = Found {
        operations: found.into_iter().map(|found| one(found, absent)).collect(),
    };
    let structured = structured(&found)?;
    if found.operations.is_empty() {
        let text = "No operation has these words; try fewer, or the noun alone".to_owned();
        return Ok(Answer::new(text, structured));
    }
    let rows = structured.get("operations").and_then(Value::as_array);
    // A column that is empty throughout is not shown.
    let has = |name: &str| {
        rows.into_iter()
            .flatten()
            .any(|row| row.get(name).is_some())
    };
    let columns = ["operation", "verb", "path", "tool", "not_served", "note"];
    let columns: Vec<&str> = columns
        .into_iter()
        .filter(|name| *name != "not_served" || has(name))
        .collect();
    let lines = rows
        .into_iter()
        .flatten()
        .map(|row| shape::grid_row(columns.iter().map(|name| row.get(name))));
    let text = shape::grid(&columns, lines);
    Ok(Answer::new(text, structured))
}

/// The problems of a search that cannot be made.
fn problems(words: &str, within: Within<'_>) -> Vec<String> {
    let Within { verb, service } = within;
    let mut problems = Vec::new();
    if !words.contains(|letter: char| letter.is_alphanumeric()) {
        problems.push("`words` is empty; it takes words such as `create secret scope`".to_owned());
    }
    if !verb.is_empty() && !VERBS.iter().any(|known| known.eq_ignore_ascii_case(verb)) {
        let known: Vec<String> = VERBS.iter().map(|verb| format!("`{verb}`")).collect();
        let known = known.join(", ");
        problems.push(format!(
            "`verb`: unknown value \"{verb}\"; it takes {known}"
        ));
    }
    let services = || OPERATIONS.iter().filter_map(|one| one.id.split('.').next());
    if !service.is_empty() && !services().any(|known| known == service) {
        let scored = services().map(|known| (strsim::jaro_winkler(service, known), known));
        let close = scored.max_by(|(left, _), (right, _)| left.total_cmp(right));
        let meant = match close {
            Some((score, known)) if score > 0.8 => format!(", did you mean `{known}`?"),
            _ => "; it is what stands before the dot of an operation".to_owned(),
        };
        problems.push(format!("`service`: unknown value \"{service}\"{meant}"));
    }
    problems
}

/// The tool that is there to send the operation; one that is served goes first, then one that is nothing else.
fn tool(operation: &Operation, absent: &Absent) -> Option<&'static str> {
    let sends = |tool: &&ToolSpec| tool.primary().any(|sent| sent.id == operation.id);
    let is_behaviour = |tool: &&ToolSpec| {
        let is_behaviour = matches!(tool.door, Door::Behaviour(_));
        (absent.how(tool.name).is_some(), is_behaviour)
    };
    let standing = TOOLS.iter().filter(sends);
    standing.min_by_key(is_behaviour).map(|tool| tool.name)
}

fn one(operation: &Operation, absent: &Absent) -> One {
    let tool = tool(operation, absent);
    One {
        operation: operation.id.to_owned(),
        verb: operation.verb.to_owned(),
        path: operation.path.to_owned(),
        tool: tool.map(ToOwned::to_owned),
        not_served: tool
            .and_then(|tool| absent.how(tool))
            .map(ToOwned::to_owned),
        note: note(operation),
    }
}

/// A remark to read before using the operation.
pub(super) fn note(operation: &Operation) -> Option<String> {
    let notes = [
        operation.deprecated.then_some("deprecated"),
        operation.account.then_some("account console"),
        (!operation.stage.is_empty()).then_some(operation.stage),
    ];
    let notes: Vec<&str> = notes.into_iter().flatten().collect();
    (!notes.is_empty()).then(|| notes.join(", "))
}
