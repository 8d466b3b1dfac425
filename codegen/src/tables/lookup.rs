//! Names of the manifest looked up in the API: operations, their parameters, fields of their answers.

use serde_json::Value;

use crate::manifest::{At, nearest};
use crate::spec::{Level, Operation, ParamFacts};

use super::{List, Room, tool_spec};

/// The operation of this id; an unknown one is a problem.
pub(super) fn find<'a>(room: &mut Room<'a>, id: &At<String>) -> Option<&'a Operation> {
    let found = room.api.operation(&id.value);
    if found.is_none() {
        let ids = room.api.operations().map(|operation| operation.id.as_str());
        let message = format!("unknown operation: `{}`", id.value);
        let mut all = room.api.operations();
        let renamed = all.find(|operation| operation.aliases.contains(&id.value));
        let hint = match renamed {
            Some(operation) => Some(format!("it is called `{}` now", operation.id)),
            None => nearest(&id.value, ids),
        };
        let hint = hint.or_else(|| gone(room, &id.value));
        room.problems.add(room.file, id, message, hint);
    }
    found
}

/// What can be said of a name that nothing comes close to: that the documents do not have it, and how to see whether
/// they had.
fn gone(room: &Room<'_>, name: &str) -> Option<String> {
    let version = match room.source.version.as_str() {
        "" => String::new(),
        version => format!(" of version {version}"),
    };
    Some(format!(
        "the documents{version} have no such name; \
         `git log -S '{name}' -- specs/databricks` shows whether an update has removed it"
    ))
}

/// The parameter of this name; an unknown one is a problem.
pub(super) fn param<T>(
    room: &mut Room<'_>,
    at: &At<T>,
    operation: &Operation,
    name: &str,
) -> Option<ParamFacts> {
    let params = room.api.arguments(operation);
    let found = params.iter().find(|param| param.name == name);
    if found.is_none() {
        let message = format!("`{}` has no parameter `{name}`", operation.id);
        let hint = nearest(name, params.iter().map(|param| param.name.as_str()));
        let hint = hint.or_else(|| gone(room, name));
        room.problems.add(room.file, at, message, hint);
    }
    found.cloned()
}

/// Notes a problem where `path`, or one of its alternatives, leads nowhere in `schema`.
pub(super) fn check_path<T>(room: &mut Room<'_>, at: &At<T>, schema: &Value, path: &str) {
    for path in alternatives(path) {
        if let Err(miss) = room.api.field(schema, path) {
            let message = format!("no field `{}` in the answer (path `{path}`)", miss.segment);
            let hint = nearest(&miss.segment, miss.known.iter().map(String::as_str));
            let hint = hint.or_else(|| gone(room, &miss.segment));
            room.problems.add(room.file, at, message, hint);
        }
    }
}

/// The paths of which the first that leads to something counts.
pub(super) fn alternatives(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('|')
}

/// The operation as one line of the server's index.
pub(super) fn row(operation: &Operation) -> tool_spec::Operation {
    tool_spec::Operation {
        id: operation.id.clone(),
        verb: operation.verb.clone(),
        path: operation.path.clone(),
        account: operation.level == Level::Account,
        deprecated: operation.deprecated,
        documented: !operation.added,
        aliases: operation.aliases.iter().cloned().collect(),
        stage: operation.stage.clone().unwrap_or_default(),
        // Given by `effects`.
        effect: tool_spec::Effect::Writes,
        under: List::default(),
    }
}
