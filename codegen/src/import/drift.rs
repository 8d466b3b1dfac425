//! Says what an import changed, operation by operation, and which tools of the manifest it touches.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::document::Documents;
use super::error::Error;
use super::manifest_uses::Manifest;
use crate::spec::{Api, Operation, Place};

/// The difference between two imports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// New operations: id, verb and path.
    pub added: Vec<(String, String)>,
    /// Operations that are gone: id, verb and path.
    pub removed: Vec<(String, String)>,
    /// Operations whose verb or path changed: id, before, after.
    pub moved: Vec<(String, String, String)>,
    /// Operations whose parameters changed: id and one phrase per change.
    pub parameters: Vec<(String, Vec<String>)>,
    /// Operations whose work is waited for in another way: id and one phrase per change.
    pub waits: Vec<(String, Vec<String>)>,
    /// Enums whose values changed: name and one phrase per change.
    pub enums: Vec<(String, Vec<String>)>,
    /// Manifest tools that use a changed operation: tool and operations.
    pub tools: Vec<(String, Vec<String>)>,
}

/// One operation: its place, each parameter with its required mark, how it is waited for.
struct Facts {
    place: String,
    takes: BTreeMap<String, bool>,
    waits: BTreeMap<String, String>,
    poll: Option<String>,
    enums: BTreeSet<String>,
}

impl Drift {
    /// Compares the documents before and after.
    pub(crate) fn between(
        before: &Documents,
        after: &Documents,
        manifest: &Manifest,
    ) -> Result<Drift, Error> {
        let (old, new) = (facts(before)?, facts(after)?);
        let mut drift = Drift::default();
        for (id, facts) in &new {
            match old.get(id) {
                None => drift.added.push((id.clone(), facts.place.clone())),
                Some(earlier) => drift.compare(id, earlier, facts),
            }
        }
        let gone = old.iter().filter(|(id, _)| !new.contains_key(*id));
        drift.removed = gone
            .map(|(id, facts)| (id.clone(), facts.place.clone()))
            .collect();
        drift.enums = changed_enums(before, after);
        drift.touch(&old, &new, manifest);
        Ok(drift)
    }

    fn compare(&mut self, id: &str, before: &Facts, after: &Facts) {
        if before.place != after.place {
            self.moved
                .push((id.to_owned(), before.place.clone(), after.place.clone()));
        }
        let mut changes = Vec::new();
        for (name, required) in &after.takes {
            match before.takes.get(name) {
                None if *required => changes.push(format!("+ {name} (required)")),
                None => changes.push(format!("+ {name}")),
                Some(was) if was != required && *required => {
                    changes.push(format!("{name} is now required"))
                }
                Some(was) if was != required => {
                    changes.push(format!("{name} is no longer required"))
                }
                Some(_) => {}
            }
        }
        let gone = before
            .takes
            .keys()
            .filter(|name| !after.takes.contains_key(*name));
        changes.extend(gone.map(|name| format!("- {name}")));
        if !changes.is_empty() {
            self.parameters.push((id.to_owned(), changes));
        }
        let waits = changed_waits(&before.waits, &after.waits);
        if !waits.is_empty() {
            self.waits.push((id.to_owned(), waits));
        }
    }

    fn touch(
        &mut self,
        old: &BTreeMap<String, Facts>,
        new: &BTreeMap<String, Facts>,
        manifest: &Manifest,
    ) {
        let named = self.added.iter().chain(&self.removed).map(|(id, _)| id);
        let named = named
            .chain(self.moved.iter().map(|(id, ..)| id))
            .chain(self.parameters.iter().map(|(id, _)| id))
            .chain(self.waits.iter().map(|(id, _)| id));
        let mut changed: BTreeSet<&str> = named.map(String::as_str).collect();
        let enums: BTreeSet<&str> = self.enums.iter().map(|(name, _)| name.as_str()).collect();
        for (id, facts) in old.iter().chain(new) {
            if facts.enums.iter().any(|name| enums.contains(name.as_str())) {
                changed.insert(id);
            }
        }
        let polls = |id: &str| -> Vec<String> {
            let known = [old.get(id), new.get(id)].into_iter().flatten();
            known.filter_map(|facts| facts.poll.clone()).collect()
        };
        let touched = manifest.uses(polls).into_iter().filter_map(|(tool, uses)| {
            let hits: Vec<String> = uses
                .into_iter()
                .filter(|id| changed.contains(id.as_str()))
                .collect();
            (!hits.is_empty()).then_some((tool, hits))
        });
        self.tools = touched.collect();
    }

