//! Idempotency tokens: every operation that accepts one gets one, and a job that may have started is not
//! started twice.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use databricks_mcp::catalog::{Door, Place, Source, TOKENS, token_of};
use databricks_mcp::connect::Connections;
use databricks_mcp::context::{Context, Progress, Workspace};
use databricks_mcp::tools;
use databricks_mcp::transport::Call;
use serde_json::{Value, json};
use support::inventory::everything;
use support::misbehaving::{Act, Misbehaving};
use support::pipe::{quick, settings};

/// The documented operations with a token: its name and place.
fn documented() -> BTreeMap<String, (String, Place)> {
    let mut found = BTreeMap::new();
    for file in std::fs::read_dir(Path::new("specs/databricks")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let items = document["paths"].as_object().unwrap().values();
        for operation in items.flat_map(|item| item.as_object().unwrap().values()) {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            let queried = operation["parameters"].as_array().into_iter().flatten();
            let queried: Vec<&str> = queried.filter_map(|one| one["name"].as_str()).collect();
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            let body = match body["$ref"]
                .as_str()
                .and_then(|path| path.strip_prefix('#'))
            {
                Some(pointer) => document.pointer(pointer).unwrap(),
                None => body,
            };
            let in_body = |name: &str| body["properties"].get(name).is_some();
            let general = "idempotency_token";
            let name = match operation["x-databricks-idempotency"].as_str() {
                Some(name) => name,
                None if queried.contains(&general) || in_body(general) => general,
                None => continue,
            };
            let place = if queried.contains(&name) {
                Place::Query
            } else {
                assert!(in_body(name), "{id} has no {name}");
                Place::Property
            };
            found.insert(id.to_owned(), (name.to_owned(), place));
        }
    }
    found
}

#[test]
fn the_transport_knows_every_operation_that_takes_a_token() {
    let known = TOKENS.iter();
    let known = known.map(|(id, name, place)| ((*id).to_owned(), ((*name).to_owned(), *place)));
    let known: BTreeMap<_, _> = known.collect();
    assert_eq!(known, documented());
    // What the transport looks up is this table.
    for (id, (name, place)) in &known {
        assert_eq!(token_of(id), Some((name.as_str(), *place)), "{id}");
    }
    assert_eq!(token_of("jobs.create"), None);
}

#[test]
fn no_tool_lets_a_caller_reuse_a_token() {
    for entry in everything().entries() {
        let Door::Table(plan) = &entry.spec.door else {
            continue;
        };
        let Some((name, _)) = token_of(plan.request.operation) else {
            continue;
        };
        for argument in plan.request.arguments.iter().filter(|one| one.wire == name) {
            assert!(
                matches!(argument.source, Source::Uuid),
                "{}",
                entry.spec.name
            );
        }
    }
}

#[tokio::test]
async fn a_job_is_started_once_although_the_service_failed_in_between() {
    let server = Misbehaving::acts([
        Act::status(
            503,
            r#"{"error_code":"TEMPORARILY_UNAVAILABLE","message":"try again"}"#,
        ),
        Act::ok(r#"{"run_id":7}"#),
        Act::ok(
            r#"{"run_id":7,"state":{"life_cycle_state":"TERMINATED","result_state":"SUCCESS"}}"#,
        ),
    ])
    .await;
    let workspace = Workspace::open_with(&settings(&server.host), &Connections::default(), quick());
    let context = Context::new(
        Arc::new(workspace.unwrap()),
        Call::new("run_job"),
        tokio_util::sync::CancellationToken::new(),
        Progress::Silent,
    );
    let inventory = everything();
    let arguments = json!({ "job_id": 1 }).as_object().unwrap().clone();
    tools::call(inventory.find("run_job").unwrap(), &context, arguments)
        .await
        .unwrap();
    let seen = server.seen();
    let lines: Vec<&str> = seen.iter().map(|seen| seen.line()).collect();
    assert_eq!(
        lines,
        [
            "POST /api/2.2/jobs/run-now",
            "POST /api/2.2/jobs/run-now",
            "GET /api/2.2/jobs/runs/get?run_id=7",
        ]
    );
    assert_eq!(seen[0].body, seen[1].body);
    let body: Value = serde_json::from_str(&seen[0].body).unwrap();
    assert_eq!(body["idempotency_token"].as_str().unwrap().len(), 36);
}
