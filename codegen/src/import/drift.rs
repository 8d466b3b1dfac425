//! Says what an import changed, operation by operation, and which tools of the manifest it touches.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::document::Documents;
use super::verify::{Written, operations};

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
    /// Enums whose values changed: name and one phrase per change.
    pub enums: Vec<(String, Vec<String>)>,
    /// Manifest tools that use a changed operation: tool and operations.
    pub tools: Vec<(String, Vec<String>)>,
}

/// What one operation takes: its place, and each parameter with its required mark.
struct Facts {
    place: String,
    takes: BTreeMap<String, bool>,
    enums: BTreeSet<String>,
}

impl Drift {
    /// Compares the documents before and after; `tools` maps tool names to operation ids.
    pub(crate) fn between(
        before: &Documents,
        after: &Documents,
        tools: &BTreeMap<String, BTreeSet<String>>,
    ) -> Drift {
        let (old, new) = (facts(before), facts(after));
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
        drift.touch(&old, &new, tools);
        drift
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
    }

    fn touch(
        &mut self,
        old: &BTreeMap<String, Facts>,
        new: &BTreeMap<String, Facts>,
        tools: &BTreeMap<String, BTreeSet<String>>,
    ) {
        let named = self.added.iter().chain(&self.removed).map(|(id, _)| id);
        let named = named
            .chain(self.moved.iter().map(|(id, ..)| id))
            .chain(self.parameters.iter().map(|(id, _)| id));
        let mut changed: BTreeSet<&str> = named.map(String::as_str).collect();
        let enums: BTreeSet<&str> = self.enums.iter().map(|(name, _)| name.as_str()).collect();
        for (id, facts) in old.iter().chain(new) {
            if facts.enums.iter().any(|name| enums.contains(name.as_str())) {
                changed.insert(id);
            }
        }
        let touched = tools.iter().filter_map(|(tool, uses)| {
            let hits: Vec<String> = uses
                .iter()
                .filter(|id| changed.contains(id.as_str()))
                .cloned()
                .collect();
            (!hits.is_empty()).then(|| (tool.clone(), hits))
        });
        self.tools = touched.collect();
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Drift::default()
    }
}

fn facts(documents: &Documents) -> BTreeMap<String, Facts> {
    operations(documents)
        .into_iter()
        .map(|o| (o.id().to_owned(), fact(&o, documents)))
        .collect()
}

fn fact(operation: &Written<'_>, documents: &Documents) -> Facts {
    let mut takes = BTreeMap::new();
    let parameters = operation.object.get("parameters").and_then(Value::as_array);
    for parameter in parameters.into_iter().flatten() {
        let text = |key: &str| {
            parameter
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let required = parameter
            .get("required")
            .and_then(Value::as_bool)
            .unwrap_or_default();
        takes.insert(format!("{} `{}`", text("in"), text("name")), required);
    }
    let body = operation
        .object
        .pointer("/requestBody/content/application~1json/schema");
    let body = body.map(|schema| resolve(schema, operation.file, documents));
    let required: BTreeSet<&str> = body
        .and_then(|(schema, _)| schema.get("required")?.as_array())
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = body.and_then(|(schema, _)| schema.get("properties")?.as_object());
    for name in properties.into_iter().flat_map(serde_json::Map::keys) {
        takes.insert(format!("body `{name}`"), required.contains(name.as_str()));
    }
    let mut enums = BTreeSet::new();
    reach(
        operation.object,
        operation.file,
        documents,
        &mut BTreeSet::new(),
        &mut enums,
    );
    let place = format!("{} {}", operation.verb.to_ascii_uppercase(), operation.path);
    Facts {
        place,
        takes,
        enums,
    }
}

/// The schema behind a reference, and the file it stands in.
fn resolve<'a>(schema: &'a Value, file: &'a str, documents: &'a Documents) -> (&'a Value, &'a str) {
    let reference = schema.get("$ref").and_then(Value::as_str);
    let Some((document, pointer)) = reference.and_then(|r| r.split_once('#')) else {
        return (schema, file);
    };
    let document = if document.is_empty() { file } else { document };
    let target = documents.get(document).and_then(|d| d.pointer(pointer));
    target.map_or((schema, file), |target| (target, document))
}

/// Collects the names of all enums that `value` leads to.
fn reach<'a>(
    value: &'a Value,
    file: &'a str,
    documents: &'a Documents,
    seen: &mut BTreeSet<(&'a str, &'a str)>,
    enums: &mut BTreeSet<String>,
) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get("$ref") {
                let (target, home) = resolve(value, file, documents);
                let name = reference.rsplit('/').next().unwrap_or_default();
                if !seen.insert((home, name)) {
                    return;
                }
                if target.get("enum").is_some() {
                    enums.insert(enum_name(home, name));
                } else if target.get("$ref").is_none() {
                    reach(target, home, documents, seen, enums);
                }
                return;
            }
            object
                .values()
                .for_each(|inner| reach(inner, file, documents, seen, enums));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|inner| reach(inner, file, documents, seen, enums)),
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
        section("enums changed", joined(&self.enums));
        section("tools touched", joined(&self.tools));
        write!(f, "{}", lines.join("\n"))
    }
}
