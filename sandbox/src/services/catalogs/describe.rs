//! Catalogs, schemas and tables as the REST API describes them.

use serde_json::{Map, Value, json};

use crate::identity::{METASTORE, USER};
use crate::sql::{Facts, INFORMATION_SCHEMA, Table, types};

pub(super) fn information_schema(catalog: &Facts) -> Facts {
    Facts {
        name: INFORMATION_SCHEMA.to_owned(),
        id: catalog.id.clone(),
        comment: None,
        created_at: catalog.created_at,
        updated_at: catalog.created_at,
        more: Map::new(),
    }
}

/// Adds the fields that only REST sets: owner, properties and the like.
fn with_more(mut info: Value, facts: &Facts) -> Value {
    if let Some(fields) = info.as_object_mut() {
        fields.extend(facts.more.clone());
    }
    info
}

pub(super) fn catalog_info(facts: &Facts, read_only: bool) -> Value {
    let catalog_type = if read_only {
        "SYSTEM_CATALOG"
    } else {
        "MANAGED_CATALOG"
    };
    let info = json!({
        "name": facts.name,
        "full_name": facts.name,
        "owner": owner(&facts.name),
        "comment": facts.comment,
        "metastore_id": METASTORE,
        "created_at": facts.created_at,
        "created_by": owner(&facts.name),
        "updated_at": facts.updated_at,
        "updated_by": owner(&facts.name),
        "catalog_type": catalog_type,
        "isolation_mode": "OPEN",
        "securable_type": "CATALOG",
        "properties": {},
    });
    with_more(info, facts)
}

pub(super) fn schema_info(catalog: &str, facts: &Facts) -> Value {
    let info = json!({
        "name": facts.name,
        "catalog_name": catalog,
        "full_name": format!("{catalog}.{}", facts.name),
        "schema_id": facts.id,
        "owner": owner(catalog),
        "comment": facts.comment,
        "metastore_id": METASTORE,
        "created_at": facts.created_at,
        "created_by": owner(catalog),
        "updated_at": facts.updated_at,
        "updated_by": owner(catalog),
        "catalog_type": if owner(catalog) == USER { "MANAGED_CATALOG" } else { "SYSTEM_CATALOG" },
        "properties": {},
    });
    with_more(info, facts)
}

pub(super) fn table_info(catalog: &str, schema: &str, table: &Table) -> Value {
    let (catalog, schema) = (catalog.to_lowercase(), schema.to_lowercase());
    let columns: Vec<Value> = table
        .provider
        .schema()
        .fields()
        .iter()
        .enumerate()
        .map(|(position, field)| {
            let mut column = types::column(field, position);
            // Unity Catalog writes types as SQL does in DESCRIBE: in lower case, without blanks.
            let text = types::field_text(field).to_lowercase();
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
        "updated_at": facts.updated_at,
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
    with_more(info, facts)
}

fn owner(catalog: &str) -> &'static str {
    match catalog {
        "samples" | "system" => "System user",
        _ => USER,
    }
}
