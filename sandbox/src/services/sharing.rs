//! Delta Sharing: shares with their objects, recipients, providers.

use std::sync::Arc;

use serde_json::{Value, json};

use super::grants;
use crate::collections::{Ids, Item};
use crate::http::{ApiError, Call};
use crate::identity::{METASTORE, USER};
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    shares().serve(on, shared);
    recipients().serve(on, shared);
    providers().serve(on, shared);
}

fn shares() -> Kind {
    Kind::new("Share", "name", Ids::Given)
        .codes("SHARE_DOES_NOT_EXIST", "SHARE_ALREADY_EXISTS")
        .create("shares.create")
        .get("shares.get")
        .list("shares.list_shares")
        .update("shares.update")
        .delete("shares.delete")
        .get("shares.share_permissions")
        .act("shares.update_permissions", |_, call, share| {
            let assignments = share.fields.entry("privilege_assignments");
            grants::change(assignments.or_insert(json!([])), &call.body);
            Ok(())
        })
        .defaults(json!({"objects": [], "privilege_assignments": []}))
        .on_update(update_objects)
        .seed(json!({
            "name": "shop_insights",
            "comment": "What suppliers may see",
            "objects": [{
                "name": "main.default.products",
                "data_object_type": "TABLE",
                "shared_as": "default.products",
                "status": "ACTIVE",
                "added_by": USER,
            }],
            "privilege_assignments": [{"principal": "acme_logistics", "privileges": ["SELECT"]}],
        }))
}

/// Applies `updates`, which add, change and remove objects.
fn update_objects(shared: &Shared, _: &Call, share: &mut Item) -> Result<(), ApiError> {
    let updates = share.fields.remove("updates").unwrap_or_default();
    let mut objects = share
        .get("objects")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    for update in updates.as_array().into_iter().flatten() {
        let object = update.get("data_object").and_then(Value::as_object);
        let mut object = object.cloned().unwrap_or_default();
        let name = object.get("name").cloned().unwrap_or_default();
        let before = objects.len();
        objects.retain(|known| known.get("name") != Some(&name));
        let known = objects.len() < before;
        let name = name.as_str().unwrap_or_default();
        match update.get("action").and_then(Value::as_str) {
            Some("REMOVE") if known => continue,
            Some("ADD") if known => {
                let message = format!("The share holds '{name}' already.");
                return Err(ApiError::already_exists(message));
            }
            Some("ADD") => {}
            _ if known => {}
            _ => {
                return Err(ApiError::not_found(format!(
                    "The share does not hold '{name}'."
                )));
            }
        }
        let without_catalog = name.split_once('.').map_or(name, |(_, rest)| rest);
        object.entry("shared_as").or_insert(json!(without_catalog));
        object.entry("data_object_type").or_insert(json!("TABLE"));
        object.insert("status".to_owned(), json!("ACTIVE"));
        object.insert("added_at".to_owned(), json!(shared.clock.now()));
        object.insert("added_by".to_owned(), json!(USER));
        objects.push(Value::Object(object));
    }
    share.set("objects", objects);
    Ok(())
}

fn recipients() -> Kind {
    Kind::new("Recipient", "name", Ids::Given)
        .codes("RECIPIENT_DOES_NOT_EXIST", "RECIPIENT_ALREADY_EXISTS")
        .create("recipients.create")
        .get("recipients.get")
        .list("recipients.list")
        .update("recipients.update")
        .delete("recipients.delete")
        .say("recipients.share_permissions", shares_of)
        .on_create(|_, _, recipient| {
            recipient.set("id", uuid::Uuid::new_v4().to_string());
            let of_databricks = recipient.text("authentication_type") == "DATABRICKS";
            recipient.set("activated", of_databricks);
            let metastore = recipient
                .text("data_recipient_global_metastore_id")
                .to_owned();
            let mut parts = metastore.split(':');
            if let (Some(cloud), Some(region), Some(_)) = (parts.next(), parts.next(), parts.next())
            {
                recipient.set("cloud", cloud);
                recipient.set("region", region);
            }
            Ok(())
        })
        .seed(json!({
            "name": "acme_logistics",
            "id": "7c2e9b14-0f5d-4a86-93c1-d8e6a70b2f35",
            "authentication_type": "DATABRICKS",
            "data_recipient_global_metastore_id":
                "azure:westeurope:19a85dee-54bc-43a2-87ab-023d0ec16013",
            "cloud": "azure",
            "region": "westeurope",
            "activated": true,
            "comment": "Carries our parcels",
        }))
}

/// The shares a recipient may read.
fn shares_of(shared: &Shared, _: &Call, recipient: &Item) -> Result<Value, ApiError> {
    let shares = shared.collections.of("Share").map(|shares| shares.all());
    let name = recipient.get("name");
    let granted = |share: &Item| {
        let assignments = share.get("privilege_assignments").and_then(Value::as_array);
        assignments.is_some_and(|all| all.iter().any(|one| one.get("principal") == name))
    };
    let shares = shares.into_iter().flatten().filter(granted);
    let out: Vec<Value> = shares
        .map(|share| {
            json!({
                "share_name": share.text("name"),
                "privilege_assignments": [{
                    "principal": name,
                    "privileges": ["SELECT"],
                }],
            })
        })
        .collect();
    Ok(json!({"permissions_out": out}))
}

fn providers() -> Kind {
    Kind::new("Provider", "name", Ids::Given)
        .codes("PROVIDER_DOES_NOT_EXIST", "PROVIDER_ALREADY_EXISTS")
        .create("providers.create")
        .get("providers.get")
        .list("providers.list")
        .update("providers.update")
        .delete("providers.delete")
        .say("providers.list_shares", |_, _, provider| {
            let names = provider.get("share_names").and_then(Value::as_array);
            let shares: Vec<Value> = names
                .into_iter()
                .flatten()
                .map(|name| json!({"name": name}))
                .collect();
            Ok(json!({"shares": shares}))
        })
        .seed(json!({
            "name": "weather_archive",
            "authentication_type": "DATABRICKS",
            "cloud": "aws",
            "region": "us-west-2",
            "comment": "Daily weather of every postal code",
            "data_provider_global_metastore_id": format!("aws:us-west-2:{METASTORE}"),
            "share_names": ["daily_weather", "storms"],
        }))
}
