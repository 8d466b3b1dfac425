//! Writes the API as OpenAPI 3.0.3 documents, one per module and level.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::error::Error;
use super::model::{Api, Level, Operation};
use super::operation_object::operation_object;
use super::references::{References, file_name};

/// Documents by file name.
pub(crate) type Documents = BTreeMap<String, Value>;

/// Writes every document of `api`.
pub(crate) fn documents(api: &Api) -> Result<Documents, Error> {
    let references = References::new(api);
    let mut levels: BTreeSet<(&str, Level)> = api
        .operations
        .iter()
        .map(|o| (o.module.as_str(), o.level))
        .collect();
    levels.extend(
        references
            .homes
            .iter()
            .map(|(module, level)| (*module, *level)),
    );
    let mut documents = Documents::new();
    for (module, level) in levels {
        let file = file_name(module, level);
        let document = json!({
            "openapi": "3.0.3",
            "info": { "title": module, "version": "1", "x-databricks-level": level.word() },
            "paths": paths(api, &references, module, level, &file)?,
            "components": { "schemas": schemas(api, &references, module, &file)? },
        });
        documents.insert(file, document);
    }
    Ok(documents)
}

fn paths(
    api: &Api,
    references: &References<'_>,
    module: &str,
    level: Level,
    file: &str,
) -> Result<Value, Error> {
    let mut by_path: BTreeMap<(&str, usize), &Operation> = BTreeMap::new();
    let order = ["get", "head", "put", "post", "patch", "delete"];
    for operation in api
        .operations
        .iter()
        .filter(|o| o.module == module && o.level == level)
    {
        let rank = order
            .iter()
            .position(|verb| *verb == operation.verb)
            .unwrap_or(order.len());
        by_path.insert((&operation.path, rank), operation);
    }
    let mut paths = Map::new();
    for ((path, _), operation) in by_path {
        let item = paths.entry(path).or_insert_with(|| json!({}));
        if let Value::Object(item) = item {
            item.insert(
                operation.verb.clone(),
                operation_object(api, references, operation, file)?,
            );
        }
    }
    Ok(Value::Object(paths))
}

fn schemas(
    api: &Api,
    references: &References<'_>,
    module: &str,
    file: &str,
) -> Result<Value, Error> {
    let mut schemas = Map::new();
    if references.home(module) == file {
        for (class, schema) in api
            .schemas
            .iter()
            .filter(|(class, _)| class.module == module)
        {
            schemas.insert(
                class.name.clone(),
                references.schema_object(&class.name, schema, file)?,
            );
        }
    }
    Ok(Value::Object(schemas))
}

/// The bytes of a document: two spaces of indent and a final newline.
pub(crate) fn text(document: &Value) -> String {
    format!("{document:#}\n")
}
