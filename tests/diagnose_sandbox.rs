//! Promise: over stdio, `diagnose_run` finds why each seeded run of the sandbox failed, with its cause and class, and
//! says what it could not read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use support::binary::{Binary, Era, text};

fn stage() -> (Running, Binary) {
    let sandbox = Sandbox::start(Options {
        speed: 1_000.0,
        check_answers: true,
        ..Options::default()
    })
    .unwrap();
    let variables = [
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
    ];
    let server = Binary::start(Era::Session, &variables);
    (sandbox, server)
}

fn ok(result: &Value) -> Value {
    assert_ne!(result["isError"], true, "{}", text(result));
    result["structuredContent"].clone()
}

/// What `diagnose_run` answers of the last run of the job of this name.
fn diagnosed(server: &mut Binary, job: &str) -> Value {
    let jobs = ok(&server.call("list_jobs", json!({ "name": job })));
    let id = jobs["jobs"][0]["id"].clone();
    let runs = ok(&server.call("list_job_runs", json!({ "job_id": id })));
    let run = runs["runs"][0]["run_id"].clone();
    ok(&server.call("diagnose_run", json!({ "run_id": run })))
}

#[test]
fn each_seeded_failure_is_found_with_its_class_and_cause() {
    let (_sandbox, mut server) = stage();
    for (job, task, class, told) in [
        (
            "customer-churn-model",
            "train",
            "code",
            "ValueError: Input X contains NaN.",
        ),
        (
            "inventory-snapshot",
            "snapshot",
            "compute",
            "SPOT_INSTANCE_TERMINATION",
        ),
        (
            "price-forecast",
            "fit",
            "library",
            "No matching distribution found for prophet-nightly==9.9",
        ),
        (
            "payroll-export",
            "read",
            "access",
            "[INSUFFICIENT_PERMISSIONS]",
        ),
        (
            "regional-load",
            "regions > region",
            "code",
            "KeyError: 'south'",
        ),
        (
            "runs-regional-load",
            "load > regions > region",
            "code",
            "KeyError: 'south'",
        ),
        (
            "returns-refresh",
            "refresh",
            "source",
            "/Volumes/main/default/landing/returns.csv",
        ),
        (
            "archive-compaction",
            "compact",
            "compute",
            "Cluster 0802-051500-z1x5y9pq does not exist.",
        ),
    ] {
        let diagnosis = diagnosed(&mut server, job);
        let first = &diagnosis["failures"][0];
        assert_eq!(
            (&first["task"], &first["class"]),
            (&json!(task), &json!(class)),
            "{job}: {diagnosis:#}"
        );
        assert!(
            first.to_string().contains(&told.replace('"', "\\\"")),
            "{job}: {diagnosis:#}"
        );
        assert_eq!(
            diagnosis["failures"].as_array().unwrap().len(),
            1,
            "{job}: {diagnosis:#}"
        );
        assert_eq!(
            diagnosis["repair"]["tool"], "repair_run",
            "{job}: {diagnosis:#}"
        );
    }
}

#[test]
fn what_fell_after_a_failure_and_what_cannot_be_read_are_said() {
    let (_sandbox, mut server) = stage();
    let upstream = diagnosed(&mut server, "payroll-export");
    assert_eq!(upstream["not_run"], json!(["send"]));
    let looped = diagnosed(&mut server, "regional-load");
    assert_eq!(
        looped["failures"][0]["evidence"],
        json!(["1 of 3 iterations of regions failed"])
    );
    assert_eq!(
        looped["failures"][0]["line"],
        "line 4: print(offices[region])"
    );
    let gone = diagnosed(&mut server, "archive-compaction");
    let missing = gone["not_assessed"].as_array().unwrap();
    for what in [
        "cluster 0802-051500-z1x5y9pq",
        "events of cluster 0802-051500-z1x5y9pq",
        "libraries of cluster 0802-051500-z1x5y9pq",
    ] {
        assert!(
            missing
                .iter()
                .any(|line| line.as_str().unwrap().starts_with(what)),
            "{what}: {missing:?}"
        );
    }
}

#[test]
fn a_condition_excludes_a_task_and_a_failing_one_is_tried_again() {
    let (_sandbox, mut server) = stage();
    let jobs = ok(&server.call("list_jobs", json!({ "name": "archive-compaction" })));
    let runs = ok(&server.call("list_job_runs", json!({ "job_id": jobs["jobs"][0]["id"] })));
    let run = server.call("get_run", json!({ "run_id": runs["runs"][0]["run_id"] }));
    let run = text(&run);
    assert!(run.contains("EXCLUDED"), "{run}");
}

#[test]
fn the_output_of_a_loop_is_that_of_its_failed_iteration() {
    let (_sandbox, mut server) = stage();
    let jobs = ok(&server.call("list_jobs", json!({ "name": "regional-load" })));
    let runs = ok(&server.call("list_job_runs", json!({ "job_id": jobs["jobs"][0]["id"] })));
    let run = runs["runs"][0]["run_id"].clone();
    let output = ok(&server.call("get_run_output", json!({ "run_id": run })));
    let told = output.to_string();
    assert!(told.contains("1 of 3 iterations failed"), "{told}");
    assert!(told.contains("KeyError: 'south'"), "{told}");
}
