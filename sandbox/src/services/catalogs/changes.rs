//! Changes to catalogs, schemas and tables over REST, which SQL sees too.

use serde_json::{Map, Value};

use super::describe::{catalog_info, schema_info};
use super::securables::{FUNCTION, MODEL, MODEL_VERSION, VOLUME, missing, three_parts};
use crate::http::{ApiError, Call, Reply};
use crate::shared::Shared;
use crate::sql::{Facts, SqlError};

/// Fields with a place of their own, or with none.
const NOT_KEPT: &[&str] = &["name", "new_name", "catalog_name", "comment"];

pub(super) fn create_catalog(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let facts = facts(shared, call);
    let name = facts.name.clone();
    let metastore = &shared.engine.metastore;
    metastore
        .create_catalog(facts, false)
        .map_err(|_| taken("Catalog", "CATALOG_ALREADY_EXISTS", &name))?;
    let catalog = metastore.find_catalog(&name).map_err(missing)?;
    let default = Facts::new("default", None);
    catalog.create_schema(default).map_err(refused)?;
    Ok(catalog_info(&catalog.facts, false).into())
}

pub(super) fn update_catalog(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let metastore = &shared.engine.metastore;
    let name = call.path("name");
    writable(shared, name)?;
    if let Some(new) = new_name(call).filter(|new| !new.eq_ignore_ascii_case(name))
        && metastore.find_catalog(new).is_ok()
    {
        return Err(taken("Catalog", "CATALOG_ALREADY_EXISTS", new));
    }
    let catalog = metastore
        .redefine_catalog(name, |facts| apply(facts, shared, call))
        .map_err(missing)?;
    Ok(catalog_info(&catalog.facts, catalog.read_only).into())
}

pub(super) fn delete_catalog(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let name = call.path("name");
    let catalog = writable(shared, name)?;
    let schemas = catalog.schemas();
    let holds = schemas
        .iter()
        .any(|schema| schema.facts.name != "default" || !schema.tables().is_empty());
    if holds && !forced(call) {
        let message = format!(
            "Catalog '{name}' is not empty. The catalog has {} schema(s).",
            schemas.len()
        );
        return Err(ApiError::bad_request("CATALOG_NOT_EMPTY", message));
    }
    shared
        .engine
        .metastore
        .drop_catalog(name)
        .map_err(missing)?;
    forget_below(shared, name);
    Ok(Reply::empty())
}

pub(super) fn create_schema(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let parent = text(call, "catalog_name");
    let catalog = writable(shared, parent)?;
    let facts = facts(shared, call);
    let full_name = format!("{}.{}", catalog.facts.name, facts.name);
    let info = schema_info(&catalog.facts.name, &facts);
    catalog
        .create_schema(facts)
        .map_err(|_| taken("Schema", "SCHEMA_ALREADY_EXISTS", &full_name))?;
    Ok(info.into())
}

pub(super) fn update_schema(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let (parent, name) = two_parts(call.path("full_name"))?;
    let catalog = writable(shared, parent)?;
    if let Some(new) = new_name(call).filter(|new| !new.eq_ignore_ascii_case(name))
        && shared.engine.metastore.find_schema(parent, new).is_ok()
    {
        let full_name = format!("{parent}.{new}");
        return Err(taken("Schema", "SCHEMA_ALREADY_EXISTS", &full_name));
    }
    let schema = catalog
        .redefine_schema(name, |facts| apply(facts, shared, call))
        .map_err(missing)?;
    Ok(schema_info(&catalog.facts.name, &schema.facts).into())
}

pub(super) fn delete_schema(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let full_name = call.path("full_name");
    let (parent, name) = two_parts(full_name)?;
    let catalog = writable(shared, parent)?;
    catalog.drop_schema(name, forced(call)).map_err(|error| {
        if error.condition == "SCHEMA_NOT_EMPTY" {
            let message = format!("Schema '{full_name}' is not empty.");
            ApiError::bad_request("SCHEMA_NOT_EMPTY", message)
        } else {
            missing(error)
        }
    })?;
    forget_below(shared, full_name);
    Ok(Reply::empty())
}

pub(super) fn update_table(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let (catalog, schema, name) = three_parts(call.path("full_name"))?;
    let metastore = &shared.engine.metastore;
    metastore
        .find_table(catalog, schema, name)
        .map_err(missing)?;
    writable(shared, catalog)?;
    let schema = metastore.find_schema(catalog, schema).map_err(missing)?;
    schema.redefine_table(name, |facts| apply(facts, shared, call));
    Ok(Reply::empty())
}

pub(super) fn delete_table(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let (catalog, schema, name) = three_parts(call.path("full_name"))?;
    let metastore = &shared.engine.metastore;
    metastore
        .find_table(catalog, schema, name)
        .map_err(missing)?;
    writable(shared, catalog)?;
    let schema = metastore.find_schema(catalog, schema).map_err(missing)?;
    schema.drop_table(name);
    Ok(Reply::empty())
}

/// Removes the volumes, functions and models of a schema or catalog that is deleted.
fn forget_below(shared: &Shared, full_name: &str) {
    let prefix = format!("{}.", full_name.to_lowercase());
    for word in [VOLUME, FUNCTION, MODEL, MODEL_VERSION] {
        if let Some(collection) = shared.collections.of(word) {
            collection.retain(|item| {
                let name = item.text("full_name").to_lowercase();
                !name.starts_with(&prefix)
            });
        }
    }
}

fn writable(shared: &Shared, name: &str) -> Result<std::sync::Arc<crate::sql::Catalog>, ApiError> {
    let catalog = shared
        .engine
        .metastore
        .find_catalog(name)
        .map_err(missing)?;
    if catalog.read_only {
        let message = format!("Catalog '{name}' belongs to the system and cannot be changed.");
        return Err(ApiError::bad_request("PERMISSION_DENIED", message));
    }
    Ok(catalog)
}

fn two_parts(full_name: &str) -> Result<(&str, &str), ApiError> {
    full_name.split_once('.').ok_or_else(|| {
        ApiError::invalid(format!(
            "'{full_name}' is not a valid schema name: it must be catalog.schema."
        ))
    })
}

fn text<'a>(call: &'a Call, field: &str) -> &'a str {
    let value = call.body.get(field).and_then(Value::as_str);
    value.unwrap_or_default()
}

fn new_name(call: &Call) -> Option<&str> {
    call.body.get("new_name").and_then(Value::as_str)
}

fn forced(call: &Call) -> bool {
    call.query.get("force").and_then(Value::as_bool) == Some(true)
}

fn facts(shared: &Shared, call: &Call) -> Facts {
    let mut facts = Facts::new(text(call, "name"), None);
    apply(&mut facts, shared, call);
    facts.updated_at = facts.created_at;
    facts
}

fn apply(facts: &mut Facts, shared: &Shared, call: &Call) {
    if let Some(name) = new_name(call) {
        facts.name = name.to_lowercase();
    }
    if let Some(comment) = call.body.get("comment").and_then(Value::as_str) {
        facts.comment = Some(comment.to_owned());
    }
    let given = call.body.as_object().cloned().unwrap_or_default();
    let kept = given.into_iter();
    let kept = kept.filter(|(name, _)| !NOT_KEPT.contains(&name.as_str()));
    facts.more.extend(kept.collect::<Map<_, _>>());
    facts.updated_at = shared.clock.now();
}

fn taken(word: &str, code: &str, name: &str) -> ApiError {
    ApiError::bad_request(code, format!("{word} '{name}' already exists"))
}

fn refused(error: SqlError) -> ApiError {
    ApiError::internal(error.message)
}
