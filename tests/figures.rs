//! What the built server tells of its calls and itself by `metrics`, `status` and `health`, and what the commands of these
//! names print.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::process::{Command, Output};

use serde_json::{Value, json};
use support::binary::{Binary, Era};
use support::misbehaving::{Act, Misbehaving};

fn server(host: &str, more: &[(&str, &str)]) -> Binary {
    let mut variables = vec![
        ("DATABRICKS_HOST", host),
        ("DATABRICKS_TOKEN", "x"),
        ("DATABRICKS_MCP_TOOLSETS", "default,observe,server"),
        ("DATABRICKS_MCP_RETRY_WAIT", "0.001"),
    ];
    variables.extend(more);
    Binary::start(Era::Session, &variables)
}

fn told(binary: &mut Binary, tool: &str, arguments: Value) -> Value {
    let result = binary.call(tool, arguments);
    assert_ne!(result["isError"], true, "{result}");
    result["structuredContent"].clone()
}

/// The counts of a tool, without its times.
fn counts(metrics: &Value, tool: &str) -> Value {
    let tools = metrics["tools"].as_array().unwrap().iter();
    let mut found = tools.filter(|one| one["tool"] == tool);
    let mut found = found.next().unwrap_or(&Value::Null).clone();
    if let Some(found) = found.as_object_mut() {
        let times = found.remove("latency_ms").unwrap();
        let ordered = ["p50", "p90", "p99", "max"].map(|name| times[name].as_u64().unwrap());
        assert!(ordered.is_sorted(), "{times}");
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_count_every_call_by_its_outcome_and_every_request() {
    let service = Misbehaving::start(|number, seen| match seen.line() {
        line if line.contains("/clusters/") && number == 0 => Act::status(503, "{}"),
        line if line.contains("/clusters/") => Act::ok("{}"),
        line if line.contains("/jobs/get") => Act::status(404, r#"{"error_code": "NOT_FOUND"}"#),
        line if line.contains("/jobs/list") => Act::Hang,
        line => panic!("{line}"),
    })
    .await;
    let mut binary = server(
        &service.host,
        &[
            ("DATABRICKS_MCP_CALL_TIMEOUT", "0.5"),
            ("DATABRICKS_MCP_RETRIES", "1"),
        ],
    );
    let before = told(&mut binary, "metrics", json!({}));
    assert_eq!(before["tools"], json!([]));
    assert_eq!(before["upstream"]["requests"], 0);
    for (tool, arguments) in [
        ("list_clusters", json!({})),
        ("list_clusters", json!({})),
        ("get_job", json!({ "job_id": 1 })),
        ("get_job", json!({ "no_such_argument": 1 })),
        ("list_jobs", json!({})),
    ] {
        binary.call(tool, arguments);
    }
    let metrics = told(&mut binary, "metrics", json!({}));
    for (tool, calls, success, error, timeout) in [
        ("list_clusters", 2, 2, 0, 0),
        ("get_job", 2, 0, 2, 0),
        ("list_jobs", 1, 0, 0, 1),
        ("metrics", 1, 1, 0, 0),
    ] {
        assert_eq!(
            counts(&metrics, tool),
            json!({ "tool": tool, "calls": calls, "success": success, "error": error, "timeout": timeout, "cancelled": 0 })
        );
    }
    let upstream = &metrics["upstream"];
    assert_eq!(upstream["requests"], service.seen().len());
    assert_eq!(upstream["retries"], 1);
    // The 503, the 404 and the one that hung.
    assert_eq!(upstream["failed"], 3);
    assert_eq!(upstream["waits"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_call_and_waits_for_a_limit_are_counted() {
    let service = Misbehaving::start(|_, seen| match seen.line() {
        line if line.contains("/clusters/") => Act::Hang,
        _ => Act::ok("{}"),
    })
    .await;
    let mut binary = server(
        &service.host,
        &[
            ("DATABRICKS_MCP_IN_FLIGHT", "1"),
            ("DATABRICKS_MCP_CALL_TIMEOUT", "30"),
        ],
    );
    let hangs = json!({ "name": "list_clusters", "arguments": {} });
    let first = binary.ask("tools/call", hangs);
    let since = std::time::Instant::now();
    while service.seen().is_empty() {
        assert!(since.elapsed().as_secs() < 60, "the request arrives");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let second = binary.ask(
        "tools/call",
        json!({ "name": "get_job", "arguments": { "job_id": 1 } }),
    );
    // What says how the server is waits for nobody.
    loop {
        let status = told(&mut binary, "status", json!({}));
        if status["requests"]["waiting"] == 1 {
            assert_eq!(status["requests"]["under_way"], 1);
            assert_eq!(status["requests"]["most"], 1);
            assert_eq!(status["server"]["calls"]["under_way"], 3);
            break;
        }
        assert!(since.elapsed().as_secs() < 60, "{status}");
    }
    binary.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": first } }));
    binary.answer(second);
    let metrics = told(&mut binary, "metrics", json!({}));
    assert_eq!(counts(&metrics, "list_clusters")["cancelled"], 1);
    assert_eq!(metrics["upstream"]["waits"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_tells_what_is_served_and_answers_also_where_the_workspace_does_not() {
    let service = Misbehaving::start(|_, seen| match seen.line() {
        line if line.contains("/scim/") => Act::status(
            403,
            r#"{"error_code": 403, "message": "Invalid access token."}"#,
        ),
        _ => Act::ok("{}"),
    })
    .await;
    let mut binary = server(&service.host, &[("DATABRICKS_MCP_READ_ONLY", "true")]);
    for _ in 0..2 {
        told(&mut binary, "list_warehouses", json!({}));
    }
    let status = told(&mut binary, "status", json!({}));
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(status["auth_type"], "pat");
    assert!(
        status["user_unknown"]
            .as_str()
            .unwrap()
            .contains("Invalid access token"),
        "{status}"
    );
    assert_eq!(status["server"]["read_only"], true);
    let toolsets = status["server"]["toolsets"].as_array().unwrap();
    assert!(toolsets.contains(&json!("observe")), "{status}");
    assert_eq!(
        (&status["cache"]["hits"], &status["cache"]["misses"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(status["cache"]["answers"], 1);
    assert_eq!(status["limits"]["retries"], 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_quick_and_says_more_when_asked() {
    let service = Misbehaving::acts([Act::ok(r#"{"userName": "me@example.com"}"#)]).await;
    let mut binary = server(&service.host, &[]);
    let quick = told(&mut binary, "health", json!({}));
    assert_eq!(quick["user"], "me@example.com");
    assert_eq!(quick.get("calls"), None);
    let detailed = told(&mut binary, "health", json!({ "detailed": true }));
    assert_eq!(detailed["auth_type"], "pat");
    assert_eq!(detailed["calls"][0]["tool"], "health");
    assert_eq!(detailed["calls"][0]["success"], 1);
}

fn run(arguments: &[&str], host: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_databricks-mcp"))
        .args(arguments)
        .env_clear()
        .envs([("DATABRICKS_HOST", host), ("DATABRICKS_TOKEN", "x")])
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_these_names_print_the_same() {
    let service = Misbehaving::acts([Act::ok(r#"{"userName": "me@example.com"}"#)]).await;
    let printed = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    let health = run(&["health", "--detailed"], &service.host);
    assert!(health.status.success());
    assert!(
        printed(&health).contains("user: me@example.com\n"),
        "{}",
        printed(&health)
    );
    let status = run(&["status", "--json"], &service.host);
    let told: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(
        (&told["user"], &told["auth_type"]),
        (&json!("me@example.com"), &json!("pat"))
    );
    // No server runs, so that nothing is told of one.
    assert_eq!(told.get("server"), None);
    let metrics = run(&["metrics"], &service.host);
    let said = String::from_utf8(metrics.stderr).unwrap();
    assert!(
        !metrics.status.success() && said.contains("toolset `observe`"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_metrics_counts_the_calls_that_the_log_file_tells_of() {
    let service = Misbehaving::start(|_, seen| match seen.line() {
        line if line.contains("/jobs/get") => Act::status(404, r#"{"error_code": "NOT_FOUND"}"#),
        _ => Act::ok("{}"),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.log");
    let file = ("DATABRICKS_MCP_LOG_FILE", path.to_str().unwrap());
    // Two servers, one after the other, and what is no line of ours.
    for (tool, arguments) in [
        ("list_warehouses", json!({})),
        ("get_job", json!({ "job_id": 1 })),
    ] {
        let mut binary = server(&service.host, &[file]);
        for _ in 0..2 {
            binary.call(tool, arguments.clone());
        }
        assert!(binary.close().0.success());
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text + "no line of ours\n").unwrap();
    }
    std::fs::rename(&path, folder.path().join("server.log.1")).unwrap();
    let mut binary = server(&service.host, &[file]);
    binary.call("get_job", json!({ "job_id": 1 }));
    assert!(binary.close().0.success());
    let printed = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_databricks-mcp"))
            .args(arguments)
            .env_clear()
            .envs([file])
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let told: Value = serde_json::from_str(&printed(&["metrics", "--json"])).unwrap();
    for (tool, success, error) in [("list_warehouses", 2, 0), ("get_job", 0, 3)] {
        let counts = counts(&told, tool);
        assert_eq!(
            (&counts["success"], &counts["error"]),
            (&json!(success), &json!(error)),
            "{told}"
        );
    }
    let table = printed(&["metrics"]);
    let row = table
        .lines()
        .find(|line| line.starts_with("get_job "))
        .unwrap();
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(&cells[..6], ["get_job", "3", "0", "3", "0", "0"], "{table}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_health_that_is_not_well_ends_badly_and_says_what_to_do() {
    let service = Misbehaving::acts([Act::status(
        403,
        r#"{"error_code": 403, "message": "Invalid access token."}"#,
    )])
    .await;
    let health = run(&["health", "--json"], &service.host);
    let said = String::from_utf8(health.stderr).unwrap();
    assert!(!health.status.success() && health.stdout.is_empty());
    assert!(
        said.contains("Invalid access token") && said.contains("hint: "),
        "{said}"
    );
}
