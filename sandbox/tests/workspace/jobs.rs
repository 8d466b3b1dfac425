//! Jobs run, fail, and are cancelled.

use serde_json::{Value, json};

use crate::client::{Client, assert_passed, client};

async fn job(client: &Client, name: &str) -> i64 {
    let found = client.get(&format!("/api/2.2/jobs/list?name={name}")).await;
    found["jobs"][0]["job_id"].as_i64().unwrap()
}

async fn run(client: &Client, name: &str) -> String {
    let started = client
        .post(
            "/api/2.2/jobs/run-now",
            json!({"job_id": job(client, name).await}),
        )
        .await;
    format!("/api/2.2/jobs/runs/get?run_id={}", started["run_id"])
}

fn ended(run: &Value) -> bool {
    run["state"]["life_cycle_state"] == "TERMINATED"
}

fn task<'a>(run: &'a Value, key: &str) -> &'a Value {
    run["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|task| task["task_key"] == key)
        .unwrap()
}

async fn output(client: &Client, run_id: &Value) -> (u16, Value) {
    client
        .call(
            "GET",
            &format!("/api/2.2/jobs/runs/get-output?run_id={run_id}"),
            None,
        )
        .await
}

#[tokio::test]
async fn a_run_passes_every_state_and_its_tasks_follow_one_another() {
    let client = client(50.0);
    let path = run(&client, "nightly-etl").await;
    let (states, end) = client.follow(&path, "/state/life_cycle_state", ended).await;
    assert_passed(&states, &["PENDING", "RUNNING", "TERMINATED"]);
    assert_eq!(end["state"]["result_state"], "SUCCESS");
    assert_eq!(end["status"]["termination_details"]["code"], "SUCCESS");
    let publish = task(&end, "publish");
    for key in ["orders", "customers"] {
        assert!(task(&end, key)["end_time"].as_i64() <= publish["start_time"].as_i64());
    }
    let (status, answer) = output(&client, &end["run_id"]).await;
    assert_eq!(
        (status, &answer["error_code"]),
        (400, &json!("INVALID_PARAMETER_VALUE"))
    );
    let (_, answer) = output(&client, &task(&end, "ingest")["run_id"]).await;
    assert_eq!(
        answer["notebook_output"],
        json!({"result": "{\"rows\": 21932}", "truncated": false})
    );
}

#[tokio::test]
async fn a_failed_task_says_why_and_fails_the_run() {
    let client = client(1000.0);
    let path = run(&client, "customer-churn-model").await;
    let (_, end) = client.follow(&path, "/state/life_cycle_state", ended).await;
    assert_eq!(end["state"]["result_state"], "FAILED");
    assert_eq!(task(&end, "features")["state"]["result_state"], "SUCCESS");
    assert_eq!(
        task(&end, "register")["state"]["result_state"],
        "UPSTREAM_FAILED"
    );
    let (status, answer) = output(&client, &task(&end, "train")["run_id"]).await;
    assert_eq!(status, 200);
    assert_eq!(answer["error"], "ValueError: Input X contains NaN.");
    assert!(
        answer["error_trace"]
            .as_str()
            .unwrap()
            .contains("Traceback")
    );
    assert_eq!(answer["metadata"]["state"]["result_state"], "FAILED");
}

#[tokio::test]
async fn the_same_token_starts_one_run() {
    let client = client(1.0);
    let body = json!({"job_id": job(&client, "finance-export").await, "idempotency_token": "once"});
    let first = client.post("/api/2.2/jobs/run-now", body.clone()).await;
    assert_eq!(
        client.post("/api/2.2/jobs/run-now", body.clone()).await,
        first
    );
    let mut other = body;
    other["idempotency_token"] = json!("twice");
    let second = client.post("/api/2.2/jobs/run-now", other).await;
    assert_ne!(second["run_id"], first["run_id"]);
    assert_eq!(
        second["number_in_job"].as_i64().unwrap(),
        first["number_in_job"].as_i64().unwrap() + 1
    );
}

