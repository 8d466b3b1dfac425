//! The clusters of a new workspace.

use serde_json::{Map, Value, json};

use super::cluster::{Cluster, Installed, LOST};
use super::course::{Course, Way};
use crate::clock::{Clock, Millis};
use crate::identity::USER;

const HOUR: Millis = 3_600_000;
const LTS: &str = "16.4.x-scala2.12";
const ML: &str = "17.3.x-cpu-ml-scala2.13";

/// One running cluster and three terminated ones.
pub(super) fn clusters(clock: Clock) -> Vec<Cluster> {
    let now = clock.now();
    let rows = [
        (
            "0412-081530-k2v9x1ab",
            "Shared exploration",
            LTS,
            "i3.xlarge",
            2,
            "UI",
            90,
            None,
        ),
        (
            "0603-140211-m7q4t8cd",
            "Nightly batch",
            LTS,
            "m5d.2xlarge",
            8,
            "API",
            40,
            Some(14),
        ),
        (
            "0719-093347-p5w2z6ef",
            "ML experiments",
            ML,
            "r5.xlarge",
            0,
            "UI",
            12,
            Some(50),
        ),
        (
            "0801-000000-j3n8r0gh",
            "job-431-run-88",
            LTS,
            "m5.large",
            1,
            "JOB",
            1,
            Some(11),
        ),
    ];
    rows.map(
        |(id, name, version, node_type, workers, source, days, rests)| {
            let (way, since) = match rests {
                None => (Way::Start, now - 3 * HOUR),
                Some(hours) => (Way::Idle, now - hours * HOUR),
            };
            let created_at = now - days * 24 * HOUR;
            let mut cluster = Cluster {
                id: id.to_owned(),
                settings: settings(name, version, node_type, workers),
                source,
                creator: USER.to_owned(),
                created_at,
                pinned: false,
                course: Course {
                    way,
                    since,
                    until: since,
                },
                events: Vec::new(),
                libraries: Vec::new(),
            };
            cluster.note(created_at, "CREATING", json!({"user": USER}));
            if source == "JOB" {
                let lost = json!({"reason": {"code": LOST, "type": "CLOUD_FAILURE"}});
                // As near to the jobs that failed on it as to its own end.
                cluster.note(now - 12 * HOUR, "NODES_LOST", lost);
                cluster.libraries.push(Installed {
                    library: json!({"pypi": {"package": "prophet-nightly==9.9"}}),
                    since,
                    leaving: false,
                    failed: Some("No matching distribution found for prophet-nightly==9.9"),
                });
            }
            cluster.take(way, since, clock);
            cluster
        },
    )
    .into()
}

fn settings(name: &str, version: &str, node_type: &str, workers: i64) -> Map<String, Value> {
    let settings = json!({
        "cluster_name": name,
        "spark_version": version,
        "node_type_id": node_type,
        "driver_node_type_id": node_type,
        "num_workers": workers,
        "autotermination_minutes": 60,
        "data_security_mode": "SINGLE_USER",
        "single_user_name": USER,
        "runtime_engine": "PHOTON",
        "aws_attributes": {
            "availability": "SPOT_WITH_FALLBACK",
            "first_on_demand": 1,
            "zone_id": "us-west-2a",
        },
        "spark_conf": {"spark.databricks.delta.preview.enabled": "true"},
        "custom_tags": {"team": "data"},
    });
    match settings {
        Value::Object(settings) => settings,
        _ => Map::new(),
    }
}
