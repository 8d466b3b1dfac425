//! Databricks Apps: compute that starts and stops, and deployments of code.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::collections::{Ids, Item, Step};
use crate::http::ApiError;
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

const APP: &str = "App";
const DEPLOYMENT: &str = "Deployment";
const COMPUTE: &str = "compute_status.state";
const STARTS: &[Step] = &[("STARTING", 20.0), ("ACTIVE", 0.0)];
const STOPS: &[Step] = &[("STOPPING", 4.0), ("STOPPED", 0.0)];
const STOPPED: &[Step] = &[("STOPPED", 0.0)];
const DEPLOYS: &[Step] = &[("IN_PROGRESS", 15.0), ("SUCCEEDED", 0.0)];

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    apps().serve(on, shared);
    deployments().serve(on, shared);
}

fn apps() -> Kind {
    Kind::new(APP, "name", Ids::Given)
        .argument("app_name", "name")
        .create("apps.create")
        .get("apps.get")
        .list("apps.list")
        .update("apps.update")
        .delete("apps.delete")
        .act("apps.start", |shared, _, app| {
            if app.state(COMPUTE, shared.clock) != "STOPPED" {
                let message = format!("App {} is not stopped.", app.text("name"));
                return Err(ApiError::bad_request("BAD_REQUEST", message));
            }
            app.go(COMPUTE, STARTS, shared.clock.now());
            Ok(())
        })
        .act("apps.stop", |shared, _, app| {
            app.go(COMPUTE, STOPS, shared.clock.now());
            Ok(())
        })
        .moves(COMPUTE, STARTS)
        .defaults(json!({"compute_size": "MEDIUM"}))
        .on_create(|shared, call, app| {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            let name = app.text("name").to_owned();
            if name.is_empty() || !name.chars().all(plain) {
                return Err(ApiError::invalid(format!(
                    "App name must contain only lowercase letters, numbers, and dashes: {name}"
                )));
            }
            let id = uuid::Uuid::new_v4();
            app.set("id", id.to_string());
            app.set("service_principal_client_id", id.to_string());
            app.set("service_principal_name", format!("app-{name}"));
            if call.query.get("no_compute") == Some(&json!(true)) {
                app.go(COMPUTE, STOPPED, shared.clock.now());
            }
            Ok(())
        })
        .view(describe)
        .seed(json!({
            "name": "returns-desk",
            "id": "b9e3d7a2-4f18-4c60-95b7-2a6d1e08c3f4",
            "description": "Where the shop handles returns",
            "service_principal_name": "app-returns-desk",
        }))
}

fn describe(shared: &Shared, app: &Item, fields: &mut Map<String, Value>) {
    let name = app.text("name");
    let deployments = shared.collections.of(DEPLOYMENT).map(|all| all.all());
    let own = deployments.into_iter().flatten().rev();
    let own: Vec<Item> = own.filter(|one| one.text("app_name") == name).collect();
    let state_of = |one: &Item| one.state("status.state", shared.clock);
    let active = own.iter().find(|one| state_of(one) == "SUCCEEDED");
    let pending = own.first().filter(|one| state_of(one) == "IN_PROGRESS");
    let compute = app.state(COMPUTE, shared.clock);
    let (state, message) = match (compute, active, pending) {
        ("ACTIVE", _, Some(_)) => ("DEPLOYING", "The code is being deployed."),
        ("ACTIVE", Some(_), _) => ("RUNNING", "App is running"),
        ("ACTIVE", None, _) => ("UNAVAILABLE", "App has not been deployed yet."),
        _ => ("UNAVAILABLE", "App compute is not running."),
    };
    let show = |one: Option<&Item>| one.map(|one| deployment(shared, one));
    fields.insert("active_deployment".to_owned(), json!(show(active)));
    fields.insert("pending_deployment".to_owned(), json!(show(pending)));
    let url = format!("{}/apps/{name}", shared.identity.host);
    fields.insert("url".to_owned(), json!(url));
    fields.insert(
        "app_status".to_owned(),
        json!({"state": state, "message": message}),
    );
    if let Some(active) = active {
        let path = active.get("source_code_path");
        fields.insert("default_source_code_path".to_owned(), json!(path));
    }
    let status = fields
        .get_mut("compute_status")
        .and_then(Value::as_object_mut);
    if let Some(status) = status {
        let instances = i32::from(compute == "ACTIVE");
        status.insert(
            "message".to_owned(),
            json!(format!("App compute is {}.", compute.to_lowercase())),
        );
        status.insert("active_instances".to_owned(), json!(instances));
    }
}

fn deployment(shared: &Shared, item: &Item) -> Value {
    json!({
        "deployment_id": item.text("deployment_id"),
        "source_code_path": item.get("source_code_path"),
        "mode": item.get("mode"),
        "status": {"state": item.state("status.state", shared.clock)},
        "create_time": crate::clock::rfc3339(item.created_at),
        "creator": crate::identity::USER,
    })
}

fn deployments() -> Kind {
    Kind::new(DEPLOYMENT, "deployment_id", Ids::Hex(32))
        .newest_first()
        .parent(APP)
        .create("apps.deploy")
        .get("apps.get_deployment")
        .list("apps.list_deployments")
        .moves("status.state", DEPLOYS)
        .defaults(json!({"mode": "SNAPSHOT"}))
        .on_create(|shared, _, deployment| {
            let app = shared.collections.find(APP, deployment.text("app_name"));
            let compute = app.map_or("", |app| app.state(COMPUTE, shared.clock));
            if compute != "ACTIVE" {
                let message = format!("The app's compute is {compute}; start the app first.");
                return Err(ApiError::bad_request("BAD_REQUEST", message));
            }
            Ok(())
        })
        .view(|shared, item, fields| {
            let state = item.state("status.state", shared.clock);
            let message = match state {
                "SUCCEEDED" => "App started successfully",
                _ => "Preparing source code for the app.",
            };
            fields.insert(
                "status".to_owned(),
                json!({"state": state, "message": message}),
            );
            let source = item.text("source_code_path");
            if !source.is_empty() {
                let artifacts = json!({"source_code_path": format!("{source}/.snapshot")});
                fields.insert("deployment_artifacts".to_owned(), artifacts);
            }
        })
        .seed(json!({
            "app_name": "returns-desk",
            "source_code_path": "/Workspace/Shared/apps/returns-desk",
        }))
}
