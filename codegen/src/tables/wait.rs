//! Waiting for what a call started: when it ends, how it is stopped, how it is resumed.

use crate::manifest::{self, At};
use crate::spec::Operation;

use super::plan::{find, place, unknown_param};
use super::tool_spec::{Bind, BindFrom, Condition, Outcome, Progress, RequestPlan, Until, Wait};
use super::{List, Room, input, output};

pub(super) fn wait(
    room: &mut Room<'_>,
    at: &At<manifest::Wait>,
    operation: &Operation,
) -> Option<Wait> {
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
        explain: said.explain.as_ref().unwrap_or(&said.resume).value.clone(),
        within: said.within.clone().unwrap_or_default(),
        every: said.every.clone().unwrap_or_default(),
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
            (BindFrom::Request, path)
        }
        Some(("response", path)) => {
            let response = operation.response.clone().unwrap_or_default();
            output::check_path(room, at, &response, path);
            (BindFrom::Response, path)
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
) -> RequestPlan {
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
    RequestPlan {
        operation: operation.id.clone(),
        verb: operation.verb.clone(),
        path: operation.path.clone(),
        arguments: params
            .iter()
            .filter(|param| bind.iter().any(|bound| bound.name == param.name))
            .flat_map(input::as_given)
            .collect(),
        raw: operation.raw_response,
    }
}
