//! The offer for clusters: machine types, runtimes, zones.

use serde_json::{Value, json};

use super::Clusters;
use crate::http::{ApiError, Call, Reply};

/// Name, cores, memory in MB, GPUs, category, memory-optimized and the like in words.
const NODE_TYPES: &[(&str, f64, i64, i64, &str)] = &[
    ("m5.large", 2.0, 8_192, 0, "General Purpose"),
    ("m5d.large", 2.0, 8_192, 0, "General Purpose"),
    ("m5d.xlarge", 4.0, 16_384, 0, "General Purpose"),
    ("m5d.2xlarge", 8.0, 32_768, 0, "General Purpose"),
    ("r5.xlarge", 4.0, 32_768, 0, "Memory Optimized"),
    ("r5d.2xlarge", 8.0, 65_536, 0, "Memory Optimized"),
    ("c5.xlarge", 4.0, 8_192, 0, "Compute Optimized"),
    ("i3.xlarge", 4.0, 31_232, 0, "Storage Optimized"),
    ("i3.2xlarge", 8.0, 62_464, 0, "Storage Optimized"),
    ("g4dn.xlarge", 4.0, 16_384, 1, "GPU Accelerated"),
];

const VERSIONS: &[(&str, &str)] = &[
    (
        "17.3.x-scala2.13",
        "17.3 LTS (includes Apache Spark 4.0.0, Scala 2.13)",
    ),
    (
        "17.3.x-cpu-ml-scala2.13",
        "17.3 LTS ML (includes Apache Spark 4.0.0, Scala 2.13)",
    ),
    (
        "16.4.x-scala2.12",
        "16.4 LTS (includes Apache Spark 3.5.2, Scala 2.12)",
    ),
    (
        "15.4.x-scala2.12",
        "15.4 LTS (includes Apache Spark 3.5.0, Scala 2.12)",
    ),
    (
        "15.4.x-photon-scala2.12",
        "15.4 LTS Photon (includes Apache Spark 3.5.0, Scala 2.12)",
    ),
    (
        "14.3.x-scala2.12",
        "14.3 LTS (includes Apache Spark 3.5.0, Scala 2.12)",
    ),
];

/// Cores and memory in MB of a machine type.
pub(super) fn size(node_type: &str) -> (f64, i64) {
    let found = NODE_TYPES.iter().find(|(name, ..)| *name == node_type);
    found.map_or((4.0, 16_384), |(_, cores, memory, ..)| (*cores, *memory))
}

/// Refuses a runtime or a machine type that does not exist.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE` with its name.
pub(super) fn check(version: &str, node_type: Option<&str>) -> Result<(), ApiError> {
    if VERSIONS.iter().all(|(key, _)| *key != version) {
        return Err(ApiError::invalid(format!(
            "Invalid spark version {version}."
        )));
    }
    match node_type {
        Some(wanted) if NODE_TYPES.iter().all(|(name, ..)| *name != wanted) => Err(
            ApiError::invalid(format!("Node type {wanted} is not supported.")),
        ),
        _ => Ok(()),
    }
}

impl Clusters {
    pub(super) fn list_node_types(&self, _: &Call) -> Result<Reply, ApiError> {
        let types = NODE_TYPES
            .iter()
            .map(|(name, cores, memory, gpus, category)| {
                json!({
                    "node_type_id": name,
                    "memory_mb": memory,
                    "num_cores": cores,
                    "num_gpus": gpus,
                    "description": name,
                    "instance_type_id": name,
                    "category": category,
                    "is_deprecated": false,
                    "is_hidden": false,
                    "photon_driver_capable": *gpus == 0,
                    "photon_worker_capable": *gpus == 0,
                    "support_cluster_tags": true,
                    "support_ebs_volumes": true,
                    "node_instance_type": {"instance_type_id": name, "local_disks": 1, "local_disk_size_gb": 75},
                })
            });
        Ok(json!({"node_types": types.collect::<Vec<Value>>()}).into())
    }

    pub(super) fn spark_versions(&self, _: &Call) -> Result<Reply, ApiError> {
        let versions = VERSIONS
            .iter()
            .map(|(key, name)| json!({"key": key, "name": name}));
        Ok(json!({"versions": versions.collect::<Vec<Value>>()}).into())
    }

    pub(super) fn list_zones(&self, _: &Call) -> Result<Reply, ApiError> {
        let zones = ["us-west-2a", "us-west-2b", "us-west-2c"];
        Ok(json!({"zones": zones, "default_zone": "us-west-2a"}).into())
    }
}
