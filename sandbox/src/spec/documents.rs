//! Loads the documents and makes their schemas strict: only declared fields are allowed.

use std::collections::BTreeMap;

use jsonschema::{Draft, Registry};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::Operation;

/// File name and text of every imported document.
const DOCUMENTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/documents.rs"));

/// Segments at the start of a path that hold no parameter, the empty one before the first slash among them.
const LITERAL: usize = 4;

/// Every set of documents is loaded once and kept, because schemas refer into it.
static LOADED: Mutex<BTreeMap<String, &'static Spec>> = Mutex::new(BTreeMap::new());

/// Documents that contain every schema they refer to.
#[derive(Debug)]
pub(crate) struct Spec {
    documents: BTreeMap<String, Value>,
    /// The same documents, for references between schemas.
    pub(super) registry: Registry<'static>,
}

/// The reason why the documents cannot be served.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum SpecError {
    #[error("no such document in specs/databricks: `{0}.json`")]
    NoDocument(String),
    #[error("`specs/databricks/{document}.json` cannot be read: {reason}")]
    Unreadable { document: String, reason: String },
    #[error("`specs/databricks/{document}.json` has no operation `{id}`\nhint: {hint}")]
    NoOperation {
        document: String,
        id: String,
        hint: String,
    },
}

impl Spec {
    /// Loads the documents with these names and all documents that they refer to.
    ///
    /// # Errors
    /// Fails if a document is missing or is not JSON, or a reference leads nowhere.
    pub(crate) fn load(names: &[&str]) -> Result<&'static Self, SpecError> {
        let mut loaded = LOADED.lock();
        let key = names.join(",");
        if let Some(spec) = loaded.get(&key) {
            return Ok(spec);
        }
        let spec: &'static Self = Box::leak(Box::new(Self::read(names)?));
        loaded.insert(key, spec);
        Ok(spec)
    }

    fn read(names: &[&str]) -> Result<Self, SpecError> {
        let mut documents: BTreeMap<String, Value> = BTreeMap::new();
        let mut wanted: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        while let Some(name) = wanted.pop() {
            if documents.contains_key(&name) {
                continue;
            }
            let file = format!("{name}.json");
            let text = DOCUMENTS
                .iter()
                .find(|(known, _)| *known == file)
                .map(|(_, text)| text);
            let text = text.ok_or_else(|| SpecError::NoDocument(name.clone()))?;
            let mut document: Value =
                serde_json::from_str(text).map_err(|error| SpecError::Unreadable {
                    document: name.clone(),
                    reason: error.to_string(),
                })?;
            references(&document, &mut wanted);
            make_strict(&mut document);
            documents.insert(name, document);
        }
        let mut registry = Registry::new().draft(Draft::Draft4);
        let unreadable = |name: &str, reason: String| SpecError::Unreadable {
            document: name.to_owned(),
            reason,
        };
        for (name, document) in &documents {
            registry = registry
                .add(address(name), document.clone())
                .map_err(|error| unreadable(name, error.to_string()))?;
        }
        let registry = registry
            .prepare()
            .map_err(|error| unreadable("*", error.to_string()))?;
        Ok(Self {
            documents,
            registry,
        })
    }

    /// The documents of the workspace that have paths which begin as this one does.
    pub(crate) fn documents_of(path: &str) -> impl Iterator<Item = &'static str> {
        let begins: Vec<&str> = path.split('/').take(LITERAL).collect();
        let begins = format!("\"{}", begins.join("/"));
        let all = DOCUMENTS.iter().filter_map(|(file, text)| {
            let name = file.strip_suffix(".json")?;
            Some((name, text)).filter(|(name, _)| !name.ends_with(".account"))
        });
        all.filter(move |(_, text)| text.contains(&begins))
            .map(|(name, _)| name)
    }

    /// A document by name.
    pub(super) fn document(&self, name: &str) -> Option<&Value> {
        self.documents.get(name)
    }

    /// A document by name, and the name as it is kept.
    pub(super) fn named_document(
        &'static self,
        name: &str,
    ) -> Option<(&'static str, &'static Value)> {
        let (name, document) = self.documents.get_key_value(name)?;
        Some((name.as_str(), document))
    }

    /// An operation of a document.
    ///
    /// # Errors
    /// Fails if the document has no operation with this id.
    pub(crate) fn operation(
        &'static self,
        document: &str,
        id: &'static str,
    ) -> Result<Operation, SpecError> {
        Operation::read(self, id, document).ok_or_else(|| SpecError::NoOperation {
            document: document.to_owned(),
            id: id.to_owned(),
            hint: self.nearest(document, id),
        })
    }

    fn nearest(&self, document: &str, id: &str) -> String {
        let service = id.split('.').next().unwrap_or(id);
        let paths = self
            .document(document)
            .and_then(|d| d.get("paths"))
            .and_then(Value::as_object);
        let ids: Vec<&str> = paths
            .into_iter()
            .flat_map(|paths| paths.values())
            .filter_map(Value::as_object)
            .flat_map(|item| item.values())
            .filter_map(|operation| operation.get("operationId").and_then(Value::as_str))
            .filter(|known| known.starts_with(service))
            .collect();
        format!("it has {}", ids.join(", "))
    }
}

/// The address under which schemas refer to a document.
pub(super) fn address(name: &str) -> String {
    format!("spec:///{name}.json")
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(target)) = object.get("$ref")
                && let Some((file, _)) = target.split_once(".json#")
            {
                found.push(file.to_owned());
            }
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// Closes objects that declare properties to any others.
fn make_strict(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(make_strict);
            let declares = object.get("properties").is_some_and(|p| {
                p.as_object()
                    .is_some_and(|p| p.values().all(Value::is_object))
            });
            let is_object = object.get("type").and_then(Value::as_str) == Some("object");
            if declares && is_object && !object.contains_key("additionalProperties") {
                object.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_strict),
        _ => {}
    }
}
