//! Reads, loosely, what the tools of `specs/tools/*.yaml` name: operations, fields, states. The manifest's own
//! rules are checked elsewhere; reading loosely, a part of the grammar that is new is seen as well.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Error;
use crate::manifest::{Effect, Effects};

/// What tools, effects and the client's fields name.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    tools: BTreeMap<String, Tool>,
    /// The operation to poll, by the operation that starts something, where the specs do not say.
    polls: BTreeMap<String, String>,
    /// What the rules of waiting name, by the polled operation.
    rules: BTreeMap<String, Named>,
    /// Operations whose effect is reviewed.
    reviewed: BTreeSet<String>,
    verbs: BTreeMap<String, Effect>,
    /// The fields that the typed client keeps, by schema or operation.
    pub(crate) client: BTreeMap<String, Vec<String>>,
}

/// Words and texts of a part of the manifest.
#[derive(Debug, Clone, Default)]
struct Named {
    /// Words of paths and lists, such as fields and states.
    words: BTreeSet<String>,
    /// Whole texts, among them ids of operations.
    texts: BTreeSet<String>,
}

/// One tool as the manifest writes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tool {
    /// The file under `specs/tools`.
    pub(crate) file: String,
    /// The Rust file of a behaviour.
    pub(crate) behaviour: Option<String>,
    /// `'*'` covers the parameters that it does not name.
    pub(crate) covers: bool,
    waits: bool,
    named: Named,
}

/// A tool and the operations that it uses.
#[derive(Debug)]
pub(crate) struct Use {
    /// The tool's entry.
    pub(crate) tool: Tool,
    /// Ids of the operations that it sends or polls.
    pub(crate) operations: BTreeSet<String>,
}

impl Use {
    /// Returns true if the tool, or the rules of its wait, names this field, argument or state.
    pub(crate) fn names(&self, word: &str) -> bool {
        self.tool.named.words.contains(word)
    }

    /// Returns true if the tool waits for what it starts, or is Rust, which may.
    pub(crate) fn waits_or_is_rust(&self) -> bool {
        self.tool.waits || self.tool.behaviour.is_some()
    }
}

/// Keys whose text is for people, or is a name of ours.
const OURS: [&str; 10] = [
    "title",
    "description",
    "describe",
    "reason",
    "empty",
    "name",
    "aliases",
    "access",
    "list",
    "format",
];
/// Maps whose keys are names of the service.
const KEYED: [&str; 5] = ["params", "where", "and", "starts", "bind"];

impl Named {
    fn take(&mut self, value: &Value, keyed: bool) {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter().for_each(|item| self.take(item, false)),
            Value::Object(object) => {
                for (key, inner) in object {
                    if keyed {
                        self.text(key);
                    }
                    // Under `params` and `fields` the keys are names, not grammar.
                    if keyed || !OURS.contains(&key.as_str()) || inner.is_object() {
                        self.take(inner, KEYED.contains(&key.as_str()));
                    }
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let words =
            text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '$'));
        self.words
            .extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
        self.texts.insert(text.to_owned());
    }

    fn extend(&mut self, other: &Named) {
        self.words.extend(other.words.iter().cloned());
        self.texts.extend(other.texts.iter().cloned());
    }
}

impl Manifest {
    /// The tools with their operations; `known` tells what is one, `polls` what the specs poll for one.
    pub(crate) fn uses(
        &self,
        known: impl Fn(&str) -> bool,
        polls: impl Fn(&str) -> Vec<String>,
    ) -> BTreeMap<String, Use> {
        let uses = |tool: &Tool| {
            let mut tool = tool.clone();
            let texts = tool.named.texts.iter();
            let own: BTreeSet<String> = texts.filter(|text| known(text)).cloned().collect();
            let mut operations = own.clone();
            for id in own.iter().filter(|_| tool.waits) {
                for poll in self.polls.get(id).cloned().into_iter().chain(polls(id)) {
                    if let Some(rules) = self.rules.get(&poll) {
                        tool.named.extend(rules);
                        operations.extend(rules.texts.iter().filter(|text| known(text)).cloned());
                    }
                    operations.insert(poll);
                }
            }
            Use { tool, operations }
        };
        let tools = self.tools.iter();
        tools
            .map(|(name, tool)| (name.clone(), uses(tool)))
            .collect()
    }

