//! Behaviours leave nothing running after a cancel, an error or the deadline, unless they report its id.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::time::{Duration, Instant};

use databricks_mcp::behaviours;
use databricks_mcp::error::Error;
use databricks_mcp::shape::Answer;
use databricks_mcp::tools;
use serde_json::{Value, json};
use support::inventory::everything;
use support::recorder::{self, Recorder};

/// A service on which nothing that was started ever ends.
async fn endless() -> Recorder {
    let running = json!({ "life_cycle_state": "RUNNING" });
    Recorder::routes([
        ("contexts/create", json!({ "id": "ctx1" })),
        (
            "contexts/status",
            json!({ "id": "ctx1", "status": "Running" }),
        ),
        ("commands/execute", json!({ "id": "cmd1" })),
        (
            "commands/status",
            json!({ "id": "cmd1", "status": "Running" }),
        ),
        ("runs/submit", json!({ "run_id": 70 })),
        ("runs/get", json!({ "run_id": 70, "state": running })),
        ("", json!({})),
    ])
    .await
}

/// Calls a tool as if begun `ago` seconds ago, and cancels it once a request of this path has arrived.
async fn call(
    recorder: &Recorder,
    tool: &str,
    arguments: Value,
    cancel_at: Option<&str>,
    ago: u64,
) -> Result<Answer, Error> {
    let mut context = recorder::context(&recorder.host, tool);
    let cancel = context.cancel.clone();
    context.since = Instant::now()
        .checked_sub(Duration::from_secs(ago))
        .unwrap();
    let inventory = everything();
    let Value::Object(arguments) = arguments else {
        panic!("arguments are an object")
    };
    let called = tools::call(inventory.find(tool).unwrap(), &context, arguments);
    let watch = async {
        let Some(path) = cancel_at else { return };
        while !recorder.requests().iter().any(|one| one.contains(path)) {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    };
    tokio::join!(called, watch).0
}

fn sent(recorder: &Recorder) -> String {
    let requests = recorder.requests();
    let polls = |one: &&String| !one.contains("/status") && !one.contains("runs/get?");
    let others: Vec<&str> = requests
        .iter()
        .filter(polls)
        .filter_map(|one| one.split(' ').nth(1))
        .collect();
    others.join(" ")
}

#[tokio::test]
async fn a_cancelled_command_is_stopped_and_its_context_destroyed() {
    let recorder = endless().await;
    let arguments = json!({ "cluster_id": "c", "command": "while True: pass" });
    let outcome = call(
        &recorder,
        "execute_command_simple",
        arguments,
        Some("commands/status"),
        0,
    )
    .await;
    assert!(
        matches!(outcome, Err(Error::Cancelled { .. })),
        "{outcome:?}"
    );
    assert_eq!(
        sent(&recorder),
        "/api/1.2/contexts/create /api/1.2/commands/execute /api/1.2/commands/cancel /api/1.2/contexts/destroy"
    );
}

#[tokio::test]
async fn a_context_that_does_not_come_up_in_time_is_destroyed() {
    let recorder = Recorder::routes([
        ("contexts/create", json!({ "id": "ctx1" })),
        (
            "contexts/status",
            json!({ "id": "ctx1", "status": "Pending" }),
        ),
        ("", json!({})),
    ])
    .await;
    let arguments = json!({ "cluster_id": "c", "command": "1" });
    let outcome = call(&recorder, "execute_command_simple", arguments, None, 46).await;
    assert_eq!(
        sent(&recorder),
        "/api/1.2/contexts/create /api/1.2/contexts/destroy"
    );
    let text = outcome.unwrap_err().text();
    assert!(text.contains("the context was not ready yet"), "{text}");
}

#[tokio::test]
async fn a_command_that_outlives_the_deadline_goes_on_and_takes_its_context_with_it() {
    let recorder = endless().await;
    let arguments = json!({ "cluster_id": "c", "command": "while True: pass" });
    let answer = call(&recorder, "execute_command_simple", arguments, None, 46).await;
    let resume = answer.unwrap().structured["resume"].clone();
    let followed = json!({ "cluster_id": "c", "context_id": "ctx1", "command_id": "cmd1", "close_context": true });
    assert_eq!(
        resume,
        json!({ "tool": "get_command_status", "arguments": followed })
    );
    assert!(sent(&recorder).ends_with("/api/1.2/commands/execute"));
    // Any process can follow it, and closes the context once it has ended.
    let raised = json!({ "resultType": "error", "cause": "ValueError: no" });
    for (results, error) in [
        (json!({ "resultType": "text", "data": "done" }), None),
        (raised, Some("ValueError: no")),
    ] {
        let ended = json!({ "id": "cmd1", "status": "Finished", "results": results });
        let recorder = Recorder::routes([("commands/status", ended), ("", json!({}))]).await;
        let outcome = call(&recorder, "get_command_status", followed.clone(), None, 0).await;
        match error {
            None => assert_eq!(outcome.unwrap().structured["data"], "done"),
            Some(error) => assert!(outcome.unwrap_err().text().contains(error)),
        }
        assert_eq!(sent(&recorder), "/api/1.2/contexts/destroy");
    }
    // Or stops it.
    let stopped = json!({ "id": "cmd1", "status": "Cancelled" });
    let recorder = Recorder::routes([("commands/status", stopped), ("", json!({}))]).await;
    let outcome = call(&recorder, "cancel_command", followed, None, 0).await;
    assert_eq!(outcome.unwrap().structured["status"], "Cancelled");
    assert_eq!(
        sent(&recorder),
        "/api/1.2/commands/cancel /api/1.2/contexts/destroy"
    );
}

#[tokio::test]
async fn a_follow_up_that_is_cancelled_leaves_the_command_alone() {
    let recorder = endless().await;
    let arguments = json!({ "cluster_id": "c", "context_id": "ctx1", "command_id": "cmd1", "close_context": true });
    let outcome = call(
        &recorder,
        "get_command_status",
        arguments,
        Some("commands/status"),
        0,
    )
    .await;
    assert!(matches!(outcome, Err(Error::Cancelled { .. })));
    assert_eq!(sent(&recorder), "");
}

#[tokio::test]
async fn contexts_that_a_client_left_behind_are_closed_unless_their_command_runs() {
    let routes = |status: &str| {
        Recorder::routes([
            ("contexts/create", json!({ "id": "ctx1" })),
            (
                "contexts/status",
                json!({ "id": "ctx1", "status": "Running" }),
            ),
            ("commands/execute", json!({ "id": "cmd1" })),
            ("commands/status", json!({ "id": "cmd1", "status": status })),
            ("", json!({})),
        ])
    };
    for (status, closed) in [("Running", false), ("Finished", true)] {
        let recorder = routes(status).await;
        let context = recorder::context(&recorder.host, "create_execution_context");
        let open = json!({ "cluster_id": "c" });
        let run = json!({ "cluster_id": "c", "context_id": "ctx1", "command": "1", "wait": 0 });
        for (tool, arguments) in [("create_execution_context", open), ("execute_command", run)] {
            let Value::Object(arguments) = arguments else {
                panic!("arguments are an object")
            };
            let inventory = everything();
            tools::call(inventory.find(tool).unwrap(), &context, arguments)
                .await
                .unwrap();
        }
        behaviours::close_opened(&context.workspace).await;
        assert_eq!(sent(&recorder).ends_with("/contexts/destroy"), closed);
        let before = recorder.requests().len();
        behaviours::close_opened(&context.workspace).await;
        assert_eq!(recorder.requests().len(), before, "nothing is left");
    }
}

#[tokio::test]
async fn a_cancelled_notebook_run_is_cancelled_upstream() {
    let recorder = endless().await;
    let outcome = call(
        &recorder,
        "run_notebook",
        json!({ "notebook_path": "/nb" }),
        Some("runs/get?"),
        0,
    )
    .await;
    assert!(
        matches!(outcome, Err(Error::Cancelled { .. })),
        "{outcome:?}"
    );
    assert!(sent(&recorder).ends_with("/api/2.2/jobs/runs/cancel"));
}

#[tokio::test]
async fn a_notebook_that_runs_on_answers_with_its_id_and_the_tool_that_follows() {
    let recorder = endless().await;
    let arguments = json!({ "notebook_path": "/nb" });
    let answer = call(&recorder, "run_notebook", arguments, None, 46).await;
    let answer = answer.unwrap();
    assert_eq!(
        answer.structured["resume"],
        json!({ "tool": "get_run", "arguments": { "run_id": 70 } })
    );
    assert!(answer.text.contains("get_run"), "{}", answer.text);
}

#[tokio::test]
async fn work_that_no_tool_follows_is_followed_by_api_call() {
    let going = json!({ "status": { "state": "IN_PROGRESS" } });
    let recorder = Recorder::routes([("apps/a/update", going)]).await;
    let arguments = json!({ "operation": "apps.create_update", "arguments": { "app_name": "a", "update_mask": "description" } });
    let answer = call(&recorder, "api_call", arguments, None, 45)
        .await
        .unwrap();
    let resume = &answer.structured["resume"];
    assert_eq!(
        *resume,
        json!({
            "tool": "api_call",
            "arguments": { "operation": "apps.get_update", "arguments": { "app_name": "a" } },
        })
    );
    let tool = resume["tool"].as_str().unwrap();
    let answer = call(&recorder, tool, resume["arguments"].clone(), None, 0).await;
    assert_eq!(answer.unwrap().structured["status"]["state"], "IN_PROGRESS");
    assert_eq!(
        recorder.requests().len(),
        3,
        "started, asked, asked again by the way given"
    );
}

#[tokio::test]
async fn api_call_does_not_wait_where_the_state_tells_nothing() {
    // A terminated cluster stays so.
    let recorder = Recorder::routes([("", json!({}))]).await;
    let update = json!({ "cluster_id": "c", "update_mask": "tags" });
    let arguments = json!({ "operation": "clusters.update", "arguments": update, "confirm": true });
    call(&recorder, "api_call", arguments, None, 0)
        .await
        .unwrap();
    let requests = recorder.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert!(requests[0].contains("clusters/update"), "{requests:?}");
}
