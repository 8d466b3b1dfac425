//! Resources whose states move by the clock: apps, warehouses, pipelines, endpoints.

use serde_json::{Value, json};

use crate::client::{assert_passed, client};

#[tokio::test]
async fn an_app_starts_and_a_deployment_succeeds() {
    let client = client(100.0);
    let made = client.post("/api/2.0/apps", json!({"name": "desk"})).await;
    assert_eq!(made["compute_status"]["state"], "STARTING");
    let is = |state: &'static str| move |app: &Value| app["compute_status"]["state"] == state;
    let path = "/api/2.0/apps/desk";
    let (states, up) = client
        .follow(path, "/compute_status/state", is("ACTIVE"))
        .await;
    assert_passed(&states, &["STARTING", "ACTIVE"]);
    assert_eq!(up["app_status"]["state"], "UNAVAILABLE");
    let deployments = format!("{path}/deployments");
    let source = json!({"source_code_path": "/Workspace/desk"});
    let deployment = client.post(&deployments, source).await;
    let one = format!(
        "{deployments}/{}",
        deployment["deployment_id"].as_str().unwrap()
    );
    let done = |one: &Value| one["status"]["state"] == "SUCCEEDED";
    let (states, _) = client.follow(&one, "/status/state", done).await;
    assert_passed(&states, &["IN_PROGRESS", "SUCCEEDED"]);
    assert_eq!(client.get(path).await["app_status"]["state"], "RUNNING");
    client.call("DELETE", path, None).await;
    let (status, _) = client.call("GET", &deployments, None).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_pipeline_runs_one_update_at_a_time_and_says_what_happened() {
    let client = client(20.0);
    let pipelines = "/api/2.0/pipelines";
    let made = client
        .post(pipelines, json!({"name": "p", "catalog": "main"}))
        .await;
    let one = format!("{pipelines}/{}", made["pipeline_id"].as_str().unwrap());
    let updates = format!("{one}/updates");
    client.post(&updates, json!({})).await;
    let (status, refused) = client.call("POST", &updates, Some(json!({}))).await;
    assert_eq!(
        (status, &refused["error_code"]),
        (400, &json!("INVALID_STATE"))
    );
    client.post(&format!("{one}/stop"), json!({})).await;
    let idle = |pipeline: &Value| pipeline["state"] == "IDLE";
    let (_, pipeline) = client.follow(&one, "/state", idle).await;
    assert_eq!(pipeline["latest_updates"][0]["state"], "CANCELED");
    let events = client.get(&format!("{one}/events?max_results=1")).await;
    assert_eq!(events["events"][0]["origin"]["pipeline_name"], "p");
    assert!(events["next_page_token"].is_string() || events["events"][1].is_null());
}

#[tokio::test]
async fn a_stopped_warehouse_cancels_what_runs_on_it() {
    let client = client(1000.0);
    let made = client
        .post("/api/2.0/sql/warehouses", json!({"name": "w"}))
        .await;
    let id = made["id"].as_str().unwrap().to_owned();
    let path = format!("/api/2.0/sql/warehouses/{id}");
    let running = |warehouse: &Value| warehouse["state"] == "RUNNING";
    client.follow(&path, "/state", running).await;
    let slow = "SELECT count(*) FROM samples.tpch.lineitem a CROSS JOIN samples.tpch.lineitem b CROSS JOIN samples.tpch.lineitem c";
    let statement = client
        .execute(slow, json!({"warehouse_id": id, "wait_timeout": "0s"}))
        .await;
    client.post(&format!("{path}/stop"), json!({})).await;
    let one = format!(
        "/api/2.0/sql/statements/{}",
        statement["statement_id"].as_str().unwrap()
    );
    assert_eq!(client.get(&one).await["status"]["state"], "CANCELED");
    let history = client
        .get(&format!(
            "/api/2.0/sql/history/queries?filter_by.warehouse_ids={id}"
        ))
        .await;
    assert_eq!(history["res"][0]["status"], "CANCELED");
    assert!(history["res"][1].is_null());
}
