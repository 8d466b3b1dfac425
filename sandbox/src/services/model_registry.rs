//! The workspace's own model registry, the one before Unity Catalog: models, versions, stages.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::collections::{Ids, Item};
use crate::http::{ApiError, Call};
use crate::identity::USER;
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

const MODEL: &str = "Workspace model";
const VERSION: &str = "Workspace model version";
const STAGES: [&str; 4] = ["None", "Staging", "Production", "Archived"];

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    models().serve(on, shared);
    versions().serve(on, shared);
}

fn models() -> Kind {
    Kind::new(MODEL, "name", Ids::Given)
        .create("model_registry.create_model")
        .get("model_registry.get_model")
        .list("model_registry.search_models")
        .list("model_registry.list_models")
        .update("model_registry.update_model")
        .update("model_registry.rename_model")
        .delete("model_registry.delete_model")
        .defaults(json!({"user_id": USER}))
        .on_update(|shared, call, model| {
            let (old, new) = (call.body.get("name"), model.get("name"));
            for mut version in versions_of(shared, old) {
                version.set("name", new.cloned().unwrap_or_default());
                keep(shared, version);
            }
            Ok(())
        })
        .on_delete(|shared, _, model| {
            if let Some(versions) = shared.collections.of(VERSION) {
                versions.retain(|version| version.get("name") != model.get("name"));
            }
            Ok(())
        })
        .view(|shared, item, fields| {
            fields.insert("latest_versions".to_owned(), latest(shared, item));
        })
        .seed(json!({"name": "basket-size", "description": "What a customer spends at once"}))
}

fn versions() -> Kind {
    let version = |number: &str, stage: &str| {
        json!({
            "name": "basket-size",
            "version": number,
            "current_stage": stage,
            "source": format!("dbfs:/databricks/mlflow/basket-size/{number}"),
        })
    };
    Kind::new(VERSION, "version", Ids::Digits)
        .within(&["name"])
        .create("model_registry.create_model_version")
        .get("model_registry.get_model_version")
        .list("model_registry.search_model_versions")
        .update("model_registry.update_model_version")
        .delete("model_registry.delete_model_version")
        .act("model_registry.transition_stage", move_to_stage)
        .say(
            "model_registry.get_model_version_download_uri",
            |_, _, version| Ok(json!({"artifact_uri": version.get("source")})),
        )
        .newest_first()
        .defaults(json!({"current_stage": "None", "status": "READY", "user_id": USER}))
        .on_create(|shared, _, version| {
            let name = version.text("name");
            if shared.collections.find(MODEL, name).is_none() {
                let message = format!("{MODEL} '{name}' does not exist.");
                return Err(ApiError::not_found(message));
            }
            let numbers = versions_of(shared, version.get("name"));
            let numbers = numbers
                .iter()
                .filter_map(|one| one.text("version").parse::<u64>().ok());
            let next = numbers.max().unwrap_or(0) + 1;
            version.set("version", next.to_string());
            Ok(())
        })
        .seed(version("1", "Archived"))
        .seed(version("2", "Production"))
}

/// The versions of a model, oldest first.
fn versions_of(shared: &Shared, name: Option<&Value>) -> Vec<Item> {
    let all = shared.collections.of(VERSION).map(|all| all.all());
    let all = all.into_iter().flatten();
    all.filter(|version| version.get("name") == name).collect()
}

fn keep(shared: &Shared, version: Item) {
    if let Some(versions) = shared.collections.of(VERSION) {
        versions.put(version);
    }
}

/// Of each stage the newest version.
fn latest(shared: &Shared, model: &Item) -> Value {
    let mut by_stage: Map<String, Value> = Map::new();
    for version in versions_of(shared, model.get("name")) {
        let stage = version.text("current_stage").to_owned();
        by_stage.insert(stage, Value::Object(version.fields));
    }
    by_stage.into_iter().map(|(_, version)| version).collect()
}

fn move_to_stage(shared: &Shared, call: &Call, version: &mut Item) -> Result<(), ApiError> {
    let stage = call.body.get("stage").and_then(Value::as_str);
    let stage = stage.unwrap_or_default();
    let known = STAGES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(stage));
    let known = known.ok_or_else(|| {
        let stages = STAGES.join(", ");
        ApiError::invalid(format!(
            "Invalid stage '{stage}'. It must be one of {stages}."
        ))
    })?;
    if call.body.get("archive_existing_versions") == Some(&json!(true)) {
        for mut other in versions_of(shared, version.get("name")) {
            if other.text("current_stage") == *known {
                other.set("current_stage", "Archived");
                keep(shared, other);
            }
        }
    }
    version.set("current_stage", *known);
    version.touch(shared.clock.now());
    Ok(())
}
