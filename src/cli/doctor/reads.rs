//! Reads of the workspace as tools do them: the warehouse of SQL, and one list of each toolset that is served.

use std::sync::Arc;
use std::time::Duration;

use databricks_mcp::behaviours::warehouse_to_choose;
use databricks_mcp::catalog::{Access, Door};
use databricks_mcp::context::{Context, Progress, Workspace};
use databricks_mcp::error::Error;
use databricks_mcp::tools::{self, Entry, Inventory};
use databricks_mcp::transport::{Call, typed_answer};
use futures_util::StreamExt;
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::report::Check;

/// Time for one read.
const READ_WITHIN: Duration = Duration::from_secs(20);
/// Reads at the same time.
const AT_ONCE: usize = 8;

fn context(workspace: &Arc<Workspace>) -> Context {
    let (workspace, cancel) = (Arc::clone(workspace), CancellationToken::new());
    Context::new(workspace, Call::new("doctor"), cancel, Progress::Silent)
}

/// The warehouse that a statement would run on. It is looked at, not started.
pub(super) async fn warehouse(workspace: &Arc<Workspace>) -> Check {
    let name = "warehouse";
    let context = context(workspace);
    let configured = workspace.warehouse.get();
    let asked = async {
        let id = match &configured {
            Some(id) => Some(id.clone()),
            None => warehouse_to_choose(&context)
                .await?
                .and_then(|best| best.id),
        };
        let Some(id) = id else {
            return Ok::<_, Error>(None);
        };
        let called = context.client().warehouses_get(&id).await;
        let found = typed_answer("warehouses.get", called)?;
        let state = found.state.map(|state| state.to_string());
        Ok(Some((
            found.name.unwrap_or_default(),
            id,
            state.unwrap_or_default(),
        )))
    };
    let found = match timeout(READ_WITHIN, asked).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) if configured.is_some() => {
            let next = error.hint().map(|hint| hint.into_owned());
            let next = next.unwrap_or_else(|| {
                "set `DATABRICKS_WAREHOUSE_ID` to another one, or to none".to_owned()
            });
            return Check::failed(name, &error).next(next);
        }
        Ok(Err(error)) => return of_error(name, "", &error),
        Err(_) => return late(name, ""),
    };
    let Some((title, id, state)) = found else {
        let next = "ask an admin for `CAN USE` on one; without it, no SQL runs";
        return Check::warn(name, "there is no SQL warehouse that this user can see").next(next);
    };
    let how = if configured.is_some() {
        "configured"
    } else {
        "chosen"
    };
    let found = format!("`{title}` ({id}), {how}, {state}");
    match state.as_str() {
        "RUNNING" | "STARTING" => Check::ok(name, found),
        "DELETED" | "DELETING" => Check::fail(name, found)
            .next("set `DATABRICKS_WAREHOUSE_ID` to another one, or to none"),
        _ => Check::warn(name, found).next("the first statement starts it, which may take minutes"),
    }
}

/// One read of each toolset, several at once.
pub(super) async fn toolsets(workspace: &Arc<Workspace>, inventory: &Inventory) -> Vec<Check> {
    let reads = of_toolsets(inventory)
        .into_iter()
        .map(|(toolset, entry)| async move {
            let name = format!("toolset {toolset}");
            match entry {
                Some(entry) => read(workspace, name, entry).await,
                None => Check::skipped(name, "none of its tools reads without arguments"),
            }
        });
    futures_util::stream::iter(reads)
        .buffered(AT_ONCE)
        .collect()
        .await
}

/// Each toolset that is served, with a tool of its that lists something.
pub(super) fn of_toolsets(inventory: &Inventory) -> Vec<(&'static str, Option<&Entry>)> {
    let mut found: Vec<(&'static str, Option<&Entry>)> = Vec::new();
    for entry in inventory.entries() {
        let toolset = entry.spec.toolset;
        if !found.iter().any(|(known, _)| *known == toolset) {
            found.push((toolset, None));
        }
        let place = found.iter_mut().find(|(known, _)| *known == toolset);
        if let Some((_, place @ None)) = place
            && reads_alone(entry)
        {
            *place = Some(entry);
        }
    }
    found
}

fn reads_alone(entry: &Entry) -> bool {
    let required = entry
        .tool
        .input_schema
        .get("required")
        .and_then(Value::as_array);
    let lists = match &entry.spec.door {
        Door::Table(plan) => plan.wait.is_none(),
        Door::Behaviour(name) => name.starts_with("list_"),
    };
    let by_name = entry.spec.name.starts_with("list_") || entry.spec.name == "get_current_user";
    entry.spec.access == Access::Read && required.is_none_or(Vec::is_empty) && lists && by_name
}

async fn read(workspace: &Arc<Workspace>, name: String, entry: &Entry) -> Check {
    let tool = entry.spec.name;
    let mut arguments = Map::new();
    let properties = entry.tool.input_schema.get("properties");
    if properties.is_some_and(|properties| properties.get("limit").is_some()) {
        arguments.insert("limit".to_owned(), json!(1));
    }
    match timeout(
        READ_WITHIN,
        tools::call(entry, &context(workspace), arguments),
    )
    .await
    {
        Ok(Ok(_)) => Check::ok(name, format!("`{tool}` reads")),
        Ok(Err(error)) => of_error(&name, tool, &error),
        Err(_) => late(&name, tool),
    }
}

/// A refusal as what it is: a permission that is lacking, or something that this workspace does not have.
fn of_error(name: &str, tool: &str, error: &Error) -> Check {
    let by = if tool.is_empty() {
        String::new()
    } else {
        format!("`{tool}`: ")
    };
    let Error::Api {
        status,
        code,
        message,
        ..
    } = error
    else {
        let check = Check::failed(name, error);
        return Check {
            found: format!("{by}{}", check.found),
            ..check
        };
    };
    let is_off = matches!(
        code.as_str(),
        "FEATURE_DISABLED" | "ENDPOINT_NOT_FOUND" | "NOT_IMPLEMENTED"
    ) || matches!(status, 404 | 501);
    let next = Check::failed(name, error).next;
    if is_off {
        return Check::skipped(
            name,
            format!("{by}not available in this workspace: {message}"),
        );
    }
    let check = if *status == 403 || code == "PERMISSION_DENIED" {
        Check::fail(name, format!("{by}no permission: {message}"))
    } else {
        Check::fail(name, format!("{by}{error}"))
    };
    Check { next, ..check }
}

fn late(name: &str, tool: &str) -> Check {
    let by = if tool.is_empty() {
        String::new()
    } else {
        format!("`{tool}`: ")
    };
    let found = format!("{by}no answer within {} s", READ_WITHIN.as_secs());
    Check::fail(name, found).next("try again; if it stays so, the service or the network is slow")
}
