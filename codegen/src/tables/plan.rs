//! One tool of the manifest as a row: its request, its pages, its answer.

use crate::manifest::{self, At, Param, Tool, nearest};
use crate::spec::{Location, Operation};

use super::tool_spec::{
    Access, Confirm, Door, Next, Paginate, Place, Plan, RequestPlan, Size, ToolSpec, Wire,
};
use super::{List, Room, check, input, nearest as closeness, output, step, wait};

/// Rows in an answer when neither caller nor manifest says.
const ROWS: u32 = 50;

pub(super) fn tool(room: &mut Room<'_>, toolset: &str, tool: &Tool) -> Option<ToolSpec> {
    for operation in &tool.operations {
        find(room, operation);
    }
    let (door, input_schema, output_schema, verb) = match (&tool.operation, &tool.behaviour) {
        (Some(operation), _) => {
            let operation = find(room, operation)?.clone();
            let arguments = input::arguments(room, tool, &operation);
            let paginate = paginate(room, tool, &operation);
            let wait = tool.wait.as_ref();
            let wait = wait.and_then(|wait| wait::wait(room, wait, &operation));
            let input_schema = input::schema(&arguments, tool, paginate.as_ref());
            let (shape, output_schema) = output::shape(room, tool, &operation, paginate.is_some());
            let plan = Plan {
                request: RequestPlan {
                    operation: operation.id.clone(),
                    verb: operation.verb.clone(),
                    path: operation.path.clone(),
                    arguments: arguments.into_iter().map(|one| one.argument).collect(),
                    raw: operation.raw_response,
                },
                paginate,
                wait,
                shape,
            };
            (
                Door::Table(plan),
                input_schema,
                output_schema,
                operation.verb,
            )
        }
        (None, Some(behaviour)) => {
            let door = Door::Behaviour(behaviour.value.clone());
            (door, String::new(), String::new(), String::new())
        }
        (None, None) => return None,
    };
    check::argument_aliases(room, tool, &input_schema);
    Some(ToolSpec {
        name: tool.name.value.clone(),
        aliases: tool.aliases.iter().map(|name| name.value.clone()).collect(),
        argument_aliases: tool
            .argument_aliases
            .iter()
            .map(|(other, own)| (other.clone(), own.value.clone()))
            .collect(),
        flatten: tool.flatten.iter().cloned().collect(),
        toolset: toolset.to_owned(),
        title: tool.title.clone(),
        description: tool.description.value.clone(),
        access: match tool.access {
            manifest::Access::Read => Access::Read,
            manifest::Access::Write => Access::Write,
            manifest::Access::Destroy => Access::Destroy,
        },
        enforces_read_only: tool.read_only,
        idempotent: tool.idempotent.unwrap_or(
            tool.access == manifest::Access::Read || matches!(verb.as_str(), "PUT" | "DELETE"),
        ),
        output_schema,
        door,
        steps: List(step::steps(room, tool)),
        confirm: tool.confirm.as_ref().map(|confirm| Confirm {
            when: confirm.when.clone().unwrap_or_default(),
            message: confirm.message.clone(),
        }),
        nearest: closeness::nearest(room, tool, &input_schema),
        input_schema,
    })
}

pub(super) fn find<'a>(room: &mut Room<'a>, id: &At<String>) -> Option<&'a Operation> {
    let found = room.api.operation(&id.value);
    if found.is_none() {
        let ids = room.api.operations().map(|operation| operation.id.as_str());
        let message = format!("unknown operation: `{}`", id.value);
        room.problems
            .add(room.file, id, message, nearest(&id.value, ids));
    }
    found
}

/// Where a parameter of this name goes in the request.
pub(super) fn place(room: &Room<'_>, operation: &Operation, name: &str) -> Option<Place> {
    let params = room.api.arguments(operation);
    params
        .iter()
        .find(|param| param.name == name)
        .map(input::place)
}

fn paginate(room: &mut Room<'_>, tool: &Tool, operation: &Operation) -> Option<Paginate> {
    let at = tool.paginate.as_ref()?;
    let said = &at.value;
    let size = said.size.as_ref().and_then(|name| {
        Some(Size {
            wire: wire(room, at, operation, name)?,
            maximum: said.size_maximum.unwrap_or(100),
        })
    });
    Some(Paginate {
        next: next(room, at, operation),
        size,
        limit: said.limit.unwrap_or(ROWS),
    })
}

/// How pages follow each other: as the manifest says, else as the specs know.
fn next(room: &mut Room<'_>, at: &At<manifest::Paginate>, operation: &Operation) -> Option<Next> {
    if let Some(token) = &at.token {
        let response = operation.response.clone().unwrap_or_default();
        output::check_path(room, at, &response, &token.response);
        return Some(Next::ByToken(
            wire(room, at, operation, &token.request)?,
            token.response.clone(),
        ));
    }
    let known = operation.paginate.as_ref()?;
    let request = known.request.as_deref();
    match known.style.as_str() {
        "token" => Some(Next::ByToken(
            wire(room, at, operation, request?)?,
            known.response.clone()?,
        )),
        "offset" => Some(Next::ByOffset(
            wire(room, at, operation, request?)?,
            known.first,
        )),
        "page" => Some(Next::ByPage(
            wire(room, at, operation, request?)?,
            known.first,
        )),
        "next_request" => Some(Next::ByRequest(known.response.clone()?)),
        style => {
            let message = format!(
                "`{}` pages by {style}, which the engine does not do",
                operation.id
            );
            room.problems
                .add(room.file, at, message, Some("write a behaviour".to_owned()));
            None
        }
    }
}

fn wire(
    room: &mut Room<'_>,
    at: &At<manifest::Paginate>,
    operation: &Operation,
    name: &str,
) -> Option<Wire> {
    let place = place(room, operation, name);
    if place.is_none() {
        unknown_param(room, at, operation, name);
    }
    Some(Wire {
        name: name.to_owned(),
        place: place?,
    })
}

pub(super) fn unknown_param<T>(room: &mut Room<'_>, at: &At<T>, operation: &Operation, name: &str) {
    let params = room.api.arguments(operation);
    let message = format!("`{}` has no parameter `{name}`", operation.id);
    let hint = nearest(name, params.iter().map(|param| param.name.as_str()));
    room.problems.add(room.file, at, message, hint);
}

/// Which of the operation's parameters the engine fills by itself.
pub(super) fn engine_params(tool: &Tool, operation: &Operation) -> Vec<String> {
    let Some(said) = &tool.paginate else {
        return Vec::new();
    };
    let known = operation.paginate.as_ref();
    let token = said.token.as_ref().map(|token| token.request.clone());
    token
        .or_else(|| known?.request.clone())
        .into_iter()
        .chain(said.size.clone())
        .collect()
}

/// Whether a parameter reaches the caller under a name.
pub(super) fn shown(param: &Param) -> bool {
    !param.hide && param.value.is_none()
}

/// `Location` as the request builder sees it.
pub(super) fn place_of(location: Location, multi_segment: bool) -> Place {
    match location {
        Location::Path if multi_segment => Place::Segments,
        Location::Path => Place::Segment,
        Location::Query => Place::Query,
        Location::Header => Place::Header,
        Location::Body => Place::Property,
        Location::Raw => Place::Raw,
    }
}
