//! Jobs of a new workspace that failed, each for another reason, for those who ask why.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::job::{Failure, Fate, Job, normal};
use crate::clock::Millis;

const DAY: Millis = 86_400_000;
const FIRST_ID: i64 = 620_114_803_377_200;
/// The cluster that lost its nodes, and one that is gone.
const LOST: &str = "0801-000000-j3n8r0gh";
const GONE: &str = "0802-051500-z1x5y9pq";
/// The pipeline whose updates fail.
const PIPELINE: &str = "91c2e7d4-06af-4b3e-a5d8-7be014f6c329";

/// A failed job: its name, its tasks, and the fates of those that fail.
type Row = (&'static str, Value, Vec<(&'static str, Failure)>);

fn notebook(path: &str) -> Value {
    json!({"notebook_path": path, "source": "WORKSPACE"})
}

/// The jobs; `runs-regional-load` runs `regional-load`.
pub(super) fn jobs(now: Millis) -> Vec<Job> {
    let rows: [Row; 7] = [
        (
            "inventory-snapshot",
            json!([{"task_key": "snapshot", "existing_cluster_id": LOST, "notebook_task": notebook("/Shared/etl/ingest")}]),
            vec![(
                "snapshot",
                of(
                    "DRIVER_ERROR",
                    "CLOUD_FAILURE",
                    "The spark driver has stopped unexpectedly and is restarting.",
                ),
            )],
        ),
        (
            "price-forecast",
            json!([{
                "task_key": "fit", "existing_cluster_id": LOST, "notebook_task": notebook("/Shared/churn/train"),
                "libraries": [{"pypi": {"package": "prophet-nightly==9.9"}}],
            }]),
            vec![(
                "fit",
                of(
                    "LIBRARY_INSTALLATION_ERROR",
                    "CLIENT_ERROR",
                    "Library installation failed on the cluster.",
                ),
            )],
        ),
        (
            "payroll-export",
            json!([
                {"task_key": "read", "notebook_task": notebook("/Shared/etl/ingest")},
                {"task_key": "send", "depends_on": [{"task_key": "read"}], "notebook_task": notebook("/Shared/etl/orders")},
            ]),
            vec![(
                "read",
                Failure::of_code(
                    "[INSUFFICIENT_PERMISSIONS] User does not have SELECT on Table 'main.hr.salaries'. SQLSTATE: 42501",
                    "",
                ),
            )],
        ),
        (
            "regional-load",
            json!([{
                "task_key": "regions",
                "for_each_task": {
                    "inputs": "[\"north\", \"south\", \"east\"]", "concurrency": 2,
                    "task": {"task_key": "region", "notebook_task": {
                        "notebook_path": "/Shared/etl/orders", "source": "WORKSPACE",
                        "base_parameters": {"region": "{{input}}"},
                    }},
                },
            }]),
            vec![(
                "region#1",
                Failure::of_code(
                    "KeyError: 'south'",
                    "KeyError                                  Traceback (most recent call last)\nFile <command-5102>, line 4\n      2 region = dbutils.widgets.get(\"region\")\n      3 offices = {\"north\": 4, \"east\": 2}\n----> 4 print(offices[region])\n\nKeyError: 'south'",
                ),
            )],
        ),
        (
            "runs-regional-load",
            json!([{"task_key": "load", "run_job_task": {"job_id": FIRST_ID + 3}}]),
            vec![],
        ),
        (
            "returns-refresh",
            json!([{"task_key": "refresh", "pipeline_task": {"pipeline_id": PIPELINE}}]),
            vec![(
                "refresh",
                of(
                    "RUN_EXECUTION_ERROR",
                    "CLIENT_ERROR",
                    "The update of the pipeline failed.",
                ),
            )],
        ),
        (
            "archive-compaction",
            json!([
                {"task_key": "is_full", "condition_task": {"op": "GREATER_THAN", "left": "3", "right": "10"}},
                {
                    "task_key": "empty", "depends_on": [{"task_key": "is_full", "outcome": "true"}],
                    "notebook_task": notebook("/Shared/etl/ingest"),
                },
                {
                    "task_key": "compact", "depends_on": [{"task_key": "is_full", "outcome": "false"}], "max_retries": 2,
                    "existing_cluster_id": GONE, "notebook_task": notebook("/Shared/etl/ingest"),
                },
            ]),
            vec![(
                "compact",
                of(
                    "CLUSTER_ERROR",
                    "CLIENT_ERROR",
                    "Cluster 0802-051500-z1x5y9pq does not exist.",
                ),
            )],
        ),
    ];
    let job = |(nth, (name, tasks, fates)): (i64, Row)| {
        let fates = fates.into_iter();
        let fates = fates.map(|(key, failure)| (key.to_owned(), (2.0, Fate::Fails(failure))));
        Job {
            id: FIRST_ID + nth,
            created: now - (90 + nth) * DAY,
            settings: normal(json!({"name": name, "tasks": tasks, "tags": {"team": "operations"}})),
            fates: fates.collect::<BTreeMap<_, _>>(),
            past_runs: 1,
            once: false,
        }
    };
    (0..).zip(rows).map(job).collect()
}

/// A failure that the service tells by its code alone.
fn of(code: &'static str, kind: &'static str, message: &str) -> Failure {
    Failure {
        error: String::new(),
        trace: String::new(),
        code: (code, kind),
        message: message.to_owned(),
    }
}
