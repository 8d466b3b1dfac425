//! Unity Catalog over REST: the catalogs, schemas and tables that SQL sees, and the other objects in them.

mod changes;
mod describe;
mod lineage;
mod objects;
mod securables;
mod tags;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::{ApiError, Call, Page, Reply, page};
use crate::identity::{METASTORE, USER};
use crate::kinds::like;
use crate::operations::Operations;
use crate::shared::Shared;
use crate::sql::{Facts, INFORMATION_SCHEMA};

use describe::{catalog_info, information_schema, schema_info, table_info};
pub(super) use securables::require;
use securables::{missing, three_parts};

/// The largest page of catalogs or schemas.
const LARGEST_PAGE: usize = 1000;
/// The largest page of tables, which is also the default.
const LARGEST_PAGE_OF_TABLES: usize = 50;

#[derive(Deserialize)]
struct Listing {
    #[serde(default)]
    catalog_name: String,
    #[serde(default)]
    schema_name: String,
    max_results: Option<i64>,
    page_token: Option<String>,
    #[serde(default)]
    omit_columns: bool,
    #[serde(default)]
    omit_properties: bool,
    #[serde(default)]
    omit_username: bool,
}

impl Listing {
    fn page<T>(&self, all: Vec<T>, largest: usize) -> Result<Page<T>, ApiError> {
        let size = match self.max_results {
            None | Some(0) => largest,
            Some(wanted) => usize::try_from(wanted)
                .map_err(|_| ApiError::invalid(format!("max_results is negative: {wanted}")))?
                .min(largest),
        };
        page(all, self.page_token.as_deref(), size)
    }
}

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    on.on("catalogs.list", shared, list_catalogs);
    on.on("catalogs.get", shared, get_catalog);
    on.on("schemas.list", shared, list_schemas);
    on.on("schemas.get", shared, get_schema);
    on.on("tables.list", shared, list_tables);
    on.on("tables.get", shared, get_table);
    on.on("tables.exists", shared, table_exists);
    on.on("tables.list_summaries", shared, list_summaries);
    on.on("tables.update", shared, changes::update_table);
    on.on("tables.delete", shared, changes::delete_table);
    on.on("catalogs.create", shared, changes::create_catalog);
    on.on("catalogs.update", shared, changes::update_catalog);
    on.on("catalogs.delete", shared, changes::delete_catalog);
    on.on("schemas.create", shared, changes::create_schema);
    on.on("schemas.update", shared, changes::update_schema);
    on.on("schemas.delete", shared, changes::delete_schema);
    on.on("metastores.summary", shared, metastore_summary);
    on.on("metastores.current", shared, current_metastore);
    on.on("lineage_tracking.table_lineage", shared, lineage::of_table);
    on.on(
        "lineage_tracking.column_lineage",
        shared,
        lineage::of_column,
    );
    objects::serve(on, shared);
    tags::tags().serve(on, shared);
}

fn metastore_summary(shared: &Shared, _call: &Call) -> Result<Reply, ApiError> {
    let created_at = shared.engine.metastore.catalogs();
    let created_at = created_at
        .iter()
        .map(|catalog| catalog.facts.created_at)
        .min();
    Ok(json!({
        "metastore_id": METASTORE,
        "name": "sandbox",
        "cloud": "aws",
        "region": "us-west-2",
        "global_metastore_id": format!("aws:us-west-2:{METASTORE}"),
        "owner": USER,
        "privilege_model_version": "1.0",
        "delta_sharing_scope": "INTERNAL",
        "external_access_enabled": false,
        "storage_root": "s3://sandbox-metastore",
        "created_at": created_at,
        "created_by": USER,
        "updated_at": created_at,
        "updated_by": USER,
    })
    .into())
}

fn current_metastore(shared: &Shared, _call: &Call) -> Result<Reply, ApiError> {
    Ok(json!({
        "metastore_id": METASTORE,
        "workspace_id": shared.identity.workspace_id,
        "default_catalog_name": "main",
    })
    .into())
}

#[derive(Deserialize)]
struct Patterns {
    catalog_name: String,
    schema_name_pattern: Option<String>,
    table_name_pattern: Option<String>,
    max_results: Option<usize>,
    page_token: Option<String>,
}

