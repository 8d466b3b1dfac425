//! The life of a statement: waiting, polling, cancelling.

use databricks_sandbox::Options;
use serde_json::{Value, json};

use crate::client::{Client, assert_passed, client, start};

const STATEMENTS: &str = "/api/2.0/sql/statements";

fn state(answer: &Value) -> &str {
    answer["status"]["state"].as_str().unwrap()
}

async fn end_of(client: &Client, answer: &Value) -> (Vec<String>, Value) {
    let path = format!("{STATEMENTS}/{}", answer["statement_id"].as_str().unwrap());
    let done = |answer: &Value| !matches!(state(answer), "PENDING" | "RUNNING");
    client.follow(&path, "/status/state", done).await
}

#[tokio::test]
async fn a_statement_answers_at_once_and_is_polled() {
    let client = client(1.0);
    let answer = client
        .execute(
            "SELECT sandbox_sleep(0.3)",
            json!({"wait_timeout": "0s", "on_wait_timeout": "CANCEL"}),
        )
        .await;
    assert!(matches!(state(&answer), "PENDING" | "RUNNING"));
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["statement_id", "status"],
        "nothing else while it runs"
    );
    let (states, end) = end_of(&client, &answer).await;
    assert_eq!(states.last().unwrap(), "SUCCEEDED");
    assert_eq!(end["result"]["data_array"], json!([["0.3"]]));
}

#[tokio::test]
async fn a_cancelled_statement_ends_long_before_its_time() {
    let client = client(1.0);
    let answer = client
        .execute("SELECT sandbox_sleep(3000)", json!({"wait_timeout": "0s"}))
        .await;
    let path = format!(
        "{STATEMENTS}/{}/cancel",
        answer["statement_id"].as_str().unwrap()
    );
    assert_eq!(client.post(&path, json!({})).await, json!({}));
    let (_, end) = end_of(&client, &answer).await;
    assert_eq!(state(&end), "CANCELED");
    assert!(end.get("result").is_none());
    assert_eq!(
        client.post(&path, json!({})).await,
        json!({}),
        "again does no harm"
    );
}

#[tokio::test]
async fn cancelled_statements_stop_working() {
    let client = client(1.0);
    let work = "SELECT count(*)
        FROM samples.nyctaxi.trips a, samples.nyctaxi.trips b, samples.nyctaxi.trips c
        WHERE a.fare_amount + b.fare_amount > c.fare_amount";
    // More of them than the sandbox has threads: were they to work on, nothing else could.
    for _ in 0..4 {
        let answer = client.execute(work, json!({"wait_timeout": "0s"})).await;
        let path = format!("{STATEMENTS}/{}", answer["statement_id"].as_str().unwrap());
        let running = |answer: &Value| state(answer) == "RUNNING";
        client.follow(&path, "/status/state", running).await;
        client.post(&format!("{path}/cancel"), json!({})).await;
        assert_eq!(state(&client.get(&path).await), "CANCELED");
    }
    assert_eq!(client.rows("SELECT 1").await, json!([["1"]]));
}

#[tokio::test]
async fn what_outlasts_its_wait_goes_on_or_is_cancelled_as_asked() {
    let client = client(1.0);
    let wait = |what: &str| json!({"wait_timeout": "5s", "on_wait_timeout": what});
    let (cancel, go_on) = (wait("CANCEL"), wait("CONTINUE"));
    let (cancelled, continued) = tokio::join!(
        client.execute("SELECT sandbox_sleep(3000)", cancel),
        client.execute("SELECT sandbox_sleep(3000)", go_on),
    );
    assert_eq!(state(&cancelled), "CANCELED");
    assert_eq!(state(&continued), "RUNNING");
}

#[tokio::test]
async fn waits_have_limits() {
    let client = client(1.0);
    for wait in ["4s", "51s", "10", "-1s", "soon"] {
        let body = json!({
            "statement": "SELECT 1",
            "warehouse_id": client.running.warehouse_id(),
            "wait_timeout": wait,
        });
        let (status, answer) = client.call("POST", STATEMENTS, Some(body)).await;
        assert_eq!(
            (status, &answer["error_code"]),
            (400, &json!("INVALID_PARAMETER_VALUE")),
            "{wait}"
        );
    }
}

