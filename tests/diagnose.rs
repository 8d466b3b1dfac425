//! Promise: `diagnose_run` finds why a run failed, by reads alone, and says what it could not read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use databricks_mcp::tools;
use serde_json::{Value, json};
use support::inventory::everything;
use support::recorder::{self, Recorder};

/// Characters of an answer at most: about 3,000 tokens.
const ANSWER: usize = 10_500;

/// What `diagnose_run` answers of a run of this service.
async fn diagnosed(recorder: &Recorder, run_id: u64) -> Value {
    let context = recorder::context(&recorder.host, "diagnose_run");
    let inventory = everything();
    let arguments = json!({ "run_id": run_id });
    let entry = inventory.find("diagnose_run").unwrap();
    let answer = tools::call(entry, &context, arguments.as_object().unwrap().clone());
    let answer = answer.await.unwrap();
    assert!(answer.text.len() < ANSWER, "{}", answer.text.len());
    for request in recorder.requests() {
        let reads = request.starts_with("GET ") || request.contains("/clusters/events");
        assert!(reads, "{request}");
    }
    answer.structured
}

fn status(code: &str, kind: &str, message: &str) -> Value {
    json!({ "state": "TERMINATED", "termination_details": { "code": code, "type": kind, "message": message } })
}

/// A failed run of job 9 with one task, which has these members besides.
fn failed(run_id: u64, code: &str, kind: &str, message: &str, task: Value) -> Value {
    let mut all = json!({
        "task_key": "load", "run_id": run_id + 1, "attempt_number": 0, "start_time": 1_790_000_000_000_i64,
        "end_time": 1_790_000_060_000_i64, "status": status(code, kind, message)
    });
    all.as_object_mut()
        .unwrap()
        .extend(task.as_object().unwrap().clone());
    json!({
        "run_id": run_id, "job_id": 9, "start_time": 1_790_000_000_000_i64, "run_page_url": "https://w/run",
        "status": status(code, kind, message), "tasks": [all]
    })
}

fn ended(run_id: u64, result: &str) -> Value {
    json!({ "run_id": run_id, "start_time": 1_789_000_000_000_i64 + run_id as i64,
            "state": { "life_cycle_state": "TERMINATED", "result_state": result } })
}

/// A job whose last success is run 50, before two failures.
fn history() -> Value {
    json!({ "runs": [ended(52, "FAILED"), ended(51, "FAILED"), ended(50, "SUCCESS")] })
}

fn success() -> Value {
    json!({
        "run_id": 50, "job_id": 9, "start_time": 1_789_000_000_050_i64, "state": { "life_cycle_state": "TERMINATED", "result_state": "SUCCESS" },
        "job_parameters": [{ "name": "day", "value": "2026-11-01" }],
        "tasks": [{ "task_key": "load", "run_id": 55, "notebook_task": { "notebook_path": "/etl/load" } }]
    })
}

#[tokio::test]
async fn a_fault_of_the_code_is_told_with_its_line_and_what_changed() {
    let mut run = failed(
        100,
        "RUN_EXECUTION_ERROR",
        "CLIENT_ERROR",
        "Workload failed",
        json!({ "notebook_task": { "notebook_path": "/etl/load" } }),
    );
    run["job_parameters"] = json!([{ "name": "day", "value": "2026-11-02" }]);
    run["repair_history"] = json!([{ "id": 700 }]);
    let tasks = run["tasks"].as_array_mut().unwrap();
    tasks.push(json!({ "task_key": "report", "run_id": 109, "state": {
        "life_cycle_state": "TERMINATED", "result_state": "UPSTREAM_FAILED" } }));
    let recorder = Recorder::routes([
        ("runs/get-output?run_id=101", json!({
            "error": "KeyError: 'day'",
            "error_trace": "KeyError  Traceback (most recent call last)\nFile <command-7>, line 2\n      1 rows = read()\n----> 2 rows['day']\nKeyError: 'day'"
        })),
        ("runs/get?include_history=true&run_id=100", run),
        ("runs/get?run_id=50", success()),
        ("runs/list", history()),
        ("workspace/get-status", json!({ "path": "/etl/load", "modified_at": 1_789_500_000_000_i64 })),
        ("workspace/export", json!({ "content": "ZGYud3JpdGUuc2F2ZUFzVGFibGUoIm1haW4uZ29sZC5kYWlseSIpCg==" })),
    ]).await;
    insta::assert_snapshot!(format!("{:#}", diagnosed(&recorder, 100).await));
}

