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

/// Bytes of an answer at most: 3,000 tokens of three bytes.
const ANSWER: usize = 9_000;

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
    let told = server.call("diagnose_run", json!({ "run_id": run }));
    let length = text(&told).len();
    assert!(length < ANSWER, "{job}: {length} bytes");
    ok(&told)
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
fn what_was_not_refreshed_is_named_from_the_code_of_the_tasks_or_said_to_be_unknown() {
    let (_sandbox, mut server) = stage();
    for (job, tables, unknown) in [
        (
            "customer-churn-model",
            json!(["main.default.model_versions (by register)"]),
            "train",
        ),
        (
            "inventory-snapshot",
            json!(["main.default.trips_clean (by snapshot)"]),
            "",
        ),
        ("price-forecast", Value::Null, "fit"),
        (
            "payroll-export",
            json!(["main.default.trips_clean (by read)"]),
            "send",
        ),
        ("regional-load", Value::Null, "regions > region"),
        ("runs-regional-load", Value::Null, "load > regions > region"),
        (
            "returns-refresh",
            json!(["main.default.returns_silver (by refresh)"]),
            "",
        ),
        (
            "archive-compaction",
            json!(["main.default.trips_clean (by compact)"]),
            "",
        ),
    ] {
        let diagnosis = diagnosed(&mut server, job);
        assert_eq!(diagnosis["not_refreshed"], tables, "{job}: {diagnosis:#}");
        let missing = diagnosis["not_assessed"].to_string();
        let said = format!("tables that {unknown} would have written: the code names none");
        assert_eq!(
            missing.contains("would have written"),
            !unknown.is_empty(),
            "{job}: {missing}"
        );
        assert!(
            unknown.is_empty() || missing.contains(&said),
            "{job}: {missing}"
        );
    }
}

#[test]
fn the_notebook_of_a_seeded_run_shows_what_came_of_it() {
    let (_sandbox, mut server) = stage();
    let jobs = ok(&server.call("list_jobs", json!({ "name": "customer-churn-model" })));
    let runs = ok(&server.call("list_job_runs", json!({ "job_id": jobs["jobs"][0]["id"] })));
    let run = ok(&server.call("get_run", json!({ "run_id": runs["runs"][0]["run_id"] })));
    let tasks = run["tasks"].as_array().unwrap();
    let exported = |server: &mut Binary, key: &str| {
        let task = tasks.iter().find(|task| task["key"] == key).unwrap();
        server.call("export_run", json!({ "run_id": task["run_id"] }))
    };
    let good = ok(&exported(&mut server, "features"));
    assert!(
        good["text"]
            .as_str()
            .unwrap()
            .ends_with("[output]\n6 rows\n"),
        "{good}"
    );
    let bad = ok(&exported(&mut server, "train"));
    assert_eq!(bad["failed"], json!([3]), "{bad}");
    assert!(
        bad["text"]
            .as_str()
            .unwrap()
            .contains("ValueError: Input X contains NaN."),
        "{bad}"
    );
    let never = exported(&mut server, "register");
    assert_eq!(never["isError"], true, "{never}");
}

#[test]
fn a_condition_excludes_a_task_and_a_failing_one_is_tried_again() {
    let (_sandbox, mut server) = stage();
    let jobs = ok(&server.call("list_jobs", json!({ "name": "archive-compaction" })));
    let runs = ok(&server.call("list_job_runs", json!({ "job_id": jobs["jobs"][0]["id"] })));
    let run = server.call("get_run", json!({ "run_id": runs["runs"][0]["run_id"] }));
    let run = text(&run);
    assert!(run.contains("EXCLUDED"), "{run}");
    // It was not to run, so that no failure kept it from it.
    let diagnosis = diagnosed(&mut server, "archive-compaction");
    assert_eq!(diagnosis["not_run"], Value::Null, "{diagnosis:#}");
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
