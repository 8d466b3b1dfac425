//! Corrections to the wheel's facts, from `specs/overlay.yaml`, each with its reason.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};
use serde_saphyr::Spanned;

use super::error::{Error, Stale};
use super::model::{Api, Class, Level, Location, Operation, Response};
use super::resource_name::{segment, variables};

/// The entries of `overlay.yaml`.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    set_paths: Vec<(u64, SetPath)>,
    set_page_items: Vec<(u64, SetPageItems)>,
    add_operations: Vec<(u64, AddOperation)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The reason: the wheel is wrong or silent here.
    reason: String,
    set_path: Option<SetPath>,
    set_page_items: Option<SetPageItems>,
    add_operation: Option<AddOperation>,
}

/// Gives an operation with an ambiguous path a path of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SetPath {
    operation: String,
    from: String,
    to: String,
}

/// Names the class that holds a page, if several could.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SetPageItems {
    operation: String,
    schema: String,
}

/// Adds an operation that the SDK does not carry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AddOperation {
    /// The module whose workspace document gets the operation.
    module: String,
    verb: String,
    path: String,
    /// An OpenAPI operation object.
    operation: Value,
}

fn stale(line: u64, action: &'static str, operation: &str, reason: impl Into<String>) -> Stale {
    Stale {
        line,
        action,
        operation: operation.to_owned(),
        reason: reason.into(),
    }
}

/// A `set_page_items` entry, before its operation is found.
pub(crate) struct PageEntry<'a> {
    line: u64,
    entry: &'a SetPageItems,
}

impl PageEntry<'_> {
    pub(crate) fn stale(&self, reason: impl Into<String>) -> Stale {
        stale(self.line, "set_page_items", &self.entry.operation, reason)
    }

    /// The class among `candidates` that the entry names.
    pub(crate) fn container(&self, candidates: &[&Class]) -> Result<Class, Stale> {
        let found = candidates
            .iter()
            .find(|c| c.name == self.entry.schema)
            .map(|c| (*c).clone());
        found.ok_or_else(|| self.stale(format!("`{}` does not hold its pages", self.entry.schema)))
    }
}

impl Overlay {
    /// Reads the text of `overlay.yaml`.
    pub(crate) fn parse(text: &str) -> Result<Overlay, Error> {
        let config = |reason: String| Error::Config {
            file: "overlay.yaml".to_owned(),
            reason,
        };
        if text.trim().is_empty() {
            return Ok(Overlay::default());
        }
        let entries: Vec<Spanned<Entry>> =
            serde_saphyr::from_str(text).map_err(|e| config(e.to_string()))?;
        let mut overlay = Overlay::default();
        for entry in entries {
            let line = entry.referenced.line();
            if entry.value.reason.trim().is_empty() {
                return Err(config(format!(
                    "entry in line {line} has an empty `reason`"
                )));
            }
            match entry.value {
                Entry {
                    set_path: Some(e),
                    set_page_items: None,
                    add_operation: None,
                    ..
                } => overlay.set_paths.push((line, e)),
                Entry {
                    set_path: None,
                    set_page_items: Some(e),
                    add_operation: None,
                    ..
                } => overlay.set_page_items.push((line, e)),
                Entry {
                    set_path: None,
                    set_page_items: None,
                    add_operation: Some(e),
                    ..
                } => overlay.add_operations.push((line, e)),
                _ => {
                    let reason =
                        "must have exactly one of `set_path`, `set_page_items`, `add_operation`";
                    return Err(config(format!("entry in line {line} {reason}")));
                }
            }
        }
        Ok(overlay)
    }

    /// Applies the `set_path` entries, and returns those that do not apply.
    pub(crate) fn set_paths(&self, operations: &mut [Operation]) -> Vec<Stale> {
        let mut problems = Vec::new();
        for (line, entry) in &self.set_paths {
            let operation = operations.iter_mut().find(|o| o.id == entry.operation);
            let reason = match operation {
                None => "no such operation".to_owned(),
                Some(operation) if operation.path != entry.from => {
                    format!("its path is `{}`, not `{}`", operation.path, entry.from)
                }
                Some(operation) => {
                    set_path(operation, &entry.to);
                    continue;
                }
            };
            problems.push(stale(*line, "set_path", &entry.operation, reason));
        }
        problems
    }

