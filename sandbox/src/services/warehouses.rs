//! SQL warehouses. A statement starts the warehouse that it runs on.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::clock::Millis;
use crate::collections::{Ids, Item, Step};
use crate::http::ApiError;
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

/// The id of the warehouse that runs from the start.
pub(crate) const DEFAULT_ID: &str = "8a4f1c2e9b7d3056";

const WAREHOUSE: &str = "SQL warehouse";
const STATE: &str = "state";
/// Seconds from start to RUNNING, serverless and classic.
const STARTS_SERVERLESS: &[Step] = &[("STARTING", 4.0), ("RUNNING", 0.0)];
const STARTS: &[Step] = &[("STARTING", 30.0), ("RUNNING", 0.0)];
const STOPS: &[Step] = &[("STOPPING", 2.0), ("STOPPED", 0.0)];

/// Registers the operations; `on_stop` is told the id of a warehouse that stops.
pub(super) fn serve(
    on: &mut Operations,
    shared: &Arc<Shared>,
    on_stop: impl Fn(&str) + Send + Sync + 'static,
) {
    warehouses(on_stop).serve(on, shared);
}

fn warehouses(on_stop: impl Fn(&str) + Send + Sync + 'static) -> Kind {
    Kind::new(WAREHOUSE, "id", Ids::Hex(16))
        .unique("name")
        .create("warehouses.create")
        .get("warehouses.get")
        .list("warehouses.list")
        .update("warehouses.edit")
        .delete("warehouses.delete")
        .act("warehouses.start", |shared, _, warehouse| {
            start(shared, warehouse);
            Ok(())
        })
        .act("warehouses.stop", move |shared, _, warehouse| {
            if !is_going_down(shared, warehouse) {
                warehouse.go(STATE, STOPS, shared.clock.now());
                on_stop(warehouse.text("id"));
            }
            Ok(())
        })
        .moves(STATE, STARTS_SERVERLESS)
        .defaults(json!({
            "cluster_size": "Small",
            "min_num_clusters": 1,
            "max_num_clusters": 1,
            "auto_stop_mins": 10,
            "enable_photon": true,
            "enable_serverless_compute": true,
            "warehouse_type": "PRO",
            "channel": {"name": "CHANNEL_NAME_CURRENT"},
            "spot_instance_policy": "COST_OPTIMIZED",
            "tags": {},
        }))
        .on_create(|shared, _, warehouse| {
            if warehouse.text("name").is_empty() {
                return Err(ApiError::invalid("Missing required field: name"));
            }
            warehouse.go(STATE, way_up(warehouse), shared.clock.now());
            Ok(())
        })
        .view(describe)
        .seed(json!({"id": DEFAULT_ID, "name": "Sandbox Warehouse"}))
        .seed(json!({
            "id": "1d9e6b35c07f42a8",
            "name": "Batch Warehouse",
            "cluster_size": "Medium",
            "enable_serverless_compute": false,
            "state": "STOPPED",
        }))
}

/// Starts the warehouse unless it runs, and returns the time at which it will.
///
/// # Errors
/// Fails if no warehouse has this id.
pub(super) fn wake(shared: &Shared, id: &str) -> Result<Millis, ApiError> {
    let missing = || ApiError::not_found(format!("{WAREHOUSE} {id} does not exist."));
    let all = shared.collections.of(WAREHOUSE).ok_or_else(missing)?;
    let mut warehouse = all.named(id).ok_or_else(missing)?;
    if start(shared, &mut warehouse) {
        all.put(warehouse.clone());
    }
    Ok(warehouse.settles_at(STATE, shared.clock))
}

/// Starts a warehouse that is down; true if it was.
fn start(shared: &Shared, warehouse: &mut Item) -> bool {
    let starts = is_going_down(shared, warehouse);
    if starts {
        warehouse.go(STATE, way_up(warehouse), shared.clock.now());
    }
    starts
}

fn way_up(warehouse: &Item) -> &'static [Step] {
    match warehouse.get("enable_serverless_compute") {
        Some(Value::Bool(false)) => STARTS,
        _ => STARTS_SERVERLESS,
    }
}

fn is_going_down(shared: &Shared, warehouse: &Item) -> bool {
    matches!(state(shared, warehouse), "STOPPED" | "STOPPING")
}

fn state<'a>(shared: &Shared, warehouse: &'a Item) -> &'a str {
    match warehouse.state(STATE, shared.clock) {
        "" => warehouse.text(STATE),
        state => state,
    }
}

fn describe(shared: &Shared, warehouse: &Item, fields: &mut Map<String, Value>) {
    let runs = state(shared, warehouse) == "RUNNING";
    let host = shared.identity.host.trim_start_matches("http://");
    let (hostname, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    let path = format!("/sql/1.0/warehouses/{}", warehouse.text("id"));
    let more = json!({
        "num_clusters": i32::from(runs),
        "num_active_sessions": 0,
        "jdbc_url": format!("jdbc:spark://{host}/default;httpPath={path};"),
        "odbc_params": {
            "hostname": hostname,
            "port": port.parse::<u16>().unwrap_or(80),
            "path": path,
            "protocol": "http",
        },
        // A warehouse that does not run has no health to speak of.
        "health": if runs { json!({"status": "HEALTHY"}) } else { json!({}) },
    });
    fields.extend(more.as_object().cloned().unwrap_or_default());
}
