//! Instance pools and cluster policies.

use std::sync::Arc;

use serde_json::json;

use crate::collections::Ids;
use crate::http::ApiError;
use crate::identity::USER;
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    pools().serve(on, shared);
    policies().serve(on, shared);
    families().serve(on, shared);
}

fn pools() -> Kind {
    Kind::new("Instance pool", "instance_pool_id", Ids::Hex(20))
        .create("instance_pools.create")
        .get("instance_pools.get")
        .list("instance_pools.list")
        .replace("instance_pools.edit")
        .delete("instance_pools.delete")
        .unique("instance_pool_name")
        .defaults(json!({
            "min_idle_instances": 0,
            "idle_instance_autotermination_minutes": 60,
            "enable_elastic_disk": true,
            "state": "ACTIVE",
        }))
        .view(|_, pool, fields| {
            let idle = pool.get("min_idle_instances").cloned();
            let stats = json!({
                "used_count": 0,
                "idle_count": idle.unwrap_or_else(|| json!(0)),
                "pending_used_count": 0,
                "pending_idle_count": 0,
            });
            fields.insert("stats".to_owned(), stats);
            fields.insert("state".to_owned(), json!("ACTIVE"));
            fields.insert("status".to_owned(), json!({}));
            let tags = json!({
                "Vendor": "Databricks",
                "DatabricksInstancePoolCreatorId": USER,
                "DatabricksInstancePoolId": pool.text("instance_pool_id"),
            });
            fields.insert("default_tags".to_owned(), tags);
        })
        .seed(json!({
            "instance_pool_id": "0412-090000-pool42ab",
            "instance_pool_name": "Shared machines",
            "node_type_id": "i3.xlarge",
            "min_idle_instances": 1,
            "max_capacity": 10,
            "idle_instance_autotermination_minutes": 30,
            "preloaded_spark_versions": ["16.4.x-scala2.12"],
        }))
}

fn policies() -> Kind {
    Kind::new("Cluster policy", "policy_id", Ids::Hex(16))
        .create("cluster_policies.create")
        .get("cluster_policies.get")
        .list("cluster_policies.list")
        .replace("cluster_policies.edit")
        .delete("cluster_policies.delete")
        .unique("name")
        .on_create(|_, _, policy| {
            if policy.text("name").is_empty() {
                return Err(ApiError::invalid("Missing required field: name"));
            }
            if policy.text("definition").is_empty() && policy.text("policy_family_id").is_empty() {
                return Err(ApiError::invalid(
                    "Exactly one of definition and policy_family_id must be given.",
                ));
            }
            Ok(())
        })
        .view(|_, policy, fields| {
            fields.insert("created_at_timestamp".to_owned(), json!(policy.created_at));
        })
        .defaults(json!({"is_default": false}))
        .seed(json!({
            "policy_id": "9C63F3A1B2D40517",
            "name": "Personal Compute",
            "is_default": true,
            "policy_family_id": "personal-vm",
            "definition": FAMILIES[0].2,
            "description": "A single node for one person",
            "max_clusters_per_user": 1,
        }))
}

/// Id, name, rules.
const FAMILIES: [(&str, &str, &str); 2] = [
    (
        "personal-vm",
        "Personal Compute",
        "{\"num_workers\":{\"type\":\"fixed\",\"value\":0,\"hidden\":true}}",
    ),
    (
        "job-cluster",
        "Job Compute",
        "{\"cluster_type\":{\"type\":\"fixed\",\"value\":\"job\"}}",
    ),
];

fn families() -> Kind {
    let kind = Kind::new("Policy family", "policy_family_id", Ids::Given)
        .get("policy_families.get")
        .list("policy_families.list");
    FAMILIES.iter().fold(kind, |kind, (id, name, definition)| {
        kind.seed(json!({
            "policy_family_id": id,
            "name": name,
            "definition": definition,
            "description": format!("Rules of {name}"),
        }))
    })
}
