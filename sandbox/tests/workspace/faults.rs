//! Faults on demand, as a client sees them on the wire.

use std::process::Command;

use databricks_sandbox::Options;
use serde_json::json;

use crate::client::{Client, client, start};

const PATH: &str = "/api/2.0/sql/warehouses";

/// Sends a request that asks for this fault: the status and body, or `None` where no whole answer came.
async fn struck(client: &Client, fault: &str) -> Option<(u16, String)> {
    let request = client.request("GET", PATH).header("x-sandbox-fault", fault);
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    Some((status, response.text().await.ok()?))
}

#[tokio::test]
async fn a_request_asks_for_a_fault_of_its_own() {
    let client = client(1.0);
    let (status, body) = struck(&client, "503").await.unwrap();
    assert_eq!(status, 503);
    assert!(body.contains("TEMPORARILY_UNAVAILABLE"), "{body}");
    assert_eq!(struck(&client, "reset").await, None);
    assert_eq!(struck(&client, "truncate").await, None);
    let (status, body) = struck(&client, "flood").await.unwrap();
    assert_eq!(status, 400);
    assert!(body.contains("no such fault"), "{body}");
    let busy = client.request("GET", PATH);
    let busy = busy.header("x-sandbox-fault", "429,retry-after=3");
    let busy = busy.send().await.unwrap();
    assert_eq!(busy.headers()["retry-after"], "3");
    client.get(PATH).await;
}

#[tokio::test]
async fn a_fault_after_the_deed_loses_the_answer_alone() {
    let client = client(1.0);
    let body = json!({"path": "/Shared/made"});
    let request = client.request("POST", "/api/2.0/workspace/mkdirs");
    let request = request.header("x-sandbox-fault", "reset,after").json(&body);
    assert!(request.send().await.is_err());
    client
        .get("/api/2.0/workspace/get-status?path=/Shared/made")
        .await;
}

#[tokio::test]
async fn the_same_seed_fails_the_same_requests() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let client = start(Options {
            faults: vec!["503,path=*/warehouses,chance=0.5,seed=3".parse().unwrap()],
            ..Options::default()
        });
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(client.call("GET", PATH, None).await.0);
        }
        assert!(statuses.contains(&200) && statuses.contains(&503));
        client.get("/api/2.1/clusters/list-node-types").await;
        seen.push(statuses);
    }
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn the_command_line_refuses_what_is_no_fault() {
    let mut sandbox = Command::new(env!("CARGO_BIN_EXE_databricks-sandbox"));
    let output = sandbox.args(["--fault", "503,often"]).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("`often`") && said.contains("hint: "),
        "{said}"
    );
}
