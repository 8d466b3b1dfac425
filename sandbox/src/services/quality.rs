//! Data quality monitors of tables and schemas, and their refreshes.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::collections::{Ids, Item, Step};
use crate::http::{ApiError, Call};
use crate::identity::USER;
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

const OBJECT: &[&str] = &["object_type", "object_id"];
const PENDING: &str = "MONITOR_REFRESH_STATE_PENDING";
const RUNNING: &str = "MONITOR_REFRESH_STATE_RUNNING";
const SUCCESS: &str = "MONITOR_REFRESH_STATE_SUCCESS";
/// Seconds of a refresh.
const REFRESH: &[Step] = &[(PENDING, 5.0), (RUNNING, 40.0), (SUCCESS, 0.0)];

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    monitors().serve(on, shared);
    refreshes().serve(on, shared);
}

fn monitors() -> Kind {
    Kind::new("Monitor", "object_id", Ids::Given)
        .within(&["object_type"])
        .create("data_quality.create_monitor")
        .get("data_quality.get_monitor")
        .list("data_quality.list_monitor")
        .update("data_quality.update_monitor")
        .delete("data_quality.delete_monitor")
        .on_create(watch)
}

/// Adds the names of the profiled table and of the tables for its metrics.
fn watch(shared: &Shared, _: &Call, monitor: &mut Item) -> Result<(), ApiError> {
    let id = monitor.text("object_id").to_owned();
    let kind = monitor.text("object_type").to_owned();
    let missing = || ApiError::not_found(format!("There is no {kind} with the id {id}."));
    let name = name_of(shared, &kind, &id).ok_or_else(missing)?;
    let profiles = monitor.get("data_profiling_config").is_some();
    match (kind.as_str(), profiles) {
        ("table", true) => {
            let set = |monitor: &mut Item, field: &str, value: Value| {
                monitor.set(&format!("data_profiling_config.{field}"), value);
            };
            set(monitor, "monitored_table_name", json!(name));
            set(
                monitor,
                "profile_metrics_table_name",
                json!(format!("{name}_profile_metrics")),
            );
            set(
                monitor,
                "drift_metrics_table_name",
                json!(format!("{name}_drift_metrics")),
            );
            set(
                monitor,
                "dashboard_id",
                json!(uuid::Uuid::new_v4().simple().to_string()),
            );
            set(monitor, "monitor_version", json!(1));
            set(monitor, "status", json!("DATA_PROFILING_STATUS_ACTIVE"));
            if monitor.text("data_profiling_config.assets_dir").is_empty() {
                let folder =
                    format!("/Workspace/Users/{USER}/databricks_lakehouse_monitoring/{name}");
                set(monitor, "assets_dir", json!(folder));
            }
            Ok(())
        }
        ("table", false) => Err(ApiError::invalid("A table needs a data_profiling_config.")),
        ("schema", true) => Err(ApiError::invalid(
            "A schema cannot be profiled, only its tables.",
        )),
        _ => Ok(()),
    }
}

/// The full name of the table or schema with this id.
fn name_of(shared: &Shared, kind: &str, id: &str) -> Option<String> {
    for catalog in shared.engine.metastore.catalogs() {
        for schema in catalog.schemas() {
            let full_name = format!("{}.{}", catalog.facts.name, schema.facts.name);
            if kind == "schema" && schema.facts.id == id {
                return Some(full_name);
            }
            let tables = schema.tables();
            let table = tables.iter().find(|table| table.facts.id == id);
            if let Some(table) = table.filter(|_| kind == "table") {
                return Some(format!("{full_name}.{}", table.facts.name));
            }
        }
    }
    None
}

fn refreshes() -> Kind {
    Kind::new("Refresh", "refresh_id", Ids::Number)
        .newest_first()
        .within(OBJECT)
        .parent("Monitor")
        .create("data_quality.create_refresh")
        .get("data_quality.get_refresh")
        .list("data_quality.list_refresh")
        .delete("data_quality.delete_refresh")
        .moves("state", REFRESH)
        .defaults(json!({"trigger": "MONITOR_REFRESH_TRIGGER_MANUAL"}))
        .view(|shared, item, fields| {
            fields.insert("start_time_ms".to_owned(), json!(item.created_at));
            if item.state("state", shared.clock) == SUCCESS {
                let end = item.settles_at("state", shared.clock);
                fields.insert("end_time_ms".to_owned(), json!(end));
            }
        })
}