#[tokio::test]
async fn a_cancel_ends_a_run() {
    let client = client(20.0);
    let path = run(&client, "clickstream-ingest").await;
    let running = |run: &Value| run["state"]["life_cycle_state"] == "RUNNING";
    let (_, run) = client
        .follow(&path, "/state/life_cycle_state", running)
        .await;
    assert_eq!(
        client
            .post(
                "/api/2.2/jobs/runs/cancel",
                json!({"run_id": run["run_id"]})
            )
            .await,
        json!({})
    );
    let (states, end) = client.follow(&path, "/state/life_cycle_state", ended).await;
    assert_passed(&states, &["TERMINATING", "TERMINATED"]);
    assert_eq!(end["state"]["result_state"], "CANCELED");
    assert_eq!(end["tasks"][0]["state"]["result_state"], "CANCELED");
    assert!(end["end_time"].as_i64().unwrap() >= run["start_time"].as_i64().unwrap());
}

#[tokio::test]
async fn jobs_come_in_pages_newest_first() {
    let client = client(1.0);
    let mut seen: Vec<Value> = Vec::new();
    let mut token = String::new();
    loop {
        let page = client
            .get(&format!("/api/2.2/jobs/list?limit=25&page_token={token}"))
            .await;
        seen.extend(page["jobs"].as_array().unwrap().clone());
        assert_eq!(page["has_more"], page.get("next_page_token").is_some());
        match page["next_page_token"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 68);
    let times: Vec<i64> = seen
        .iter()
        .map(|job| job["created_time"].as_i64().unwrap())
        .collect();
    assert!(times.is_sorted_by(|newer, older| newer > older));
    assert!(
        seen.iter()
            .all(|job| job["settings"].get("tasks").is_none()),
        "without expand_tasks"
    );
    let expanded = client
        .get("/api/2.2/jobs/list?expand_tasks=true&limit=1")
        .await;
    assert_eq!(
        expanded["jobs"][0]["settings"]["tasks"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    assert_eq!(
        client
            .call("GET", "/api/2.2/jobs/list?limit=101", None)
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn runs_are_listed_active_or_completed() {
    let client = client(1.0);
    let active = client.get("/api/2.2/jobs/runs/list?active_only=true").await;
    assert_eq!(active["runs"][0]["run_name"], "clickstream-ingest");
    let completed = client
        .get("/api/2.2/jobs/runs/list?completed_only=true&limit=25&expand_tasks=true")
        .await;
    let completed = completed["runs"].as_array().unwrap();
    assert!(completed.len() > 5);
    assert!(
        completed
            .iter()
            .all(|run| ended(run) && run["tasks"].is_array())
    );
    let job = job(&client, "nightly-etl").await;
    let own = client
        .get(&format!("/api/2.2/jobs/runs/list?job_id={job}"))
        .await;
    let numbers: Vec<i64> = own["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["number_in_job"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, [3, 2, 1]);
    let both = "/api/2.2/jobs/runs/list?active_only=true&completed_only=true";
    assert_eq!(client.call("GET", both, None).await.0, 400);
}

#[tokio::test]
async fn unknown_jobs_and_runs_are_told_as_the_service_tells_them() {
    let client = client(1.0);
    for (path, message) in [
        ("/api/2.2/jobs/get?job_id=1", "Job 1 does not exist."),
        ("/api/2.2/jobs/runs/get?run_id=1", "Run 1 does not exist."),
    ] {
        let answer = client.call("GET", path, None).await;
        assert_eq!(
            answer,
            (
                400,
                json!({"error_code": "INVALID_PARAMETER_VALUE", "message": message})
            )
        );
    }
}

/// Runs a job of these tasks to its end.
async fn made_and_ended(client: &Client, tasks: Value) -> Value {
    let made = json!({"name": "made", "tasks": tasks});
    let job = client.post("/api/2.2/jobs/create", made).await["job_id"].clone();
    let run = client
        .post("/api/2.2/jobs/run-now", json!({"job_id": job}))
        .await["run_id"]
        .clone();
    let path = format!("/api/2.2/jobs/runs/get?run_id={run}");
    let over = |run: &Value| run["state"]["life_cycle_state"] == "TERMINATED";
    client
        .follow(&path, "/state/life_cycle_state", over)
        .await
        .1
}

#[tokio::test]
async fn a_loop_has_an_iteration_for_each_input_and_fails_with_one_of_them() {
    let client = client(1_000.0);
    let nested = |path: &str| {
        json!([{"task_key": "all", "for_each_task": {
            "inputs": "[\"ingest\", \"orders\", \"nowhere\"]", "concurrency": 2,
            "task": {"task_key": "one", "notebook_task": {"notebook_path": path}},
        }}])
    };
    for (path, result, failed) in [
        ("/Shared/etl/ingest", "SUCCESS", 0),
        ("/Shared/etl/{{input}}", "FAILED", 1),
    ] {
        let run = made_and_ended(&client, nested(path)).await;
        assert_eq!(run["state"]["result_state"], result, "{path}");
        let task = &run["tasks"][0]["run_id"];
        let task = client
            .get(&format!("/api/2.2/jobs/runs/get?run_id={task}"))
            .await;
        let iterations = task["iterations"].as_array().unwrap();
        assert_eq!(iterations.len(), 3);
        let bad = iterations
            .iter()
            .filter(|one| one["state"]["result_state"] == "FAILED");
        assert_eq!(bad.count(), failed);
        for iteration in iterations {
            let id = &iteration["run_id"];
            client
                .get(&format!("/api/2.2/jobs/runs/get-output?run_id={id}"))
                .await;
        }
    }
}

#[tokio::test]
async fn conditions_choose_retries_count_and_jobs_run_jobs() {
    let client = client(1_000.0);
    let on = |outcome: &str| json!([{"task_key": "asked", "outcome": outcome}]);
    let notebook = json!({"notebook_path": "/Shared/etl/ingest"});
    let run = made_and_ended(
        &client,
        json!([
            {"task_key": "asked", "condition_task": {"op": "GREATER_THAN", "left": "10", "right": "9"}},
            {"task_key": "yes", "depends_on": on("true"), "notebook_task": notebook},
            {"task_key": "no", "depends_on": on("false"), "notebook_task": notebook},
        ]),
    )
    .await;
    assert_eq!(run["state"]["result_state"], "SUCCESS");
    assert_eq!(run["tasks"][0]["condition_task"]["outcome"], "true");
    assert_eq!(run["tasks"][1]["state"]["result_state"], "SUCCESS");
    assert_eq!(run["tasks"][2]["state"]["result_state"], "EXCLUDED");
    let missing = json!([{"task_key": "a", "max_retries": 2, "notebook_task": {"notebook_path": "/Shared/nowhere"}}]);
    let run = made_and_ended(&client, missing).await;
    assert_eq!(run["state"]["result_state"], "FAILED");
    assert_eq!(run["tasks"][0]["attempt_number"], 2);
    let nightly = json!([{"task_key": "a", "run_job_task": {"job_id": 620_114_803_377_002_i64}}]);
    let run = made_and_ended(&client, nightly).await;
    assert_eq!(run["state"]["result_state"], "FAILED");
    let task = &run["tasks"][0]["run_id"];
    let output = client
        .get(&format!("/api/2.2/jobs/runs/get-output?run_id={task}"))
        .await;
    let child = &output["run_job_output"]["run_id"];
    let child = client
        .get(&format!("/api/2.2/jobs/runs/get?run_id={child}"))
        .await;
    assert_eq!(child["state"]["result_state"], "FAILED");
    assert_eq!(child["tasks"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_cluster_that_does_not_exist_is_refused() {
    let client = client(1_000.0);
    let tasks = json!([{"task_key": "a", "existing_cluster_id": "nope", "notebook_task": {"notebook_path": "/Shared/etl/ingest"}}]);
    let looped = json!([{"task_key": "a", "for_each_task": {"inputs": "[1]", "task": {
        "task_key": "b", "existing_cluster_id": "nope", "notebook_task": {"notebook_path": "/Shared/etl/ingest"}}}}]);
    for (path, tasks) in [
        ("/api/2.2/jobs/create", &tasks),
        ("/api/2.2/jobs/runs/submit", &tasks),
        ("/api/2.2/jobs/runs/submit", &looped),
    ] {
        let (status, said) = client
            .call("POST", path, Some(json!({"tasks": tasks})))
            .await;
        assert_eq!(
            (status, &said["error_code"]),
            (400, &json!("INVALID_PARAMETER_VALUE")),
            "{said}"
        );
        assert_eq!(said["message"], "Cluster nope does not exist", "{said}");
    }
}