    /// Returns true if nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Drift::default()
    }
}

fn facts(documents: &Documents) -> Result<BTreeMap<String, Facts>, Error> {
    let api = Api::of(documents).map_err(|(file, error)| Error::Config {
        file: format!("databricks/{file}"),
        reason: error.to_string(),
    })?;
    let operations = api.operations();
    Ok(operations
        .map(|operation| (operation.id.clone(), fact(&api, operation)))
        .collect())
}

fn fact(api: &Api, operation: &Operation) -> Facts {
    let arguments = api.arguments(operation);
    let takes = arguments.iter().flat_map(|param| {
        let places = param.places();
        places.map(|place| (format!("{} `{}`", word(place), param.name), param.required))
    });
    let mut enums = BTreeSet::new();
    let handle = operation.long_running.as_ref();
    let handle = handle.map(|handle| handle.result.iter().chain(&handle.metadata));
    let schemas = arguments.iter().map(|param| &param.schema);
    let mut seen = BTreeSet::new();
    for schema in schemas
        .chain(&operation.response)
        .chain(handle.into_iter().flatten())
    {
        reach(api, schema, &mut seen, &mut enums);
    }
    Facts {
        place: format!("{} {}", operation.verb, operation.path),
        takes: takes.collect(),
        poll: poll(operation).map(str::to_owned),
        waits: waits(operation),
        enums,
    }
}

fn word(place: Place) -> &'static str {
    match place {
        Place::Segment | Place::Segments => "path",
        Place::Query => "query",
        Place::Header => "header",
        Place::Property => "body",
        Place::Raw => "raw",
    }
}

/// The operation that tells how what `operation` starts goes on.
fn poll(operation: &Operation) -> Option<&str> {
    let wait = operation.wait.as_ref().map(|wait| wait.poll.as_str());
    let handle = operation.long_running.as_ref();
    wait.or(handle.map(|handle| handle.poll.as_str()))
}

/// The parts of waiting for an operation, each by its name; states are names of their own.
fn waits(operation: &Operation) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    let mut bind = None;
    if let Some(wait) = &operation.wait {
        parts.insert("status".to_owned(), wait.status.clone());
        parts.extend(
            wait.message
                .clone()
                .map(|path| ("message".to_owned(), path)),
        );
        for (outcome, states) in [("success", &wait.success), ("failure", &wait.failure)] {
            let states = states.iter();
            parts.extend(states.map(|state| (format!("{outcome} `{state}`"), String::new())));
        }
        bind = Some(&wait.bind);
    }
    if let Some(handle) = &operation.long_running {
        let cancel = handle.cancel.clone();
        parts.extend(cancel.map(|id| ("cancel".to_owned(), id)));
        bind = bind.or(Some(&handle.bind));
    }
    parts.extend(poll(operation).map(|id| ("poll".to_owned(), id.to_owned())));
    let bind = bind.into_iter().flatten();
    parts.extend(bind.map(|(name, from)| (format!("bind `{name}`"), from.clone())));
    parts
}