    /// The `set_page_items` entries by operation id; those that do not apply are added to `problems`.
    pub(crate) fn page_containers(
        &self,
        operations: &[Operation],
        problems: &mut Vec<Stale>,
    ) -> BTreeMap<String, PageEntry<'_>> {
        let mut entries = BTreeMap::new();
        for (line, entry) in &self.set_page_items {
            let found = PageEntry { line: *line, entry };
            match operations.iter().find(|o| o.id == entry.operation) {
                None => problems.push(found.stale("no such operation")),
                Some(operation) if !matches!(operation.response, Response::Page { .. }) => {
                    problems.push(found.stale("it does not page"));
                }
                Some(_) => {
                    entries.insert(entry.operation.clone(), found);
                }
            };
        }
        entries
    }

    /// Applies the `add_operation` entries, and returns those that do not apply.
    pub(crate) fn add_operations(&self, api: &mut Api) -> Vec<Stale> {
        let mut problems = Vec::new();
        for (line, entry) in &self.add_operations {
            let id = entry.operation.get("operationId");
            let id = id.and_then(Value::as_str).unwrap_or_default();
            let exists = api
                .operations
                .iter()
                .find(|o| o.id == id || (o.verb == entry.verb && o.path == entry.path));
            let reason = if id.is_empty() {
                "it has no `operationId`".to_owned()
            } else if !api.modules.contains(&entry.module) {
                format!("no module `{}`", entry.module)
            } else if let Some(exists) = exists {
                format!("the SDK has it now, as `{}`", exists.id)
            } else {
                api.operations.push(added(entry, id));
                continue;
            };
            problems.push(stale(*line, "add_operation", id, reason));
        }
        problems
    }
}

/// Replaces the path, and path parameters whose names differ.
fn set_path(operation: &mut Operation, to: &str) {
    let wanted: BTreeSet<&str> = variables(to).into_iter().collect();
    let had: Vec<String> = variables(&operation.path)
        .into_iter()
        .map(str::to_owned)
        .collect();
    let kept = |name: &str| had.iter().any(|h| h == name);
    let split = operation
        .parameters
        .iter()
        .position(|p| p.location != Location::Path)
        .unwrap_or(operation.parameters.len());
    let rest = operation.parameters.split_off(split);
    let old = std::mem::take(&mut operation.parameters);
    for name in variables(to) {
        let parameter = old
            .iter()
            .find(|p| p.field.wire == name && kept(name))
            .cloned();
        operation
            .parameters
            .push(parameter.unwrap_or_else(|| segment(name)));
    }
    operation.parameters.extend(rest);
    let lost = had.iter().find(|h| !wanted.contains(h.as_str()));
    operation.resource = lost.and_then(|lost| resource(&operation.path, to, lost));
    operation.path = to.to_owned();
}

/// The part of `to` that stands where `{lost}` stood in `from`.
fn resource(from: &str, to: &str, lost: &str) -> Option<String> {
    let (before, after) = from.split_once(&format!("{{{lost}}}"))?;
    to.strip_prefix(before)?
        .strip_suffix(after)
        .map(str::to_owned)
}

fn added(entry: &AddOperation, id: &str) -> Operation {
    let mut written = entry.operation.clone();
    if let Value::Object(object) = &mut written {
        object.insert("x-databricks-source".to_owned(), json!("overlay"));
    }
    let (api, method) = id.split_once('.').unwrap_or((id, ""));
    Operation {
        id: id.to_owned(),
        module: entry.module.clone(),
        api: api.to_owned(),
        method: method.to_owned(),
        line: 0,
        level: Level::Workspace,
        verb: entry.verb.clone(),
        path: entry.path.clone(),
        resource: None,
        parameters: Vec::new(),
        body: None,
        response: Response::Empty,
        response_headers: Vec::new(),
        paging: None,
        wait: None,
        long_running: None,
        idempotency: None,
        deprecated: false,
        stage: None,
        aliases: Vec::new(),
        overlay: Some(written),
    }
}
