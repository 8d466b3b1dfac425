//! Every operation that a tool may send: its own, those it waits by, and those it looks names up with.

use crate::manifest::{Access, At, Tool, nearest as closest};

use super::lookup::find;
use super::tool_spec::{Door, Plan, SentOperation, Source};
use super::{List, Room};

/// The operation that answers with the workspace's id.
const WORKSPACE_ID: &str = "current_user.me";

/// The operations of a tool, the primary ones first.
pub(super) fn operations(room: &mut Room<'_>, tool: &Tool, door: &Door) -> List<SentOperation> {
    for named in tool.operations.iter().chain(&tool.lookups) {
        find(room, named);
    }
    let primary = primary(tool);
    let mut ids: Vec<String> = primary.iter().map(|id| id.value.clone()).collect();
    ids.extend(tool.operations.iter().map(|id| id.value.clone()));
    if let Door::Table(plan) = door {
        ids.extend(of_plan(plan));
    }
    for known in tool.primary.iter().filter(|id| !sends(tool, id)) {
        let message = format!(
            "`primary` names `{}`, which `{}` does not send",
            known.value, tool.name.value
        );
        let names = tool.operations.iter();
        let hint = closest(&known.value, names.map(|id| id.value.as_str()));
        room.problems.add(room.file, known, message, hint);
    }
    ids.extend(tool.lookups.iter().map(|id| id.value.clone()));
    ids.extend(of_lists(room, tool));
    let mut sent: Vec<SentOperation> = Vec::new();
    for id in ids {
        let known = room.api.operation(&id);
        // An unknown one has been reported where it is named.
        let Some(operation) = known.filter(|_| sent.iter().all(|one| one.id != id)) else {
            continue;
        };
        sent.push(SentOperation {
            primary: primary.iter().any(|one| one.value == id),
            reads: reads(room, &id, &operation.verb),
            verb: operation.verb.clone(),
            path: operation.path.clone(),
            id,
        });
    }
    List(sent)
}

/// The operations that the tool is there to send.
fn primary(tool: &Tool) -> Vec<&At<String>> {
    if !tool.primary.is_empty() {
        // One that it does not send has been reported.
        return tool.primary.iter().filter(|id| sends(tool, id)).collect();
    }
    let first = tool.operations.first();
    tool.operation.as_ref().or(first).into_iter().collect()
}

fn sends(tool: &Tool, id: &At<String>) -> bool {
    tool.behaviour.is_some() && tool.operations.contains(id)
}

fn of_plan(plan: &Plan) -> Vec<String> {
    let wait = plan.wait.as_ref();
    let requests = std::iter::once(&plan.request)
        .chain(wait.map(|wait| &wait.poll))
        .chain(wait.and_then(|wait| wait.cancel.as_ref()))
        .chain(plan.shape.each.0.iter().map(|each| &each.request));
    let mut ids = Vec::new();
    for request in requests {
        ids.push(request.operation.clone());
        let mut sources = request.arguments.0.iter().map(|argument| &argument.source);
        if sources.any(|source| matches!(source, Source::CallerOrWorkspace)) {
            ids.push(WORKSPACE_ID.to_owned());
        }
    }
    ids
}

/// The operations of the tools that list close names or show what was written.
fn of_lists(room: &Room<'_>, tool: &Tool) -> Vec<String> {
    let tools = || room.source.toolsets.iter().flat_map(|(_, set)| &set.tools);
    let list = |name: &At<String>| tools().find(|tool| tool.name == *name)?.operation.as_ref();
    let shown_by = tool
        .result
        .iter()
        .filter_map(|result| result.shown_by.as_ref());
    let lists = tool.nearest.iter().map(|at| &at.value.list).chain(shown_by);
    let lists = lists.filter_map(list);
    lists.map(|id| id.value.clone()).collect()
}

/// True for a GET or HEAD, and for an operation that all tools standing for it declare as reading.
fn reads(room: &Room<'_>, id: &str, verb: &str) -> bool {
    let tools = room.source.toolsets.iter().flat_map(|(_, set)| &set.tools);
    let mut standing = tools
        .filter(|tool| tool.operation.as_ref().is_some_and(|one| one.value == id))
        .peekable();
    matches!(verb, "GET" | "HEAD")
        || (standing.peek().is_some() && standing.all(|tool| *tool.access == Access::Read))
}