#[tokio::test]
async fn a_lost_cluster_is_told_by_its_events_and_its_libraries() {
    let cluster = json!({ "cluster_instance": { "cluster_id": "c-1" } });
    let lost = failed(
        200,
        "DRIVER_ERROR",
        "CLOUD_FAILURE",
        "The driver was lost",
        cluster.clone(),
    );
    let library = failed(
        300,
        "LIBRARY_INSTALLATION_ERROR",
        "CLIENT_ERROR",
        "Library installation failed",
        cluster,
    );
    let recorder = Recorder::routes([
        ("runs/get-output", json!({})),
        ("runs/get?include_history=true&run_id=200", lost),
        ("runs/get?include_history=true&run_id=300", library),
        ("runs/list", json!({ "runs": [ended(49, "FAILED")] })),
        ("clusters/get", json!({ "cluster_id": "c-1", "state": "TERMINATED", "termination_reason": {
            "code": "SPOT_INSTANCE_TERMINATION", "type": "CLOUD_FAILURE", "parameters": { "instance_id": "i-9" } } })),
        ("clusters/events", json!({ "events": [
            { "timestamp": 1_790_000_050_000_i64, "type": "NODES_LOST", "details": { "reason": { "code": "SPOT_INSTANCE_TERMINATION" } } },
            { "timestamp": 1_790_000_040_000_i64, "type": "RESIZING", "details": {} },
        ] })),
        ("libraries/cluster-status", json!({ "library_statuses": [
            { "library": { "pypi": { "package": "nowhere==1" } }, "status": "FAILED", "messages": ["No matching distribution"] },
            { "library": { "jar": "/a.jar" }, "status": "INSTALLED" },
        ] })),
    ]).await;
    let lost = diagnosed(&recorder, 200).await;
    assert_eq!(lost["failures"][0]["class"], "compute");
    let evidence = json!([
        "cluster c-1 ended: SPOT_INSTANCE_TERMINATION, CLOUD_FAILURE, instance_id=i-9",
        "cluster event 2026-09-21T14:14:10Z NODES_LOST: SPOT_INSTANCE_TERMINATION",
        "library {\"pypi\":{\"package\":\"nowhere==1\"}} failed: No matching distribution",
    ]);
    assert_eq!(lost["failures"][0]["evidence"], evidence);
    assert_eq!(
        lost["repair"]["arguments"],
        json!({ "run_id": "200", "rerun_all_failed_tasks": true })
    );
    let library = diagnosed(&recorder, 300).await;
    assert_eq!(library["failures"][0]["class"], "library");
    assert_eq!(library["repair"]["advice"], "mend the libraries first");
    assert!(
        library["not_assessed"]
            .to_string()
            .contains("the one run before it failed too")
    );
}

#[tokio::test]
async fn a_missing_right_and_a_failed_pipeline_are_told_as_such() {
    let recorder = Recorder::routes([
        (
            "runs/get-output",
            json!({ "error": "[PERMISSION_DENIED] User does not have SELECT on Table 'a.b.c'." }),
        ),
        (
            "runs/get?include_history=true&run_id=400",
            failed(
                400,
                "RUN_EXECUTION_ERROR",
                "CLIENT_ERROR",
                "Workload failed",
                json!({}),
            ),
        ),
        ("runs/get?run_id=50", success()),
        ("runs/list", history()),
    ])
    .await;
    let denied = diagnosed(&recorder, 400).await;
    assert_eq!(denied["failures"][0]["class"], "access");
    assert_eq!(
        denied["summary"],
        "Task load failed: [PERMISSION_DENIED] User does not have SELECT on Table 'a.b.c'."
    );
    let pipeline = json!({ "pipeline_task": { "pipeline_id": "p-1" } });
    let recorder = Recorder::routes([
        ("runs/get-output", json!({})),
        ("runs/get?include_history=true&run_id=700", failed(700, "RUN_EXECUTION_ERROR", "CLIENT_ERROR", "Update failed", pipeline)),
        ("runs/get?run_id=50", success()),
        ("runs/list", history()),
        ("pipelines/p-1/events", json!({ "events": [{ "level": "ERROR", "message": "Update failed", "error": { "exceptions": [
            { "class_name": "org.apache.spark.SparkException", "message": "Job aborted" },
            { "class_name": "java.io.FileNotFoundException", "message": "/Volumes/a/b/c/x.csv" } ] } }] })),
    ]).await;
    let failed = diagnosed(&recorder, 700).await;
    assert_eq!(failed["failures"][0]["class"], "source");
    assert_eq!(
        failed["failures"][0]["cause"],
        "pipeline p-1: java.io.FileNotFoundException: /Volumes/a/b/c/x.csv"
    );
}

