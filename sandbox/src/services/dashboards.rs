//! AI/BI dashboards: drafts, and their published versions.

use std::sync::Arc;

use serde_json::json;

use crate::clock::rfc3339;
use crate::collections::{Ids, Item};
use crate::http::{ApiError, Call};
use crate::identity::USER;
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    dashboards().serve(on, shared);
    published().serve(on, shared);
}

const PUBLISHED: &str = "Published dashboard";

fn dashboards() -> Kind {
    let page = json!({"pages": [{"name": "p1", "displayName": "Sales", "layout": []}]});
    Kind::new("Dashboard", "dashboard_id", Ids::Hex(32))
        .create("lakeview.create")
        .get("lakeview.get")
        .list("lakeview.list")
        .update("lakeview.update")
        .delete("lakeview.trash")
        .trash("lifecycle_state", "TRASHED")
        .act("lakeview.publish", publish)
        .act("lakeview.unpublish", unpublish)
        .defaults(json!({
            "display_name": "New Dashboard",
            "lifecycle_state": "ACTIVE",
            "parent_path": format!("/Users/{USER}"),
            "serialized_dashboard": "{}",
        }))
        .view(|_, item, fields| {
            let name = item.text("display_name");
            let path = format!("{}/{name}.lvdash.json", item.text("parent_path"));
            fields.insert("path".to_owned(), json!(path));
            // Published dashboards show the state of their publication.
            fields.insert(
                "embed_credentials".to_owned(),
                json!(item.get("credentials")),
            );
            let at = item.get("revision_at").and_then(serde_json::Value::as_i64);
            fields.insert("revision_create_time".to_owned(), json!(at.map(rfc3339)));
        })
        .seed(json!({
            "dashboard_id": "01f0a7c36d2b1e4f9c850b7e2a614d93",
            "display_name": "Shop overview",
            "warehouse_id": super::warehouses::DEFAULT_ID,
            "serialized_dashboard": page.to_string(),
        }))
}

/// Published dashboards by the ids of their drafts.
fn published() -> Kind {
    Kind::new(PUBLISHED, "dashboard_id", Ids::Given).get("lakeview.get_published")
}

fn publish(shared: &Shared, call: &Call, dashboard: &mut Item) -> Result<(), ApiError> {
    let now = shared.clock.now();
    let embeds = call
        .body
        .get("embed_credentials")
        .cloned()
        .unwrap_or(json!(true));
    dashboard.set("credentials", embeds.clone());
    dashboard.set("revision_at", now);
    let warehouse = call
        .body
        .get("warehouse_id")
        .or(dashboard.get("warehouse_id"));
    let fields = json!({
        "dashboard_id": dashboard.text("dashboard_id"),
        "display_name": dashboard.text("display_name"),
        "embed_credentials": embeds,
        "warehouse_id": warehouse,
        "revision_create_time": rfc3339(now),
    });
    if let Some(published) = shared.collections.of(PUBLISHED) {
        published.retain(|known| known.get("dashboard_id") != dashboard.get("dashboard_id"));
        published.make(fields, now);
    }
    Ok(())
}

fn unpublish(shared: &Shared, _: &Call, dashboard: &mut Item) -> Result<(), ApiError> {
    if let Some(published) = shared.collections.of(PUBLISHED) {
        let id = dashboard.text("dashboard_id");
        published.named(id).ok_or_else(|| published.missing(id))?;
        published.retain(|known| known.text("dashboard_id") != id);
    }
    Ok(())
}
