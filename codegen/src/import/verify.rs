//! Checks the finished documents against each other and against OpenAPI.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::Documents;
use super::error::Error;
use super::resource_name::shape;

/// Verbs that a path item may hold.
pub(crate) const VERBS: [&str; 6] = ["get", "head", "put", "post", "patch", "delete"];

/// One operation as it stands in a document.
pub(crate) struct Written<'a> {
    pub(crate) file: &'a str,
    pub(crate) verb: &'a str,
    pub(crate) path: &'a str,
    pub(crate) object: &'a Value,
}

impl Written<'_> {
    pub(crate) fn id(&self) -> &str {
        self.object
            .get("operationId")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// Every operation of `documents`, by file, path and verb.
pub(crate) fn operations(documents: &Documents) -> Vec<Written<'_>> {
    let mut all = Vec::new();
    for (file, document) in documents {
        let paths = document.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            for (verb, object) in item.as_object().into_iter().flatten() {
                if VERBS.contains(&verb.as_str()) {
                    all.push(Written {
                        file,
                        verb,
                        path,
                        object,
                    });
                }
            }
        }
    }
    all
}

/// Fails with every inconsistency of `documents`.
pub(crate) fn verify(documents: &Documents) -> Result<(), Error> {
    let mut problems = Vec::new();
    let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
    let mut shapes: BTreeMap<(&str, &str, String), String> = BTreeMap::new();
    let all = operations(documents);
    for operation in &all {
        let id = operation.id();
        if id.is_empty() {
            problems.push(format!(
                "{}: {} {} has no operationId",
                operation.file, operation.verb, operation.path
            ));
        }
        if let Some(other) = ids.insert(id, operation.file) {
            problems.push(format!(
                "operationId `{id}` stands in `{other}` and `{}`",
                operation.file
            ));
        }
        let key = (operation.file, operation.verb, shape(operation.path));
        if let Some(other) = shapes.insert(key, id.to_owned()) {
            problems.push(format!(
                "`{other}` and `{id}` are both {} {}",
                operation.verb, operation.path
            ));
        }
        path_variables(operation, &mut problems);
    }
    for (file, document) in documents {
        references(document, file, documents, &mut problems);
        if let Err(error) = serde_json::from_value::<openapiv3::OpenAPI>(document.clone()) {
            problems.push(format!("{file}: {error}"));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Inconsistent { problems })
    }
}

/// Collects paths whose variables and declared parameters differ, or stand twice.
fn path_variables(operation: &Written<'_>, problems: &mut Vec<String>) {
    let mut in_path: Vec<&str> = super::resource_name::variables(operation.path);
    let parameters = operation.object.get("parameters").and_then(Value::as_array);
    let is_path = |p: &&Value| p.get("in").and_then(Value::as_str) == Some("path");
    let mut declared: Vec<&str> = parameters
        .into_iter()
        .flatten()
        .filter(is_path)
        .filter_map(|p| p.get("name")?.as_str())
        .collect();
    in_path.sort_unstable();
    declared.sort_unstable();
    let distinct = in_path.windows(2).all(|pair| pair.first() != pair.last());
    if in_path != declared || !distinct {
        problems.push(format!(
            "`{}`: path {} does not fit its parameters: {}",
            operation.id(),
            operation.path,
            declared.join(", ")
        ));
    }
}

/// Collects references that lead nowhere. A property may itself be called `$ref` (SCIM has one):
/// only a string is a reference.
fn references(value: &Value, file: &str, documents: &Documents, problems: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get("$ref") {
                let (document, pointer) = reference.split_once('#').unwrap_or((reference, ""));
                let document = documents.get(if document.is_empty() { file } else { document });
                if document.and_then(|d| d.pointer(pointer)).is_none() {
                    problems.push(format!("{file}: `{reference}` leads nowhere"));
                }
            }
            object
                .values()
                .for_each(|inner| references(inner, file, documents, problems));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|inner| references(inner, file, documents, problems)),
        _ => {}
    }
}