/// One phrase for each part that is new, gone or different.
fn changed_waits(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Vec<String> {
    let part = |sign: &str, (name, value): (&String, &String)| {
        let value = Some(value).filter(|value| !value.is_empty());
        let value = value.map(|value| format!(" `{value}`"));
        format!("{sign} {name}{}", value.unwrap_or_default())
    };
    let mut changes = Vec::new();
    for (name, value) in after {
        match before.get(name) {
            None => changes.push(part("+", (name, value))),
            Some(was) if was != value => changes.push(format!("{name} `{was}` -> `{value}`")),
            Some(_) => {}
        }
    }
    let gone = before.iter().filter(|(name, _)| !after.contains_key(*name));
    changes.extend(gone.map(|gone| part("-", gone)));
    changes
}

/// Collects the names of all enums that `value` leads to.
fn reach<'a>(
    api: &'a Api,
    value: &'a Value,
    seen: &mut BTreeSet<&'a str>,
    enums: &mut BTreeSet<String>,
) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(name)) = object.get("$ref") {
                let target = api.schema(name).filter(|_| seen.insert(name));
                match target {
                    Some(target) if target.get("enum").is_some() => {
                        enums.insert(name.clone());
                    }
                    Some(target) => reach(api, target, seen, enums),
                    None => {}
                }
                return;
            }
            object
                .values()
                .for_each(|inner| reach(api, inner, seen, enums));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|inner| reach(api, inner, seen, enums)),
        _ => {}
    }
}

fn enum_name(file: &str, name: &str) -> String {
    format!("{}.{name}", file.split('.').next().unwrap_or_default())
}

fn enums(documents: &Documents) -> BTreeMap<String, Vec<&str>> {
    let mut all = BTreeMap::new();
    for (file, document) in documents {
        let schemas = document
            .pointer("/components/schemas")
            .and_then(Value::as_object);
        for (name, schema) in schemas.into_iter().flatten() {
            if let Some(values) = schema.get("enum").and_then(Value::as_array) {
                all.insert(
                    enum_name(file, name),
                    values.iter().filter_map(Value::as_str).collect(),
                );
            }
        }
    }
    all
}

fn changed_enums(before: &Documents, after: &Documents) -> Vec<(String, Vec<String>)> {
    let (old, new) = (enums(before), enums(after));
    let mut changed = Vec::new();
    for (name, values) in new {
        let Some(earlier) = old.get(&name) else {
            continue;
        };
        let grown = values
            .iter()
            .filter(|v| !earlier.contains(v))
            .map(|v| format!("+ `{v}`"));
        let shrunk = earlier
            .iter()
            .filter(|v| !values.contains(v))
            .map(|v| format!("- `{v}`"));
        let changes: Vec<String> = grown.chain(shrunk).collect();
        if !changes.is_empty() {
            changed.push((name, changes));
        }
    }
    changed
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return write!(f, "no drift");
        }
        let mut lines: Vec<String> = Vec::new();
        let mut section = |title: &str, entries: Vec<String>| {
            if !entries.is_empty() {
                lines.push(format!("{title} ({}):", entries.len()));
                lines.extend(entries.into_iter().map(|entry| format!("  {entry}")));
            }
        };
        let joined = |all: &[(String, Vec<String>)]| {
            all.iter()
                .map(|(n, c)| format!("{n}: {}", c.join(", ")))
                .collect()
        };
        section(
            "operations added",
            self.added
                .iter()
                .map(|(id, place)| format!("+ {id}  {place}"))
                .collect(),
        );
        section(
            "effects to review in specs/effects.yaml, until then by verb",
            self.added
                .iter()
                .map(|(id, place)| format!("? {id}  {place}"))
                .collect(),
        );
        section(
            "operations removed",
            self.removed
                .iter()
                .map(|(id, place)| format!("- {id}  {place}"))
                .collect(),
        );
        section(
            "operations moved",
            self.moved
                .iter()
                .map(|(id, was, is)| format!("{id}  {was} -> {is}"))
                .collect(),
        );
        section("parameters changed", joined(&self.parameters));
        section("waits changed", joined(&self.waits));
        section("enums changed", joined(&self.enums));
        section("tools touched", joined(&self.tools));
        write!(f, "{}", lines.join("\n"))
    }
}
