//! Collecting a list: how its pages follow each other, and which parameters that fills.

use crate::manifest::{self, At, Tool, nearest};
use crate::spec::Operation;

use super::lookup::{check_path, param};
use super::tool_spec::{By, Condition, Descend, Narrow, Next, Order, Paginate, Size};
use super::{List, Room};

/// Rows in an answer when neither caller nor manifest says.
const ROWS: u32 = 50;

pub(super) fn paginate(
    room: &mut Room<'_>,
    tool: &Tool,
    operation: &Operation,
) -> Option<Paginate> {
    let Some(at) = tool.paginate.as_ref() else {
        unbounded(room, tool, operation);
        return None;
    };
    if at.limit == Some(0) {
        let message = format!("`limit: 0` leaves no row of `{}`", tool.name.value);
        let hint = format!("leave it out for {ROWS}");
        room.problems.add(room.file, at, message, Some(hint));
    }
    let said = &at.value;
    let size = said.size.as_ref().and_then(|name| {
        Some(Size {
            wire: param(room, at, operation, name)?.wire(),
            maximum: said.size_maximum.unwrap_or(100),
        })
    });
    Some(Paginate {
        next: next(room, at, operation),
        size,
        limit: said.limit.unwrap_or(ROWS),
        narrow: narrow(room, tool, at),
        order: said.order.as_ref().map(|order| {
            for field in order.by.values() {
                shown(room, tool, at, field);
            }
            Order {
                listed: order.listed.clone(),
                by: order
                    .by
                    .iter()
                    .map(|(value, field)| (value.clone(), field.clone()))
                    .collect(),
                among: order.among,
            }
        }),
        descend: said.descend.as_ref().map(|descend| {
            let renamed = |(wire, param): (&At<String>, &manifest::Param)| {
                param.rename.clone().unwrap_or_else(|| wire.value.clone())
            };
            let arguments: Vec<String> = tool.params.iter().map(renamed).collect();
            if !arguments.contains(&descend.folder) {
                let message = format!("`{}` has no argument `{}`", tool.name.value, descend.folder);
                let hint = nearest(&descend.folder, arguments.iter().map(String::as_str));
                room.problems.add(room.file, at, message, hint);
            }
            for field in descend.when.keys().chain([&descend.path]) {
                shown(room, tool, at, field);
            }
            Descend {
                folder: descend.folder.clone(),
                path: descend.path.clone(),
                when: descend
                    .when
                    .iter()
                    .map(|(field, any)| Condition {
                        field: field.clone(),
                        any: any.value.iter().cloned().collect(),
                    })
                    .collect(),
                folders: descend.folders,
            }
        }),
    })
}

fn narrow(room: &mut Room<'_>, tool: &Tool, at: &At<manifest::Paginate>) -> List<Narrow> {
    let mut all = Vec::new();
    for (argument, said) in &at.narrow {
        shown(room, tool, argument, &said.r#in);
        all.push(Narrow {
            argument: argument.value.clone(),
            field: said.r#in.clone(),
            by: match said.by {
                manifest::By::Part => By::Part,
                manifest::By::FileName => By::FileName,
                manifest::By::Tag => By::Tag,
            },
        });
    }
    List(all)
}

/// Holds a name to the fields that the tool shows.
fn shown<T>(room: &mut Room<'_>, tool: &Tool, at: &At<T>, field: &str) {
    let fields = tool.result.iter().flat_map(|result| result.fields.keys());
    if !fields.clone().any(|known| known == field) {
        let message = format!("`{}` shows no field `{field}`", tool.name.value);
        let hint = nearest(field, fields.map(String::as_str));
        room.problems.add(room.file, at, message, hint);
    }
}

/// True for a list that shows all it gets.
pub(super) fn is_unbounded(tool: &Tool, operation: &Operation) -> bool {
    operation.paginate.is_some() && tool.paginate.is_none() && tool.wait.is_none()
}

/// Notes a list that shows all it gets: its answer could be of any size.
fn unbounded(room: &mut Room<'_>, tool: &Tool, operation: &Operation) {
    if is_unbounded(tool, operation) {
        let message = format!(
            "`{}` lists without a bound: `{}` answers in pages",
            tool.name.value, operation.id
        );
        let hint = format!("add `paginate: {{ limit: {ROWS} }}`");
        let at = tool.operation.as_ref().unwrap_or(&tool.name);
        room.problems.add(room.file, at, message, Some(hint));
    }
}

/// The way from page to page: as the manifest says, else as the specs know.
fn next(room: &mut Room<'_>, at: &At<manifest::Paginate>, operation: &Operation) -> Option<Next> {
    let Some(token) = &at.token else {
        return room.api.facts(operation).next();
    };
    let response = operation.response.clone().unwrap_or_default();
    check_path(room, at, &response, &token.response);
    let wire = param(room, at, operation, &token.request)?.wire();
    Some(Next::ByToken(wire, token.response.clone()))
}

/// The parameters of the operation that the engine fills by itself.
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
