//! Objects of schemas besides tables: volumes, functions and registered models with their versions.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::securables::{FUNCTION, MODEL, MODEL_VERSION, VOLUME, require_schema};
use crate::collections::{Ids, Item};
use crate::http::{ApiError, Call};
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

const FULL_NAME: Ids = Ids::Joined(&["catalog_name", "schema_name", "name"]);

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    volumes().serve(on, shared);
    functions().serve(on, shared);
    models().serve(on, shared);
    model_versions().serve(on, shared);
}

/// Refuses a new object whose schema does not exist.
fn in_schema(shared: &Shared, _: &Call, item: &mut Item) -> Result<(), ApiError> {
    for part in ["name", "catalog_name", "schema_name"] {
        let lower = item.text(part).to_lowercase();
        item.set(part, lower);
    }
    let full_name = item.text("full_name").to_lowercase();
    item.set("full_name", full_name);
    require_schema(shared, item.text("catalog_name"), item.text("schema_name"))
}

fn list_of_schema(shared: &Shared, call: &Call) -> Result<(), ApiError> {
    let text = |name: &str| call.query.get(name).and_then(Value::as_str);
    match (text("catalog_name"), text("schema_name")) {
        (Some(catalog), Some(schema)) => require_schema(shared, catalog, schema),
        _ => Ok(()),
    }
}

fn volumes() -> Kind {
    Kind::new(VOLUME, "full_name", FULL_NAME)
        .argument("name", "full_name")
        .create("volumes.create")
        .get("volumes.read")
        .list("volumes.list")
        .update("volumes.update")
        .delete("volumes.delete")
        .on_list(list_of_schema)
        .on_create(|shared, call, volume| {
            in_schema(shared, call, volume)?;
            let id = Uuid::new_v4().to_string();
            let is_external = volume.text("volume_type") == "EXTERNAL";
            if is_external && volume.text("storage_location").is_empty() {
                let message = "An external volume needs a storage_location.";
                return Err(ApiError::invalid(message));
            }
            if !is_external {
                volume.set(
                    "storage_location",
                    format!("s3://sandbox-metastore/volumes/{id}"),
                );
            }
            volume.set("volume_id", id);
            Ok(())
        })
        .seed(json!({
            "name": "landing",
            "catalog_name": "main",
            "schema_name": "default",
            "volume_type": "MANAGED",
            "volume_id": "c1a5e7f0-3b92-4d84-a6c1-90e4f2b7d358",
            "storage_location":
                "s3://sandbox-metastore/volumes/c1a5e7f0-3b92-4d84-a6c1-90e4f2b7d358",
            "comment": "Files as the shop drops them",
        }))
}

fn functions() -> Kind {
    Kind::new(FUNCTION, "full_name", FULL_NAME)
        .argument("name", "full_name")
        .inside("function_info")
        .create("functions.create")
        .get("functions.get")
        .list("functions.list")
        .update("functions.update")
        .delete("functions.delete")
        .on_list(list_of_schema)
        .on_create(|shared, call, function| {
            function.set("function_id", Uuid::new_v4().to_string());
            in_schema(shared, call, function)
        })
        .seed(json!({
            "name": "net_price",
            "catalog_name": "main",
            "schema_name": "default",
            "function_id": "f4d80b61-5e27-4a39-8c15-b7e2906d3fa4",
            "comment": "The price without VAT",
            "data_type": "DECIMAL",
            "full_data_type": "DECIMAL(10,2)",
            "input_params": {"parameters": [
                {"name": "gross", "type_text": "decimal(10,2)", "type_name": "DECIMAL", "position": 0},
                {"name": "rate", "type_text": "decimal(4,2)", "type_name": "DECIMAL", "position": 1},
            ]},
            "routine_body": "SQL",
            "routine_definition": "gross / (1 + rate)",
            "parameter_style": "S",
            "is_deterministic": true,
            "sql_data_access": "CONTAINS_SQL",
            "is_null_call": false,
            "security_type": "DEFINER",
            "specific_name": "net_price",
        }))
}

fn models() -> Kind {
    Kind::new(MODEL, "full_name", FULL_NAME)
        .create("registered_models.create")
        .get("registered_models.get")
        .list("registered_models.list")
        .update("registered_models.update")
        .delete("registered_models.delete")
        .act("registered_models.set_alias", set_alias)
        .act("registered_models.delete_alias", |_, call, model| {
            let mut all = aliases(model);
            all.retain(|known| known.get("alias_name") != call.path.get("alias"));
            model.set("aliases", all);
            Ok(())
        })
        .on_list(list_of_schema)
        .on_create(in_schema)
        .view(|_, item, fields| {
            let name = item.text("full_name").replace('.', "/");
            let location = format!("s3://sandbox-metastore/models/{name}");
            fields.entry("storage_location").or_insert(json!(location));
            // The last alias, for the operation that answers only that one.
            if let Some(set) = item.get("alias_set").and_then(Value::as_object) {
                fields.extend(set.clone());
            }
        })
        .seed(json!({
            "name": "churn",
            "catalog_name": "main",
            "schema_name": "default",
            "comment": "Who is about to leave the shop",
            "aliases": [{"alias_name": "champion", "version_num": 2}],
        }))
}

/// The aliases of a model, ready to be changed.
fn aliases(model: &Item) -> Vec<Value> {
    let all = model.get("aliases").and_then(Value::as_array);
    all.cloned().unwrap_or_default()
}

fn set_alias(shared: &Shared, call: &Call, model: &mut Item) -> Result<(), ApiError> {
    let version = call.body.get("version_num");
    let full_name = model.text("full_name").to_owned();
    let versions = shared.collections.of(MODEL_VERSION).map(|all| all.all());
    let mut versions = versions.into_iter().flatten();
    let exists = versions
        .any(|known| known.text("full_name") == full_name && known.get("version") == version);
    if !exists {
        let version = version.map(Value::to_string).unwrap_or_default();
        let message = format!("Model version '{full_name}' version {version} does not exist.");
        return Err(ApiError::not_found(message));
    }
    let alias = json!({"alias_name": call.path("alias"), "version_num": version});
    let mut all = aliases(model);
    all.retain(|known| known.get("alias_name") != alias.get("alias_name"));
    all.push(alias.clone());
    model.set("aliases", all);
    model.set("alias_set", alias);
    Ok(())
}

fn model_versions() -> Kind {
    let version = |number: i64, run: &str| {
        json!({
            "full_name": "main.default.churn",
            "catalog_name": "main",
            "schema_name": "default",
            "model_name": "churn",
            "version": number,
            "status": "READY",
            "run_id": run,
            "source": format!("dbfs:/databricks/mlflow-tracking/{run}/artifacts/model"),
        })
    };
    Kind::new(MODEL_VERSION, "version", Ids::Number)
        .within(&["full_name"])
        .parent(MODEL)
        .get("model_versions.get")
        .list("model_versions.list")
        .update("model_versions.update")
        .delete("model_versions.delete")
        .seed(version(1, "5e1c7b0a94d24f68b3a2d97c610f48e1"))
        .seed(version(2, "8f3a6d2c71b94e05a8d4f19b3e72c650"))
}