#[tokio::test]
async fn a_stopped_warehouse_starts_for_a_statement() {
    let client = client(20.0);
    let list = client.get("/api/2.0/sql/warehouses").await;
    let stopped = list["warehouses"]
        .as_array()
        .unwrap()
        .iter()
        .find(|w| w["state"] == "STOPPED")
        .unwrap();
    let id = stopped["id"].as_str().unwrap().to_owned();
    let warehouse = format!("/api/2.0/sql/warehouses/{id}");
    let answer = client
        .execute(
            "SELECT 1",
            json!({"warehouse_id": id, "wait_timeout": "0s"}),
        )
        .await;
    assert_eq!(state(&answer), "PENDING");
    assert_eq!(client.get(&warehouse).await["state"], "STARTING");
    let (states, _) = end_of(&client, &answer).await;
    assert_passed(&states, &["PENDING", "RUNNING", "SUCCEEDED"]);
    assert_eq!(client.get(&warehouse).await["state"], "RUNNING");
    client.post(&format!("{warehouse}/stop"), json!({})).await;
    let (states, _) = client
        .follow(&warehouse, "/state", |w| w["state"] == "STOPPED")
        .await;
    assert_passed(&states, &["STOPPING", "STOPPED"]);
}

#[tokio::test]
async fn unknown_statements_and_warehouses_are_told() {
    let client = client(1.0);
    let (status, answer) = client
        .call("GET", &format!("{STATEMENTS}/nothing"), None)
        .await;
    assert_eq!(
        (status, &answer["error_code"]),
        (404, &json!("RESOURCE_DOES_NOT_EXIST"))
    );
    let body = json!({"statement": "SELECT 1", "warehouse_id": "nothing"});
    let (status, answer) = client.call("POST", STATEMENTS, Some(body)).await;
    assert_eq!(
        (status, &answer["error_code"]),
        (404, &json!("RESOURCE_DOES_NOT_EXIST"))
    );
}

#[tokio::test]
async fn a_closed_statement_keeps_no_result() {
    let client = client(1.0);
    let answer = client.execute("SELECT 1", json!({})).await;
    let path = format!("{STATEMENTS}/{}", answer["statement_id"].as_str().unwrap());
    assert_eq!(client.call("DELETE", &path, None).await, (200, json!({})));
    assert_eq!(state(&client.get(&path).await), "CLOSED");
    assert_eq!(
        client
            .call("GET", &format!("{path}/result/chunks/0"), None)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn many_statements_run_side_by_side() {
    let client = client(1.0);
    let statements = (0..40).map(|n| {
        let client = &client;
        async move {
            let statement = format!("SELECT count(*) + {n} FROM samples.nyctaxi.trips");
            client.rows(&statement).await[0][0]
                .as_str()
                .unwrap()
                .parse::<i64>()
                .unwrap()
                - n
        }
    });
    assert!(
        futures::future::join_all(statements)
            .await
            .iter()
            .all(|count| *count == 21_932)
    );
}

#[tokio::test]
async fn a_statement_fails_once_it_gets_there() {
    let client = client(1.0);
    let statement = "SELECT sandbox_sleep(0.2), raise_error('no rows today')";
    let answer = client
        .execute(statement, json!({"wait_timeout": "0s"}))
        .await;
    let (_, end) = end_of(&client, &answer).await;
    assert_eq!(state(&end), "FAILED");
    let message = end["status"]["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("[USER_RAISED_EXCEPTION] no rows today"),
        "{message}"
    );
}

#[tokio::test]
async fn more_statements_than_the_warehouse_runs_at_once_are_queued() {
    let client = client(1.0);
    let sleep = |seconds: f64| {
        let statement = format!("SELECT sandbox_sleep({seconds:?})");
        let client = &client;
        async move {
            client
                .execute(&statement, json!({"wait_timeout": "0s"}))
                .await
        }
    };
    let path =
        |answer: &Value| format!("{STATEMENTS}/{}", answer["statement_id"].as_str().unwrap());
    let mut first = Vec::new();
    for _ in 0..8 {
        let answer = sleep(3000.0).await;
        let running = |answer: &Value| state(answer) == "RUNNING";
        client
            .follow(&path(&answer), "/status/state", running)
            .await;
        first.push(path(&answer));
    }
    let queued = sleep(0.1).await;
    assert_eq!(state(&queued), "PENDING");
    assert_eq!(state(&client.get(&path(&queued)).await), "PENDING");
    client
        .post(&format!("{}/cancel", first[0]), json!({}))
        .await;
    let (_, end) = end_of(&client, &queued).await;
    assert_eq!(state(&end), "SUCCEEDED");
}

#[tokio::test]
async fn a_result_expires() {
    let client = start(Options {
        result_seconds: 0,
        check_answers: true,
        ..Options::default()
    });
    let answer = client.execute("SELECT 1", json!({})).await;
    let path = format!("{STATEMENTS}/{}", answer["statement_id"].as_str().unwrap());
    let closed = |answer: &Value| state(answer) == "CLOSED";
    let (_, end) = client.follow(&path, "/status/state", closed).await;
    assert!(end.get("result").is_none());
}
