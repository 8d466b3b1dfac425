//! One tool of the manifest as a row: its request, its pages, its waiting, its answer.

use crate::manifest::{self, At, Param, Tool, nearest};
use crate::spec::{Location, Operation};

use super::row::{
    Access, Argument, Bind, Call, Condition, Confirm, Door, From, Next, Outcome, Paginate, Place,
    Plan, Progress, Row, Size, Source, Until, Wait, Wire,
};
use super::{List, Room, input, output};

/// Rows in an answer when neither caller nor manifest says.
const ROWS: u32 = 50;

pub(super) fn row(room: &mut Room<'_>, toolset: &str, tool: &Tool) -> Option<Row> {
    for operation in &tool.operations {
        find(room, operation);
    }
    let (door, input_schema, output_schema, verb) = match (&tool.operation, &tool.behaviour) {
        (Some(operation), _) => {
            let operation = find(room, operation)?.clone();
            let arguments = input::arguments(room, tool, &operation);
            let paginate = paginate(room, tool, &operation);
            let wait = wait(room, tool, &operation);
            let input_schema = input::schema(&arguments, tool, paginate.as_ref());
            let (shape, output_schema) = output::shape(room, tool, &operation, paginate.is_some());
            let plan = Plan {
                call: Call {
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
    Some(Row {
        name: tool.name.value.clone(),
        aliases: tool.aliases.iter().map(|name| name.value.clone()).collect(),
        toolset: toolset.to_owned(),
        title: tool.title.clone(),
        description: tool.description.value.clone(),
        access: match tool.access {
            manifest::Access::Read => Access::Read,
            manifest::Access::Write => Access::Write,
            manifest::Access::Destroy => Access::Destroy,
        },
        restrains: tool.read_only,
        idempotent: tool.idempotent.unwrap_or(
            tool.access == manifest::Access::Read || matches!(verb.as_str(), "PUT" | "DELETE"),
        ),
        input_schema,
        output_schema,
        door,
        confirm: tool.confirm.as_ref().map(|confirm| Confirm {
            when: confirm.when.clone().unwrap_or_default(),
            message: confirm.message.clone(),
        }),
    })
}

fn find<'a>(room: &mut Room<'a>, id: &At<String>) -> Option<&'a Operation> {
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
fn place(room: &Room<'_>, operation: &Operation, name: &str) -> Option<Place> {
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

fn unknown_param<T>(room: &mut Room<'_>, at: &At<T>, operation: &Operation, name: &str) {
    let params = room.api.arguments(operation);
    let message = format!("`{}` has no parameter `{name}`", operation.id);
    let hint = nearest(name, params.iter().map(|param| param.name.as_str()));
    room.problems.add(room.file, at, message, hint);
}

fn wait(room: &mut Room<'_>, tool: &Tool, operation: &Operation) -> Option<Wait> {
    let at = tool.wait.as_ref()?;
    let said = &at.value;
    let poll = find(room, &said.poll)?.clone();
    let cancel = said.cancel.as_ref().and_then(|id| find(room, id)).cloned();
    let response = poll.response.clone().unwrap_or_default();
    let paths = [&said.state].into_iter().chain(&said.message);
    for path in paths.chain(said.progress.as_ref().map(|progress| &progress.items)) {
        output::check_path(room, at, &response, path);
    }
    if let Some(progress) = &said.progress {
        let path = format!("{}.{}", progress.items, progress.field);
        output::check_path(room, at, &response, &path);
    }
    for until in &said.until {
        for path in std::iter::once(&until.field).chain(until.and.keys()) {
            output::check_path(room, until, &response, path);
        }
    }
    let bind: Vec<Bind> = said
        .bind
        .iter()
        .filter_map(|(name, from)| bind(room, at, operation, &poll, name, from))
        .collect();
    Some(Wait {
        poll: bound_call(room, at, &poll, &bind),
        cancel: cancel.map(|cancel| bound_call(room, at, &cancel, &bind)),
        bind: List(bind),
        until: said.until.iter().map(|until| condition(until)).collect(),
        state: said.state.clone(),
        message: said.message.clone().unwrap_or_default(),
        progress: said.progress.as_ref().map(|progress| Progress {
            items: progress.items.clone(),
            done: Condition {
                field: progress.field.clone(),
                any: progress.done.iter().cloned().collect(),
            },
        }),
        answer_within: said.answer_within.0,
        resume: said.resume.value.clone(),
    })
}

fn condition(until: &manifest::Until) -> Until {
    let first = std::iter::once((&until.field, &until.r#in));
    Until {
        all: first
            .chain(&until.and)
            .map(|(field, any)| Condition {
                field: field.clone(),
                any: any.iter().cloned().collect(),
            })
            .collect(),
        is: match until.is {
            manifest::Outcome::Success => Outcome::Success,
            manifest::Outcome::Failure => Outcome::Failure,
        },
    }
}

fn bind(
    room: &mut Room<'_>,
    at: &At<manifest::Wait>,
    operation: &Operation,
    poll: &Operation,
    name: &str,
    from: &str,
) -> Option<Bind> {
    if place(room, poll, name).is_none() {
        unknown_param(room, at, poll, name);
    }
    let (from, path) = match from.split_once('.') {
        Some(("request", path)) => {
            if place(room, operation, path).is_none() {
                unknown_param(room, at, operation, path);
            }
            (From::Request, path)
        }
        Some(("response", path)) => {
            let response = operation.response.clone().unwrap_or_default();
            output::check_path(room, at, &response, path);
            (From::Response, path)
        }
        _ => {
            let message =
                format!("`{name}` is bound to `{from}`, which is neither request nor response");
            let hint = "write `request.<argument>` or `response.<field>`".to_owned();
            room.problems.add(room.file, at, message, Some(hint));
            return None;
        }
    };
    Some(Bind {
        resume_as: resume_as(room, &at.resume.value, name),
        name: name.to_owned(),
        from,
        path: path.to_owned(),
    })
}

/// What the tool that resumes calls an argument of this wire name.
fn resume_as(room: &Room<'_>, tool: &str, name: &str) -> String {
    let tools = room
        .source
        .toolsets
        .iter()
        .flat_map(|(_, toolset)| &toolset.tools);
    let mut named = tools.filter(|known| known.name.value == tool);
    let param = named.find_map(|tool| tool.params.iter().find(|(wire, _)| wire.value == name));
    param
        .and_then(|(_, param)| param.rename.clone())
        .unwrap_or_else(|| name.to_owned())
}

/// A request whose arguments are all bound: the required ones must be.
fn bound_call(
    room: &mut Room<'_>,
    at: &At<manifest::Wait>,
    operation: &Operation,
    bind: &[Bind],
) -> Call {
    let params = room.api.arguments(operation);
    for param in &params {
        if param.required && !bind.iter().any(|bound| bound.name == param.name) {
            let message = format!(
                "`{}` needs `{}`, which `bind` does not give",
                operation.id, param.name
            );
            room.problems.add(room.file, at, message, None);
        }
    }
    Call {
        operation: operation.id.clone(),
        verb: operation.verb.clone(),
        path: operation.path.clone(),
        arguments: params
            .iter()
            .filter(|param| bind.iter().any(|bound| bound.name == param.name))
            .map(|param| Argument {
                name: param.name.clone(),
                wire: param.name.clone(),
                place: input::place(param),
                source: Source::Caller,
                base64: false,
            })
            .collect(),
        raw: operation.raw_response,
    }
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
