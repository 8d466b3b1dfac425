//! The operation that shows a thing, for one that deletes or replaces it.

use serde_json::{Map, Value};

use crate::api;
use crate::catalog::{Effect, OPERATIONS, Operation};

/// Last words of the path of an operation that shows one thing.
const SHOWING: [&str; 2] = ["get", "get-status"];

/// The operation that shows what `operation` acts on, with its arguments: the one that reads the same path, or the
/// path that says `get` in place of `delete`. `None` where the API has none, or the arguments do not name one thing.
pub(super) fn twin(
    operation: &Operation,
    arguments: &Map<String, Value>,
) -> Option<(&'static Operation, Map<String, Value>)> {
    let path = operation.path;
    let (parent, last) = path.rsplit_once('/')?;
    let mut paths = Vec::new();
    // What a POST makes at its own path need not be there yet.
    if operation.verb != "POST" || last.starts_with('{') {
        paths.push(path.to_owned());
    } else {
        paths.extend(SHOWING.iter().map(|word| format!("{parent}/{word}")));
        if parent.ends_with('}') {
            paths.push(parent.to_owned());
        }
    }
    // The content of a file is no look at it; its head is.
    let raw = |known: &Operation| {
        let facts = api::Facts::get().ok();
        facts
            .and_then(|facts| facts.operation(known.id))
            .is_none_or(|facts| facts.raw)
    };
    paths.iter().find_map(|path| {
        let reads = |verb: &'static str| {
            OPERATIONS.iter().find(move |known| {
                known.verb == verb && known.effect == Effect::Reads && same(known.path, path)
            })
        };
        let shown = reads("GET").filter(|known| !raw(known));
        let known = shown.or_else(|| reads("HEAD"))?;
        named(known, path, arguments).map(|arguments| (known, arguments))
    })
}

/// True if two path templates differ in nothing but the names of their parameters.
fn same(one: &str, other: &str) -> bool {
    let (mut ours, mut theirs) = (one.split('/'), other.split('/'));
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || (a.starts_with('{') && b.starts_with('{')) => {}
            _ => return false,
        }
    }
}

/// The arguments by which `known` shows one thing: those of its path, and scalars of the same name.
fn named(known: &Operation, path: &str, given: &Map<String, Value>) -> Option<Map<String, Value>> {
    let scalar = |name: &str| {
        let value = given.get(name)?;
        let full = value.is_number() || value.as_str().is_some_and(|text| !text.is_empty());
        full.then(|| value.clone())
    };
    let facts = api::Facts::get().ok()?;
    let params = &facts.operation(known.id)?.params;
    let holes = known.path.split('/').zip(path.split('/'));
    let mut arguments = Map::new();
    for (own, theirs) in holes.filter(|(own, _)| own.starts_with('{')) {
        let trim = |hole: &str| hole.trim_matches(['{', '}']).to_owned();
        arguments.insert(trim(own), scalar(&trim(theirs))?);
    }
    for param in params.iter().filter(|param| param.is_needed(known)) {
        if !arguments.contains_key(&param.name) {
            arguments.insert(param.name.clone(), scalar(&param.name)?);
        }
    }
    (!arguments.is_empty()).then_some(arguments)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn of(id: &str, given: Value) -> Option<(&'static str, Value)> {
        let found = twin(api::find(id).unwrap(), given.as_object().unwrap());
        found.map(|(operation, arguments)| (operation.id, arguments.into()))
    }

    #[test]
    fn what_is_deleted_or_replaced_can_be_shown_first() {
        for (id, given, shown) in [
            (
                "catalogs.delete",
                json!({ "name": "main", "force": true }),
                ("catalogs.get", json!({ "name": "main" })),
            ),
            (
                "jobs.delete",
                json!({ "job_id": 7 }),
                ("jobs.get", json!({ "job_id": 7 })),
            ),
            (
                "jobs.reset",
                json!({ "job_id": 7, "new_settings": {} }),
                ("jobs.get", json!({ "job_id": 7 })),
            ),
            (
                "clusters.delete",
                json!({ "cluster_id": "c" }),
                ("clusters.get", json!({ "cluster_id": "c" })),
            ),
            (
                "warehouses.stop",
                json!({ "id": "w" }),
                ("warehouses.get", json!({ "id": "w" })),
            ),
            (
                "workspace.delete",
                json!({ "path": "/a", "recursive": true }),
                ("workspace.get_status", json!({ "path": "/a" })),
            ),
            (
                "dbfs.delete",
                json!({ "path": "/a" }),
                ("dbfs.get_status", json!({ "path": "/a" })),
            ),
            (
                "files.upload",
                json!({ "file_path": "/Volumes/a", "overwrite": true }),
                ("files.get_metadata", json!({ "file_path": "/Volumes/a" })),
            ),
            (
                "groups.delete",
                json!({ "id": "9" }),
                ("groups.get", json!({ "id": "9" })),
            ),
        ] {
            assert_eq!(of(id, given), Some(shown), "{id}");
        }
    }

    #[test]
    fn what_names_no_one_thing_has_none() {
        assert_eq!(of("catalogs.delete", json!({})), None);
        assert_eq!(of("catalogs.delete", json!({ "name": "" })), None);
        assert_eq!(
            of("jobs.cancel_all_runs", json!({ "all_queued_runs": true })),
            None
        );
    }
}