    /// Returns true if `specs/effects.yaml` names the operation.
    pub(crate) fn is_reviewed(&self, operation: &str) -> bool {
        self.reviewed.contains(operation)
    }

    /// The effect that the verb alone gives.
    pub(crate) fn effect(&self, verb: &str) -> Option<String> {
        let effect = self.verbs.get(verb)?;
        Some(format!("{effect:?}").to_lowercase())
    }

    fn take(&mut self, file: &str, toolset: &Value) {
        let polled = toolset.get("waits").and_then(Value::as_object);
        for (poll, rules) in polled.into_iter().flatten() {
            let starts = rules.get("starts").and_then(Value::as_object);
            let ids = starts.into_iter().flatten().map(|(id, _)| id.clone());
            self.polls.extend(ids.map(|id| (id, poll.clone())));
            // Other operations that start such work are none that this tool sends.
            let mut rest = rules.clone();
            if let Some(rest) = rest.as_object_mut() {
                rest.remove("starts");
                rest.remove("except");
            }
            let mut named = Named::default();
            named.take(&rest, false);
            self.rules.insert(poll.clone(), named);
        }
        let tools = toolset.get("tools").and_then(Value::as_array);
        for entry in tools.into_iter().flatten() {
            let Some(name) = entry.get("name").and_then(Value::as_str) else {
                continue;
            };
            let mut named = Named::default();
            named.take(entry, false);
            shared(toolset, &mut named);
            let behaviour = entry.get("behaviour").and_then(Value::as_str);
            let tool = Tool {
                file: file.to_owned(),
                behaviour: behaviour.map(|name| format!("src/behaviours/{name}.rs")),
                covers: entry.pointer("/params/*/hide").is_some()
                    || entry.pointer("/params/*/keep").is_some(),
                waits: entry.get("wait").is_some(),
                named,
            };
            self.tools.insert(name.to_owned(), tool);
        }
    }
}

/// Adds what the tool names of the toolset's shared parts, such as a view that several tools give.
fn shared(toolset: &Value, named: &mut Named) {
    let parts = toolset.as_object().into_iter().flatten();
    let parts = parts.filter(|(key, _)| !matches!(key.as_str(), "tools" | "waits"));
    for (name, part) in parts.filter_map(|(_, part)| part.as_object()).flatten() {
        if named.texts.contains(name) {
            named.take(part, false);
        }
    }
}

/// Reads the manifest under `specs`, as far as there is one.
pub(crate) fn read(specs: &Path) -> Result<Manifest, Error> {
    let mut manifest = Manifest {
        client: yaml(specs, "client.yaml")?.unwrap_or_default(),
        ..Manifest::default()
    };
    let effects: Effects = yaml(specs, "effects.yaml")?.unwrap_or_default();
    let exceptions = effects.exceptions.into_iter();
    let ids = exceptions.flat_map(|exception| exception.operations);
    manifest.reviewed = ids.map(|id| id.value).collect();
    manifest.verbs = effects.verbs.into_iter().collect();
    let folder = specs.join("tools");
    if !folder.exists() {
        return Ok(manifest);
    }
    for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
        let name = entry.map_err(Error::io(&folder))?.file_name();
        let file = format!("tools/{}", name.to_string_lossy());
        if !file.ends_with(".yaml") {
            continue;
        }
        if let Some(toolset) = yaml::<Value>(specs, &file)? {
            manifest.take(&format!("specs/{file}"), &toolset);
        }
    }
    Ok(manifest)
}

/// The content of a YAML file under `specs`; `None` if there is none.
fn yaml<T: DeserializeOwned>(specs: &Path, file: &str) -> Result<Option<T>, Error> {
    let path = specs.join(file);
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    let read = serde_saphyr::from_str(&text);
    read.map(Some).map_err(|e| Error::Config {
        file: file.to_owned(),
        reason: e.to_string(),
    })
}