fn list_summaries(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let query: Patterns = call.query()?;
    let catalog = shared.engine.metastore.find_catalog(&query.catalog_name);
    let catalog = catalog.map_err(missing)?;
    let fits = |name: &str, pattern: &Option<String>| {
        let pattern = pattern.as_deref().filter(|pattern| !pattern.is_empty());
        pattern.is_none_or(|pattern| like(name, pattern))
    };
    let mut all = Vec::new();
    for schema in catalog.schemas() {
        if !fits(&schema.facts.name, &query.schema_name_pattern) {
            continue;
        }
        for table in schema.tables() {
            if fits(&table.facts.name, &query.table_name_pattern) {
                let names = [&catalog.facts.name, &schema.facts.name, &table.facts.name];
                all.push(json!({
                    "full_name": names.map(String::as_str).join("."),
                    "table_type": if table.view_definition.is_some() { "VIEW" } else { "MANAGED" },
                }));
            }
        }
    }
    let size = query
        .max_results
        .filter(|size| *size > 0)
        .unwrap_or(LARGEST_PAGE);
    let page = page(all, query.page_token.as_deref(), size.min(LARGEST_PAGE))?;
    Ok(json!({"tables": page.items, "next_page_token": page.next}).into())
}

fn list_catalogs(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let query: Listing = call.query()?;
    let all = shared.engine.metastore.catalogs();
    let all = all
        .iter()
        .map(|catalog| catalog_info(&catalog.facts, catalog.read_only))
        .collect();
    let page = query.page(all, LARGEST_PAGE)?;
    Ok(json!({"catalogs": page.items, "next_page_token": page.next}).into())
}

fn get_catalog(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let catalog = shared
        .engine
        .metastore
        .find_catalog(call.path("name"))
        .map_err(missing)?;
    Ok(catalog_info(&catalog.facts, catalog.read_only).into())
}

fn list_schemas(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let query: Listing = call.query()?;
    let catalog = shared
        .engine
        .metastore
        .find_catalog(&query.catalog_name)
        .map_err(missing)?;
    let name = &catalog.facts.name;
    let mut all: Vec<Facts> = catalog
        .schemas()
        .iter()
        .map(|schema| schema.facts.clone())
        .collect();
    all.push(information_schema(&catalog.facts));
    all.sort_by(|left, right| left.name.cmp(&right.name));
    let all = all.iter().map(|facts| schema_info(name, facts)).collect();
    let page = query.page(all, LARGEST_PAGE)?;
    Ok(json!({"schemas": page.items, "next_page_token": page.next}).into())
}

fn get_schema(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let full_name = call.path("full_name");
    let Some((catalog, name)) = full_name.split_once('.') else {
        return Err(ApiError::invalid(format!(
            "'{full_name}' is not a valid schema name: it must be catalog.schema."
        )));
    };
    let catalog = shared
        .engine
        .metastore
        .find_catalog(catalog)
        .map_err(missing)?;
    if name == INFORMATION_SCHEMA {
        return Ok(schema_info(&catalog.facts.name, &information_schema(&catalog.facts)).into());
    }
    let schema = shared
        .engine
        .metastore
        .find_schema(&catalog.facts.name, name);
    Ok(schema_info(&catalog.facts.name, &schema.map_err(missing)?.facts).into())
}

fn list_tables(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let query: Listing = call.query()?;
    let (catalog, schema) = (&query.catalog_name, &query.schema_name);
    shared
        .engine
        .metastore
        .find_catalog(catalog)
        .map_err(missing)?;
    let tables = if schema == INFORMATION_SCHEMA {
        Vec::new()
    } else {
        shared
            .engine
            .metastore
            .find_schema(catalog, schema)
            .map_err(missing)?
            .tables()
    };
    let page = query.page(tables, LARGEST_PAGE_OF_TABLES)?;
    let tables: Vec<Value> = page
        .items
        .iter()
        .map(|table| {
            let mut info = table_info(catalog, schema, table);
            let omitted = [
                (query.omit_columns, "columns"),
                (query.omit_properties, "properties"),
                (query.omit_username, "owner"),
                (query.omit_username, "created_by"),
                (query.omit_username, "updated_by"),
            ];
            if let Some(fields) = info.as_object_mut() {
                fields.retain(|name, _| !omitted.contains(&(true, name.as_str())));
            }
            info
        })
        .collect();
    Ok(json!({"tables": tables, "next_page_token": page.next}).into())
}

fn get_table(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let (catalog, schema, name) = three_parts(call.path("full_name"))?;
    let table = shared
        .engine
        .metastore
        .find_table(catalog, schema, name)
        .map_err(missing)?;
    Ok(table_info(catalog, schema, &table).into())
}

fn table_exists(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let (catalog, schema, name) = three_parts(call.path("full_name"))?;
    let exists = shared
        .engine
        .metastore
        .find_table(catalog, schema, name)
        .is_ok();
    Ok(json!({"table_exists": exists}).into())
}
