//! Connections, storage credentials and external locations: the ways of Unity Catalog to the outside.

use std::sync::Arc;

use serde_json::json;

use crate::collections::{Ids, Item};
use crate::http::{ApiError, Call};
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    connections().serve(on, shared);
    storage_credentials().serve(on, shared);
    external_locations().serve(on, shared);
}

fn connections() -> Kind {
    Kind::new("Connection", "name", Ids::Given)
        .create("connections.create")
        .get("connections.get")
        .list("connections.list")
        .update("connections.update")
        .delete("connections.delete")
        .on_create(|_, _, connection| {
            connection.fields.remove("secrets");
            Ok(())
        })
        .view(|_, item, fields| {
            fields.insert("full_name".to_owned(), json!(item.text("name")));
            fields.insert("securable_type".to_owned(), json!("CONNECTION"));
        })
        .seed(json!({
            "name": "orders_postgres",
            "connection_type": "POSTGRESQL",
            "comment": "The shop's order database",
            "connection_id": "9d1f6a40-41a8-4b1c-9a51-0d9a3f6f2c11",
            "read_only": true,
            "options": {"host": "orders.shop.example.com", "port": "5432", "user": "reader"},
        }))
}

fn storage_credentials() -> Kind {
    Kind::new("Storage credential", "name", Ids::Given)
        .codes(
            "STORAGE_CREDENTIAL_DOES_NOT_EXIST",
            "STORAGE_CREDENTIAL_ALREADY_EXISTS",
        )
        .create("storage_credentials.create")
        .get("storage_credentials.get")
        .list("storage_credentials.list")
        .update("storage_credentials.update")
        .delete("storage_credentials.delete")
        .defaults(json!({"isolation_mode": "ISOLATION_MODE_OPEN", "read_only": false}))
        .on_create(|_, _, credential| {
            credential.set("id", uuid::Uuid::new_v4().to_string());
            hide_secrets(credential);
            Ok(())
        })
        .on_update(|_, _, credential| {
            hide_secrets(credential);
            Ok(())
        })
        .view(|_, item, fields| {
            fields.insert("full_name".to_owned(), json!(item.text("name")));
        })
        .seed(json!({
            "name": "shop_lake",
            "id": "5b0a7c1e-2f64-4a3e-8c0b-7d1e9f3a6b20",
            "comment": "Role for the shop's data lake",
            "aws_iam_role": {
                "role_arn": "arn:aws:iam::123456789012:role/shop-lake",
                "unity_catalog_iam_arn": "arn:aws:iam::414351767826:role/unity-catalog-prod",
                "external_id": "3f1c7a52-9d0e-4b6b-8f57-2f4f6a1d9c30",
            },
            "used_for_managed_storage": false,
        }))
}

/// Redacts secrets, which the service takes and never returns.
fn hide_secrets(credential: &mut Item) {
    for path in [
        "azure_service_principal.client_secret",
        "cloudflare_api_token.secret_access_key",
    ] {
        if credential.get(path).is_some() {
            credential.set(path, "REDACTED");
        }
    }
}

fn external_locations() -> Kind {
    Kind::new("External location", "name", Ids::Given)
        .codes(
            "EXTERNAL_LOCATION_DOES_NOT_EXIST",
            "EXTERNAL_LOCATION_ALREADY_EXISTS",
        )
        .create("external_locations.create")
        .get("external_locations.get")
        .list("external_locations.list")
        .update("external_locations.update")
        .delete("external_locations.delete")
        .defaults(json!({
            "isolation_mode": "ISOLATION_MODE_OPEN",
            "read_only": false,
            "fallback": false,
        }))
        .on_create(use_credential)
        .on_update(use_credential)
        .seed(json!({
            "name": "shop_landing",
            "url": "s3://shop-landing/raw",
            "credential_name": "shop_lake",
            "credential_id": "5b0a7c1e-2f64-4a3e-8c0b-7d1e9f3a6b20",
            "comment": "Files as the shop drops them",
        }))
}

fn use_credential(shared: &Shared, _: &Call, location: &mut Item) -> Result<(), ApiError> {
    let name = location.text("credential_name");
    let word = "Storage credential";
    let missing = || {
        ApiError::missing(
            "STORAGE_CREDENTIAL_DOES_NOT_EXIST",
            format!("{word} '{name}' does not exist."),
        )
    };
    let credential = shared.collections.find(word, name).ok_or_else(missing)?;
    location.set("credential_id", credential.text("id"));
    Ok(())
}
