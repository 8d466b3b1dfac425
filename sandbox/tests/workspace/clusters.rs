//! Clusters start and stop.

use serde_json::{Value, json};

use crate::client::{assert_passed, client};

#[tokio::test]
async fn a_cluster_passes_every_state_on_its_way_up_and_down() {
    let client = client(100.0);
    let list = client
        .get("/api/2.1/clusters/list?filter_by.cluster_states=TERMINATED")
        .await;
    let down = list["clusters"][0]["cluster_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/api/2.1/clusters/get?cluster_id={down}");
    let is = |state: &'static str| move |cluster: &Value| cluster["state"] == state;
    client
        .post("/api/2.1/clusters/start", json!({"cluster_id": down}))
        .await;
    let (status, answer) = client
        .call(
            "POST",
            "/api/2.1/clusters/start",
            Some(json!({"cluster_id": down})),
        )
        .await;
    assert_eq!(
        (status, &answer["error_code"]),
        (400, &json!("INVALID_STATE"))
    );
    let (states, up) = client.follow(&path, "/state", is("RUNNING")).await;
    assert_passed(&states, &["PENDING", "RUNNING"]);
    assert_eq!(
        up["executors"].as_array().unwrap().len() as u64,
        up["num_workers"].as_u64().unwrap()
    );
    client
        .post("/api/2.1/clusters/delete", json!({"cluster_id": down}))
        .await;
    let (states, end) = client.follow(&path, "/state", is("TERMINATED")).await;
    assert_passed(&states, &["TERMINATING", "TERMINATED"]);
    assert_eq!(end["termination_reason"]["code"], "USER_REQUEST");
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let client = client(1.0);
    let all = client.get("/api/2.1/clusters/list").await["clusters"]
        .as_array()
        .unwrap()
        .len();
    assert!(all >= 3);
    let jobs = client
        .get("/api/2.1/clusters/list?filter_by.cluster_sources=JOB&filter_by.cluster_sources=API")
        .await;
    assert_eq!(jobs["clusters"].as_array().unwrap().len(), 2);
    let first = client.get("/api/2.1/clusters/list?page_size=1").await;
    let token = first["next_page_token"].as_str().unwrap();
    let second = client
        .get(&format!(
            "/api/2.1/clusters/list?page_size=1&page_token={token}"
        ))
        .await;
    assert_ne!(
        first["clusters"][0]["cluster_id"],
        second["clusters"][0]["cluster_id"]
    );
    let (status, answer) = client
        .call("GET", "/api/2.1/clusters/get?cluster_id=x", None)
        .await;
    assert_eq!(
        (status, answer),
        (
            400,
            json!({"error_code": "INVALID_PARAMETER_VALUE", "message": "Cluster x does not exist"})
        )
    );
}
