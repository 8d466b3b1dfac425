//! The choice of a warehouse: made once, and again when the warehouse is gone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::sync::Arc;

use databricks_mcp::connect::Connections;
use databricks_mcp::context::{Context, Progress, Workspace};
use databricks_mcp::error::Error;
use databricks_mcp::shape::Answer;
use databricks_mcp::tools;
use databricks_mcp::transport::Call;
use serde_json::{Value, json};
use support::inventory::everything;
use support::misbehaving::{Act, Misbehaving};
use support::pipe::{quick, settings};

fn context(server: &Misbehaving) -> Context {
    let workspace = Workspace::open_with(&settings(&server.host), &Connections::default(), quick());
    Context::new(
        Arc::new(workspace.unwrap()),
        Call::new("execute_sql"),
        tokio_util::sync::CancellationToken::new(),
        Progress::Silent,
    )
}

async fn select(context: &Context, named: Option<&str>) -> Result<Answer, Error> {
    let inventory = everything();
    let mut arguments = json!({ "statement": "SELECT 1" })
        .as_object()
        .unwrap()
        .clone();
    if let Some(named) = named {
        arguments.insert("warehouse_id".to_owned(), named.into());
    }
    let entry = inventory.find("execute_sql").unwrap();
    tools::call(entry, context, arguments).await
}

fn warehouses(of: &[(&str, &str)]) -> Act {
    let list: Vec<Value> = of
        .iter()
        .map(|(id, state)| json!({ "id": id, "name": id, "state": state }))
        .collect();
    Act::ok(&json!({ "warehouses": list }).to_string())
}

fn done() -> Act {
    let column = json!({ "name": "1", "type_name": "INT", "type_text": "INT", "position": 0 });
    Act::ok(
        &json!({
            "statement_id": "s-1",
            "status": { "state": "SUCCEEDED" },
            "manifest": { "format": "JSON_ARRAY", "total_row_count": 1, "total_chunk_count": 1,
                "schema": { "column_count": 1, "columns": [column] } },
            "result": { "chunk_index": 0, "row_offset": 0, "row_count": 1, "data_array": [["1"]] },
        })
        .to_string(),
    )
}

fn gone(id: &str) -> Act {
    let message = format!("SQL warehouse {id} does not exist.");
    let body = json!({ "error_code": "RESOURCE_DOES_NOT_EXIST", "message": message });
    Act::status(404, &body.to_string())
}

/// The warehouse of each statement sent, or `list` for a request of the warehouses.
fn asked(server: &Misbehaving) -> Vec<String> {
    let seen = server.seen();
    let each = seen.iter().map(|seen| match seen.line() {
        line if line.starts_with("GET /api/2.0/sql/warehouses") => "list".to_owned(),
        _ => serde_json::from_str::<Value>(&seen.body).unwrap()["warehouse_id"]
            .as_str()
            .unwrap()
            .to_owned(),
    });
    each.collect()
}

#[tokio::test]
async fn one_that_is_gone_is_replaced_within_the_call() {
    let server = Misbehaving::acts([
        warehouses(&[("old", "DELETING"), ("older", "DELETED"), ("a", "STOPPED")]),
        done(),
        gone("a"),
        warehouses(&[("b", "RUNNING"), ("c", "STOPPED")]),
        done(),
        done(),
    ])
    .await;
    let context = context(&server);
    for _ in 0..3 {
        select(&context, None).await.unwrap();
    }
    assert_eq!(asked(&server), ["list", "a", "a", "list", "b", "b"]);
}

#[tokio::test]
async fn the_next_is_tried_where_one_refuses_and_the_answer_says_so() {
    let both = || warehouses(&[("a", "RUNNING"), ("b", "RUNNING"), ("c", "STOPPED")]);
    let missing = json!({ "error_code": "ENDPOINT_NOT_FOUND", "message": "SQL warehouse (b) does not exist" });
    let denied = json!({ "error_code": "PERMISSION_DENIED", "message": "You cannot use the SQL warehouse a" });
    let server = Misbehaving::acts([
        both(),
        Act::status(403, &denied.to_string()),
        both(),
        Act::status(404, &missing.to_string()),
        both(),
        done(),
        done(),
    ])
    .await;
    let context = context(&server);
    let answer = select(&context, None).await.unwrap();
    assert_eq!(answer.structured["warehouse_id"], "c");
    let note = answer.structured["note"].as_str().unwrap();
    assert!(note.contains("warehouse a could not be used") && note.contains("c was used instead"));
    assert!(answer.text.ends_with(note), "{}", answer.text);
    // Those that refused are remembered.
    let answer = select(&context, None).await.unwrap();
    assert_eq!(answer.structured.get("note"), None);
    assert_eq!(asked(&server), ["list", "a", "list", "b", "list", "c", "c"]);
}

#[tokio::test]
async fn where_no_other_can_be_used_the_first_refusal_stands() {
    let denied = json!({ "error_code": "ENDPOINT_NOT_FOUND", "message": "SQL warehouse (a) does not exist" });
    let only = || warehouses(&[("a", "RUNNING")]);
    let server = Misbehaving::acts([
        only(),
        Act::status(404, &denied.to_string()),
        only(),
        only(),
    ])
    .await;
    let error = select(&context(&server), None).await.unwrap_err().text();
    assert!(
        error.contains("SQL warehouse (a) does not exist"),
        "{error}"
    );
    assert!(error.contains("list_warehouses"), "{error}");
    assert!(!error.contains("does not offer the API"), "{error}");
}

#[tokio::test]
async fn one_that_the_call_names_is_not_replaced() {
    let running = warehouses(&[("x2", "RUNNING"), ("other", "RUNNING")]);
    let server = Misbehaving::acts([gone("x"), running]).await;
    let error = select(&context(&server), Some("x")).await.unwrap_err();
    let text = error.text();
    assert!(
        text.contains("did you mean `x2`? list_warehouses"),
        "{text}"
    );
    // The list is requested for the hint.
    assert_eq!(asked(&server), ["x", "list"]);
}

#[tokio::test]
async fn none_but_dying_ones_are_none() {
    let server = Misbehaving::acts([warehouses(&[("old", "DELETED")])]).await;
    let error = select(&context(&server), None).await.unwrap_err();
    assert!(
        error.to_string().contains("you can see no SQL warehouse"),
        "{error}"
    );
}