#[tokio::test]
async fn a_loop_leads_to_its_iteration_and_a_task_of_another_job_to_its_run() {
    let each = failed(
        500,
        "RUN_EXECUTION_ERROR",
        "CLIENT_ERROR",
        "Loop failed",
        json!({ "for_each_task": { "inputs": "[1,2]" } }),
    );
    let calls = failed(
        600,
        "RUN_EXECUTION_ERROR",
        "CLIENT_ERROR",
        "Run job failed",
        json!({ "run_job_task": { "job_id": 10 } }),
    );
    let bad = status("RUN_EXECUTION_ERROR", "CLIENT_ERROR", "Workload failed");
    let recorder = Recorder::routes([
        ("runs/get-output?run_id=512", json!({ "error": "ValueError: 2 is odd" })),
        ("runs/get-output?run_id=601", json!({ "run_job_output": { "run_id": 650 } })),
        ("runs/get-output?run_id=651", json!({ "error": "ZeroDivisionError: division by zero" })),
        ("runs/get-output", json!({})),
        ("runs/get?include_history=true&run_id=500", each),
        ("runs/get?run_id=501", json!({ "run_id": 501, "iterations": [
            { "task_key": "load_iteration", "run_id": 511, "status": status("SUCCESS", "SUCCESS", "") },
            { "task_key": "load_iteration", "run_id": 512, "status": bad },
        ] })),
        ("runs/get?include_history=true&run_id=600", calls),
        ("runs/get?run_id=650", failed(650, "RUN_EXECUTION_ERROR", "CLIENT_ERROR", "Workload failed", json!({}))),
        ("runs/get?run_id=50", success()),
        ("runs/list", history()),
    ]).await;
    let looped = diagnosed(&recorder, 500).await;
    let first = &looped["failures"][0];
    assert_eq!(first["task"], "load > load_iteration");
    assert_eq!(
        (&first["run_id"], &first["cause"]),
        (&json!("512"), &json!("ValueError: 2 is odd"))
    );
    assert_eq!(
        first["evidence"],
        json!(["1 of 2 iterations of load failed"])
    );
    let called = diagnosed(&recorder, 600).await;
    let first = &called["failures"][0];
    assert_eq!(first["task"], "load > load");
    assert_eq!(first["cause"], "ZeroDivisionError: division by zero");
    assert_eq!(called["failures"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_said_and_what_did_not_fail_too() {
    let cluster = json!({ "existing_cluster_id": "c-2" });
    let recorder = Recorder::routes([
        ("runs/get?include_history=true&run_id=800", failed(800, "CLUSTER_ERROR", "CLIENT_ERROR", "Cluster is gone", cluster)),
        ("runs/get?include_history=true&run_id=810", json!({ "run_id": 810, "job_id": 9, "state": { "life_cycle_state": "RUNNING" } })),
        ("runs/get?include_history=true&run_id=820", json!({ "run_id": 820, "job_id": 9, "state": { "life_cycle_state": "TERMINATED", "result_state": "SUCCESS" } })),
    ]).await;
    let blind = diagnosed(&recorder, 800).await;
    assert_eq!(blind["failures"][0]["class"], "compute");
    let missing = blind["not_assessed"].as_array().unwrap();
    for what in [
        "output of load",
        "cluster c-2",
        "events of cluster c-2",
        "libraries of cluster c-2",
        "earlier runs",
    ] {
        assert!(
            missing
                .iter()
                .any(|line| line.as_str().unwrap().starts_with(what)),
            "{what}: {missing:?}"
        );
    }
    assert_eq!(
        diagnosed(&recorder, 810).await["summary"],
        "It has not ended: RUNNING"
    );
    assert_eq!(
        diagnosed(&recorder, 820).await["summary"],
        "It did not fail"
    );
}

#[tokio::test]
async fn a_run_with_much_to_tell_stays_within_its_size_and_says_what_it_cut() {
    let long = "word ".repeat(400);
    let lines = |n: usize| vec![format!("File <command-7>, line 3 {long}"); n].join("\n");
    let mut run = failed(
        100,
        "RUN_EXECUTION_ERROR",
        "CLIENT_ERROR",
        &long,
        json!({
            "notebook_task": { "notebook_path": "/etl/load", "source": "WORKSPACE" }
        }),
    );
    let tasks = run["tasks"].as_array_mut().unwrap();
    for nth in 0..60 {
        let result = if nth < 20 {
            "FAILED"
        } else {
            "UPSTREAM_FAILED"
        };
        tasks.push(json!({
            "task_key": format!("{}{nth}", "a_task_with_a_long_key_".repeat(4)), "run_id": 200 + nth,
            "state": { "life_cycle_state": "TERMINATED", "result_state": result, "state_message": long },
            "notebook_task": { "notebook_path": format!("/etl/{nth}"), "source": "WORKSPACE" }
        }));
    }
    let writes: String = (0..40)
        .map(|nth| format!("df.write.saveAsTable('main.gold.table_{nth}')\n"))
        .collect();
    let content = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, writes);
    let recorder = Recorder::routes([
        ("runs/get-output", json!({ "error": long, "error_trace": format!("Traceback (most recent call last)\n{}\nValueError: {long}", lines(40)) })),
        ("runs/get?include_history=true&run_id=100", run),
        ("runs/list", json!({ "runs": [] })),
        ("workspace/export", json!({ "content": content })),
    ])
    .await;
    let diagnosis = diagnosed(&recorder, 100).await;
    let length = diagnosis.to_string().len();
    assert!(length <= 9_000, "{length}");
    assert_eq!(diagnosis["failures"].as_array().unwrap().len(), 3);
    for list in ["not_run", "not_refreshed"] {
        let last = diagnosis[list]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .to_string();
        assert!(last.contains(" more"), "{list}: {last}");
    }
    let missing = diagnosis["not_assessed"].to_string();
    assert!(missing.contains("tasks that failed too"), "{missing}");
}

#[tokio::test]
async fn code_that_cannot_be_read_is_said_and_a_query_and_a_pipeline_are_read() {
    let of = |key: &str, more: Value| {
        let mut task = json!({ "task_key": key, "run_id": 300, "state": {
            "life_cycle_state": "TERMINATED", "result_state": "UPSTREAM_FAILED" } });
        task.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        task
    };
    let git = json!({ "notebook_task": { "notebook_path": "etl/load", "source": "GIT" } });
    let mut run = failed(
        100,
        "RUN_EXECUTION_ERROR",
        "CLIENT_ERROR",
        "Workload failed",
        git,
    );
    run["tasks"].as_array_mut().unwrap().extend([
        of(
            "query",
            json!({ "sql_task": { "query": { "query_id": "q-1" } } }),
        ),
        of(
            "tables",
            json!({ "pipeline_task": { "pipeline_id": "p-1" } }),
        ),
        of(
            "wheel",
            json!({ "python_wheel_task": { "package_name": "etl" } }),
        ),
        of(
            "denied",
            json!({ "notebook_task": { "notebook_path": "/denied", "source": "WORKSPACE" } }),
        ),
    ]);
    let content = |text: &str| {
        let content = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
        json!({ "content": content })
    };
    let recorder = Recorder::routes([
        ("runs/get-output", json!({ "error": "KeyError: 'day'" })),
        ("runs/get?include_history=true&run_id=100", run),
        ("runs/list", json!({ "runs": [] })),
        ("sql/queries/q-1", json!({ "id": "q-1", "query_text": "MERGE INTO main.s.t USING u ON t.a = u.a WHEN MATCHED THEN DELETE" })),
        ("pipelines/p-1", json!({ "pipeline_id": "p-1", "spec": {
            "catalog": "main", "schema": "silver", "libraries": [{ "file": { "path": "/dlt.sql" } }] } })),
        ("path=%2Fdlt.sql", content("CREATE OR REFRESH STREAMING TABLE returns AS SELECT 1")),
    ])
    .await;
    let diagnosis = diagnosed(&recorder, 100).await;
    assert_eq!(
        diagnosis["not_refreshed"],
        json!(["main.s.t (by query)", "main.silver.returns (by tables)"]),
        "{diagnosis:#}"
    );
    let missing = diagnosis["not_assessed"].to_string();
    for said in [
        "tables that load would have written: the code is in a Git repository",
        "tables that wheel would have written: the code is in a package or a dbt project",
        "tables that denied would have written: /denied cannot be read",
    ] {
        assert!(missing.contains(said), "{said}: {missing}");
    }
}
