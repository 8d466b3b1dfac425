//! `health` and `status`: the tools of these names from the shell.

use std::sync::Arc;

use databricks_mcp::behaviours;
use databricks_mcp::context::{Context, Progress};
use databricks_mcp::error::Error;
use databricks_mcp::transport::Call;
use databricks_mcp::workspaces::Workspaces;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

/// Asks each workspace by the tool of this name. The answers come as they come; the first error is returned at the end.
pub(super) async fn ask(
    workspaces: &Workspaces,
    tool: &'static str,
    arguments: &Value,
) -> (Vec<Value>, Option<Error>) {
    let (mut answers, mut failed) = (Vec::new(), None);
    for name in workspaces.names() {
        match of_one(workspaces, name, tool, arguments).await {
            Ok(answer) => answers.push(answer),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    (answers, failed)
}

async fn of_one(
    workspaces: &Workspaces,
    name: &str,
    tool: &'static str,
    arguments: &Value,
) -> Result<Value, Error> {
    let behaviour = behaviours::find(tool)?;
    let mut choice = Map::from_iter([("workspace".to_owned(), json!(name))]);
    let chosen = workspaces.choose(tool, &mut choice)?;
    let mut call = Call::new(tool);
    call.urgent = true;
    let workspace = Arc::clone(&chosen.workspace);
    let cancel = CancellationToken::new();
    let context = Context::new(workspace, call, cancel, Progress::Silent);
    let answered = (behaviour.call)(&context, arguments.clone()).await;
    chosen.signed(answered).map(|answer| answer.structured)
}

/// An answer for people: a line for each value, what is inside of it set in.
pub(super) fn text(answer: &Value) -> String {
    let mut lines = Vec::new();
    add(answer, 0, &mut lines);
    lines.join("\n")
}

fn add(value: &Value, depth: usize, lines: &mut Vec<String>) {
    let Some(object) = value.as_object() else {
        return;
    };
    let indent = "  ".repeat(depth);
    for (name, value) in object {
        let name = name.replace('_', " ");
        match value {
            Value::Object(_) => {
                lines.push(format!("{indent}{name}:"));
                add(value, depth + 1, lines);
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                for item in items {
                    lines.push(format!("{indent}{name}:"));
                    add(item, depth + 1, lines);
                }
            }
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(plain).collect();
                lines.push(format!("{indent}{name}: {}", items.join(", ")));
            }
            other => lines.push(format!("{indent}{name}: {}", plain(other))),
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
