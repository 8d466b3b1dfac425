//! Rules by operation that hold for every tool: objects that come in pages, parameters that are checked.

use crate::manifest::nearest;

use super::lookup::{check_path, find, param};
use super::tool_spec::{Checked, Door, Paged, ToolSpec};
use super::{List, Room};

/// Operations whose answer is one object in pages.
pub(super) fn objects(room: &mut Room<'_>) -> List<Paged> {
    let mut objects = Vec::new();
    let source = room.source;
    for (file, set) in &source.toolsets {
        let room = &mut room.in_file(file);
        for (id, said) in &set.objects {
            let Some(operation) = find(room, id) else {
                continue;
            };
            let response = operation.response.clone().unwrap_or_default();
            check_path(room, said, &response, &said.response);
            if let Some(request) = param(room, said, operation, &said.request) {
                objects.push(Paged {
                    operation: operation.id.clone(),
                    request: request.wire(),
                    response: said.response.clone(),
                });
            }
        }
    }
    List(objects)
}

/// Operations whose parameters are checked before they are sent.
pub(super) fn checked(room: &mut Room<'_>, tools: &[ToolSpec]) -> List<Checked> {
    let mut checked = Vec::new();
    let source = room.source;
    for (file, set) in &source.toolsets {
        let room = &mut room.in_file(file);
        for (id, said) in &set.checked {
            let Some(operation) = find(room, id) else {
                continue;
            };
            let named = std::iter::once(&said.named);
            for name in named.chain(said.names.keys()).chain(said.of_tasks.keys()) {
                param(room, said, operation, name);
            }
            let shows = tools.iter().find(|tool| tool.name == said.by.value);
            let shows = shows.and_then(|tool| match &tool.door {
                Door::Table(plan) => Some(&plan.request.operation),
                Door::Behaviour(_) => None,
            });
            let Some(shows) = shows.and_then(|id| room.api.operation(id)) else {
                let message = format!("`by` names no table tool: `{}`", said.by.value);
                let hint = nearest(&said.by.value, tools.iter().map(|tool| tool.name.as_str()));
                room.problems.add(room.file, &said.by, message, hint);
                continue;
            };
            let response = shows.response.clone().unwrap_or_default();
            let paths = said.names.values().cloned();
            let of_tasks = said.of_tasks.values().flat_map(|task| {
                [&task.kind, &task.used].map(|path| format!("{}.{path}", said.tasks))
            });
            for path in paths.chain([said.tasks.clone()]).chain(of_tasks) {
                check_path(room, said, &response, &path);
            }
            checked.push(Checked {
                operation: operation.id.clone(),
                by: said.by.value.clone(),
                named: said.named.clone(),
                names: said
                    .names
                    .iter()
                    .map(|(name, path)| (name.clone(), path.clone()))
                    .collect(),
                tasks: said.tasks.clone(),
                of_tasks: said
                    .of_tasks
                    .iter()
                    .map(|(name, task)| (name.clone(), task.kind.clone(), task.used.clone()))
                    .collect(),
            });
        }
    }
    List(checked)
}
