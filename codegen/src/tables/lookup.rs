//! Names of the manifest looked up in the API: operations, their parameters, fields of their answers.

use serde_json::Value;

use crate::manifest::{At, Removed, nearest};
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
        let is_it = |gone: &Removed| {
            gone.operation.as_deref() == Some(&id.value) && gone.parameter.is_none()
        };
        let hint = renamed
            .map(|operation| format!("it is called `{}` now", operation.id))
            .or_else(|| removed(room, is_it))
            .or_else(|| nearest(&id.value, ids))
            .or_else(|| unknown(room, &id.value));
        room.problems.add(room.file, id, message, hint);
    }
    found
}

/// The version that has removed a name, and from where.
fn removed(room: &Room<'_>, is_it: impl Fn(&Removed) -> bool) -> Option<String> {
    let gone = room.source.removed.iter().filter(|gone| is_it(gone));
    let told: Vec<String> = gone
        .map(|gone| match &gone.schema {
            Some(schema) => format!("version {} removed it from `{schema}`", gone.version),
            None => format!("version {} removed it", gone.version),
        })
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// What can be said of a name that nothing comes close to: that the documents do not have it, and how to see whether
/// they had.
fn unknown(room: &Room<'_>, name: &str) -> Option<String> {
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
        let is_it = |gone: &Removed| {
            gone.operation.as_deref() == Some(&operation.id)
                && gone.parameter.as_deref() == Some(name)
        };
        let hint = removed(room, is_it)
            .or_else(|| nearest(name, params.iter().map(|param| param.name.as_str())))
            .or_else(|| unknown(room, name));
        room.problems.add(room.file, at, message, hint);
    }
    found.cloned()
}

/// Notes a problem where `path`, or one of its alternatives, leads nowhere in `schema`.
pub(super) fn check_path<T>(room: &mut Room<'_>, at: &At<T>, schema: &Value, path: &str) {
    for path in alternatives(path) {
        if let Err(miss) = room.api.field(schema, path) {
            let message = format!("no field `{}` in the answer (path `{path}`)", miss.segment);
            let is_it = |gone: &Removed| gone.field.as_deref() == Some(&miss.segment);
            let hint = removed(room, is_it)
                .or_else(|| nearest(&miss.segment, miss.known.iter().map(String::as_str)))
                .or_else(|| unknown(room, &miss.segment));
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
