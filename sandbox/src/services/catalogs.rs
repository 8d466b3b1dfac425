//! Unity Catalog: the catalogs, schemas and tables that SQL sees, as the REST API lists them.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::{ApiError, Call, Operations, Page, Reply, page};
use crate::shared::{Shared, USER};
use crate::sql::{Facts, INFORMATION_SCHEMA, SqlError, Table, types};

/// The one metastore of the workspace.
const METASTORE: &str = "3f1c7a52-9d0e-4b6b-8f57-2f4f6a1d9c30";
/// Most catalogs or schemas in a page.
const LARGEST_PAGE: usize = 1000;
/// Most tables in a page, and as many as come unasked.
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

pub(super) fn serve(on: &mut Operations<'_>, shared: &Arc<Shared>) {
    on.on("catalogs.list", shared, list_catalogs);
    on.on("catalogs.get", shared, get_catalog);
    on.on("schemas.list", shared, list_schemas);
    on.on("schemas.get", shared, get_schema);
    on.on("tables.list", shared, list_tables);
    on.on("tables.get", shared, get_table);
    on.on("tables.exists", shared, table_exists);
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

fn three_parts(full_name: &str) -> Result<(&str, &str, &str), ApiError> {
    let parts: Vec<&str> = full_name.split('.').collect();
    match parts.as_slice() {
        [catalog, schema, table] => Ok((catalog, schema, table)),
        _ => Err(ApiError::invalid(format!(
            "'{full_name}' is not a valid table name: it must be catalog.schema.table."
        ))),
    }
}

/// SQL and REST say the same in different codes.
fn missing(error: SqlError) -> ApiError {
    let name = error
        .message
        .split(['`', '\''])
        .filter(|part| !part.is_empty());
    let quoted: Vec<&str> = name
        .skip(1)
        .take_while(|part| !part.starts_with(' '))
        .collect();
    let name: String = quoted.concat();
    let (code, kind) = match error.condition {
        "TABLE_OR_VIEW_NOT_FOUND" => ("TABLE_DOES_NOT_EXIST", "Table"),
        "SCHEMA_NOT_FOUND" => ("SCHEMA_DOES_NOT_EXIST", "Schema"),
        _ => ("CATALOG_DOES_NOT_EXIST", "Catalog"),
    };
    ApiError::missing(code, format!("{kind} '{name}' does not exist."))
}

fn information_schema(catalog: &Facts) -> Facts {
    Facts {
        name: INFORMATION_SCHEMA.to_owned(),
        id: catalog.id.clone(),
        comment: None,
        created_at: catalog.created_at,
    }
}

fn catalog_info(facts: &Facts, read_only: bool) -> Value {
    let catalog_type = if read_only {
        "SYSTEM_CATALOG"
    } else {
        "MANAGED_CATALOG"
    };
    json!({
        "name": facts.name,
        "full_name": facts.name,
        "owner": owner(&facts.name),
        "comment": facts.comment,
        "metastore_id": METASTORE,
        "created_at": facts.created_at,
        "created_by": owner(&facts.name),
        "updated_at": facts.created_at,
        "updated_by": owner(&facts.name),
        "catalog_type": catalog_type,
        "isolation_mode": "OPEN",
        "securable_type": "CATALOG",
        "properties": {},
    })
}

fn schema_info(catalog: &str, facts: &Facts) -> Value {
    json!({
        "name": facts.name,
        "catalog_name": catalog,
        "full_name": format!("{catalog}.{}", facts.name),
        "schema_id": facts.id,
        "owner": owner(catalog),
        "comment": facts.comment,
        "metastore_id": METASTORE,
        "created_at": facts.created_at,
        "created_by": owner(catalog),
        "updated_at": facts.created_at,
        "updated_by": owner(catalog),
        "catalog_type": if owner(catalog) == USER { "MANAGED_CATALOG" } else { "SYSTEM_CATALOG" },
        "properties": {},
    })
}

fn table_info(catalog: &str, schema: &str, table: &Table) -> Value {
    let (catalog, schema) = (catalog.to_lowercase(), schema.to_lowercase());
    let columns: Vec<Value> = table
        .provider
        .schema()
        .fields()
        .iter()
        .enumerate()
        .map(|(position, field)| {
            let mut column = types::column(field.name(), field.data_type(), position);
            // Unity Catalog writes types as SQL does in DESCRIBE: in lower case, without blanks.
            let text = types::type_text(field.data_type()).to_lowercase();
            column.insert(
                "type_text".to_owned(),
                json!(text.replace(": ", ":").replace(", ", ",")),
            );
            let type_json = json!({
                "name": field.name(),
                "type": types::spark_json(field.data_type()),
                "nullable": field.is_nullable(),
                "metadata": {},
            });
            column.insert("type_json".to_owned(), json!(type_json.to_string()));
            column.insert("nullable".to_owned(), json!(field.is_nullable()));
            if let Some(comment) = table.column_comments.get(field.name()) {
                column.insert("comment".to_owned(), json!(comment));
            }
            Value::Object(column)
        })
        .collect();
    let facts = &table.facts;
    let mut info = json!({
        "name": facts.name,
        "catalog_name": catalog,
        "schema_name": schema,
        "full_name": format!("{catalog}.{schema}.{}", facts.name),
        "table_id": facts.id,
        "table_type": if table.view_definition.is_some() { "VIEW" } else { "MANAGED" },
        "columns": columns,
        "owner": owner(&catalog),
        "comment": facts.comment,
        "metastore_id": METASTORE,
        "created_at": facts.created_at,
        "created_by": owner(&catalog),
        "updated_at": facts.created_at,
        "updated_by": owner(&catalog),
        "properties": {},
    });
    if let Some(fields) = info.as_object_mut() {
        match &table.view_definition {
            Some(query) => {
                fields.insert("view_definition".to_owned(), json!(query));
            }
            None => {
                let location = format!("s3://sandbox-metastore/tables/{}", facts.id);
                fields.insert("data_source_format".to_owned(), json!("DELTA"));
                fields.insert("storage_location".to_owned(), json!(location));
            }
        }
    }
    info
}

fn owner(catalog: &str) -> &'static str {
    match catalog {
        "samples" | "system" => "System user",
        _ => USER,
    }
}
