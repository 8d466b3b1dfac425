//! Saved queries and alerts.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::collections::Ids;
use crate::identity::USER;
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    queries().serve(on, shared);
    alerts().serve(on, shared);
}

fn queries() -> Kind {
    Kind::new("Query", "id", Ids::Uuid)
        .create("queries.create")
        .get("queries.get")
        .list("queries.list")
        .update("queries.update")
        .delete("queries.delete")
        .inside("query")
        .trash("lifecycle_state", "TRASHED")
        .defaults(json!({
            "lifecycle_state": "ACTIVE",
            "run_as_mode": "OWNER",
            "apply_auto_limit": false,
            "parent_path": format!("/Workspace/Users/{USER}"),
        }))
        .seed(json!({
            "id": "0b7e1d42-6c5a-4f38-9e21-5d84a7c3f016",
            "display_name": "Revenue by country",
            "description": "What each country brought in",
            "query_text": "SELECT * FROM main.default.revenue_by_country ORDER BY revenue DESC",
            "tags": ["sales"],
        }))
        .seed(json!({
            "id": "c5f2a9d1-8e34-4b07-a6d8-13e9b57f4c2a",
            "display_name": "Taxi trips per day",
            "query_text": "SELECT date(tpep_pickup_datetime) AS day, count(*) AS trips FROM samples.nyctaxi.trips GROUP BY 1 ORDER BY 1",
        }))
}

fn alerts() -> Kind {
    Kind::new("Alert", "id", Ids::Uuid)
        .create("alerts_v2.create_alert")
        .get("alerts_v2.get_alert")
        .list("alerts_v2.list_alerts")
        .update("alerts_v2.update_alert")
        .delete("alerts_v2.trash_alert")
        .trash("lifecycle_state", "DELETED")
        .defaults(json!({
            "lifecycle_state": "ACTIVE",
            "parent_path": format!("/Workspace/Users/{USER}"),
        }))
        .view(|_, _, fields| {
            let run_as = fields.get("run_as").cloned();
            let run_as = run_as.unwrap_or_else(|| json!({"user_name": USER}));
            fields.insert("effective_run_as".to_owned(), run_as);
            if let Some(evaluation) = fields.get_mut("evaluation").and_then(Value::as_object_mut) {
                evaluation.entry("state").or_insert(json!("UNKNOWN"));
            }
        })
        .seed(json!({
            "id": "e8d40b6f-27c1-4a95-b3fe-90a61c8d5274",
            "display_name": "No orders today",
            "query_text": "SELECT count(*) AS orders FROM samples.tpch.orders",
            "warehouse_id": super::warehouses::DEFAULT_ID,
            "evaluation": {
                "source": {"name": "orders"},
                "comparison_operator": "EQUAL",
                "threshold": {"value": {"double_value": 0.0}},
                "state": "OK",
            },
            "schedule": {
                "quartz_cron_schedule": "0 0 8 * * ?",
                "timezone_id": "UTC",
                "pause_status": "UNPAUSED",
            },
        }))
}
