//! Promise: work runs as a task for clients that declare the extension, and any process that shares the key reads, follows
//! and stops it for the same user; nobody else gets or uses a task.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::path::Path;
use std::time::Duration;

use axum::http::{HeaderMap, Uri};
use axum::{Json, Router};
use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use support::binary::{Binary, Era, text};

/// What a client declares that takes tasks.
fn able() -> Value {
    json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } })
}

fn sandbox(speed: f64) -> Running {
    Sandbox::start(Options {
        speed,
        ..Options::default()
    })
    .unwrap()
}

/// A process of a user with this home.
fn process(sandbox: &Running, home: &Path, era: Era, capabilities: Value) -> Binary {
    let home = home.display().to_string();
    let variables = [
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_WAREHOUSE_ID", sandbox.warehouse_id()),
        ("HOME", &home),
    ];
    Binary::launch(era, &[], &variables, capabilities)
}

/// The id of the task that a call is answered with.
fn begun(server: &mut Binary, tool: &str, arguments: Value) -> String {
    let result = server.call(tool, arguments);
    assert_eq!(result["resultType"], "task", "{result}");
    assert_eq!(result["status"], "working", "{result}");
    result["taskId"].as_str().unwrap().to_owned()
}

fn get(server: &mut Binary, id: &str) -> Value {
    server.request("tasks/get", json!({ "taskId": id }))
}

/// Asks until the task has ended.
fn ended(server: &mut Binary, id: &str) -> Value {
    loop {
        let answer = get(server, id);
        let task = answer
            .get("result")
            .unwrap_or_else(|| panic!("{answer}"))
            .clone();
        assert_eq!(task["taskId"], *id);
        if task["status"] != "working" {
            return task;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_task_of_one_process_is_read_and_waited_for_by_another() {
    let (sandbox, home) = (sandbox(20.0), tempfile::tempdir().unwrap());
    let start = || process(&sandbox, home.path(), Era::Alone, able());
    let mut first = start();
    let statement = json!({
        "statement": "SELECT sandbox_sleep(2) IS NULL AS n UNION ALL SELECT true",
        "max_rows": 1,
    });
    let id = begun(&mut first, "execute_sql", statement);
    let (status, _) = first.close();
    assert!(status.success());
    let mut second = start();
    let task = ended(&mut second, &id);
    assert_eq!(task["status"], "completed", "{task}");
    let result = &task["result"];
    assert_ne!(result["isError"], true, "{task}");
    let rows = result["structuredContent"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "as many as the call asked for: {task}");
}

#[test]
fn a_task_of_one_process_is_stopped_by_another() {
    let (sandbox, home) = (sandbox(1_000.0), tempfile::tempdir().unwrap());
    let start = || process(&sandbox, home.path(), Era::Alone, able());
    let statement = json!({ "statement": "SELECT sandbox_sleep(600)" });
    let id = begun(&mut start(), "execute_sql", statement);
    let mut second = start();
    assert_eq!(get(&mut second, &id)["result"]["status"], "working");
    let told = second.request(
        "tasks/update",
        json!({ "taskId": id, "inputResponses": {} }),
    );
    assert_eq!(told["result"]["resultType"], "complete", "{told}");
    for _ in 0..2 {
        let stopped = second.request("tasks/cancel", json!({ "taskId": id }));
        assert_eq!(stopped["result"]["resultType"], "complete", "{stopped}");
    }
    assert_eq!(ended(&mut second, &id)["status"], "cancelled");
    assert_eq!(ended(&mut start(), &id)["status"], "cancelled");
}

#[test]
fn a_run_that_is_a_task_ends_with_its_output_and_a_failed_one_with_its_error() {
    let (sandbox, home) = (sandbox(5.0), tempfile::tempdir().unwrap());
    let mut server = process(&sandbox, home.path(), Era::Alone, able());
    let notebook = json!({ "notebook_path": "/Shared/etl/ingest" });
    let id = begun(&mut server, "run_notebook", notebook);
    let task = ended(&mut server, &id);
    assert_eq!(task["status"], "completed", "{task}");
    assert_ne!(task["result"]["isError"], true, "{task}");
    assert!(task["result"]["structuredContent"].is_object(), "{task}");
    let statement = "SELECT raise_error('on purpose') FROM (SELECT sandbox_sleep(2) AS x) WHERE x IS NULL OR x IS NOT NULL";
    let id = begun(
        &mut server,
        "execute_sql",
        json!({ "statement": statement }),
    );
    let task = ended(&mut server, &id);
    assert_eq!(task["status"], "completed", "{task}");
    assert_eq!(task["result"]["isError"], true, "{task}");
    assert!(text(&task["result"]).contains("on purpose"), "{task}");
}

#[test]
fn a_failed_run_of_a_task_shows_its_state() {
    let (sandbox, home) = (sandbox(5.0), tempfile::tempdir().unwrap());
    let mut server = process(&sandbox, home.path(), Era::Alone, able());
    let jobs = server.call("list_jobs", json!({ "name": "payroll-export" }));
    let job = &jobs["structuredContent"]["jobs"][0]["id"];
    let id = begun(&mut server, "run_job", json!({ "job_id": job }));
    let task = ended(&mut server, &id);
    let result = &task["result"];
    assert_eq!(result["isError"], true, "{task}");
    let shown = &result["structuredContent"];
    assert!(
        shown["run_id"].is_string() && shown["url"].is_string(),
        "{task}"
    );
    assert!(
        text(result).contains("diagnose_run finds the cause"),
        "{task}"
    );
}

#[test]
fn a_command_that_is_a_task_tells_its_result_to_another_process_as_often_as_it_is_asked() {
    let (sandbox, home) = (sandbox(20.0), tempfile::tempdir().unwrap());
    let home = home.path().display().to_string();
    let start = || {
        let variables = [
            ("DATABRICKS_HOST", sandbox.host()),
            ("DATABRICKS_TOKEN", sandbox.token()),
            ("DATABRICKS_MCP_TOOLSETS", "clusters,commands"),
            ("HOME", &home),
        ];
        Binary::launch(Era::Alone, &[], &variables, able())
    };
    let mut first = start();
    let cluster = json!({
        "cluster_name": "c", "spark_version": "15.4.x-scala2.12", "node_type_id": "i3.xlarge", "num_workers": 0,
        "wait": 45,
    });
    let created = first.call("create_cluster", cluster);
    let cluster = created["structuredContent"]["id"].clone();
    assert!(cluster.is_string(), "{created}");
    let command = json!({
        "cluster_id": cluster, "language": "sql",
        "command": "SELECT sandbox_sleep(2) IS NULL AS n UNION ALL SELECT true",
    });
    let id = begun(&mut first, "execute_command_simple", command);
    let (status, _) = first.close();
    assert!(status.success());
    let mut second = start();
    for _ in 0..2 {
        let task = ended(&mut second, &id);
        assert_ne!(task["result"]["isError"], true, "{task}");
        let rows = task["result"]["structuredContent"]["data"].as_array();
        assert_eq!(rows.map(Vec::len), Some(2), "{task}");
    }
    // Whoever was told the result takes the context along.
    let (status, _) = second.close();
    assert!(status.success());
    let gone = ended(&mut start(), &id);
    assert_eq!(gone["result"]["isError"], true, "{gone}");
    assert!(
        text(&gone["result"]).contains("cannot be asked for"),
        "{gone}"
    );
}

#[test]
fn what_ends_at_once_and_what_its_caller_waits_for_is_answered() {
    let (sandbox, home) = (sandbox(1_000.0), tempfile::tempdir().unwrap());
    let mut server = process(&sandbox, home.path(), Era::Alone, able());
    let quick = server.call("execute_sql", json!({ "statement": "SELECT 7" }));
    assert_eq!(quick["structuredContent"]["rows"], json!([[7]]), "{quick}");
    let slow = json!({ "statement": "SELECT sandbox_sleep(600)", "wait": 0 });
    let slow = server.call("execute_sql", slow);
    assert!(slow["structuredContent"]["state"].is_string(), "{slow}");
    assert!(text(&slow).contains("get_statement"), "{slow}");
    assert_eq!(
        home.path().read_dir().unwrap().count(),
        0,
        "no key was needed"
    );
}

#[test]
fn a_client_that_does_not_declare_the_extension_never_gets_a_task() {
    let (sandbox, home) = (sandbox(1_000.0), tempfile::tempdir().unwrap());
    for era in [Era::Alone, Era::Session] {
        let mut server = process(&sandbox, home.path(), era, json!({}));
        let statement = json!({ "statement": "SELECT sandbox_sleep(2) IS NULL AS n" });
        let result = server.call("execute_sql", statement);
        assert_ne!(result["resultType"], "task", "{era:?}: {result}");
        assert!(result["structuredContent"]["rows"].is_array(), "{result}");
        let refused = get(&mut server, "rs1.x.y");
        assert!(refused["error"]["code"].is_number(), "{era:?}: {refused}");
    }
    let list = |capabilities| {
        let mut server = process(&sandbox, home.path(), Era::Alone, capabilities);
        server.request("tools/list", json!({}))["result"].to_string()
    };
    assert_eq!(list(json!({})), list(able()));
}

/// A workspace with a run that goes on, whose user is told by the token: the word before `-`.
fn workspace() -> String {
    async fn answer(uri: Uri, headers: HeaderMap) -> Json<Value> {
        let token = headers["authorization"].to_str().unwrap();
        let user = token.trim_start_matches("Bearer ").split('-').next();
        Json(match uri.path() {
            path if path.ends_with("/Me") => json!({ "id": user, "userName": user }),
            path if path.ends_with("/run-now") => json!({ "run_id": 5 }),
            _ => json!({ "run_id": 5, "status": { "state": "RUNNING" } }),
        })
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, Router::new().fallback(answer)).await
        })
    });
    host
}

#[test]
fn a_task_is_of_its_user_and_workspace_under_every_token_and_of_nobody_else() {
    const KEY: &str = "a key of the tests, shared by two";
    let (host, another) = (workspace(), workspace());
    let start = |host: &str, token: &str, key: &str, flags: &[&str]| {
        let variables = [
            ("DATABRICKS_HOST", host),
            ("DATABRICKS_TOKEN", token),
            ("DATABRICKS_MCP_SEAL_KEY", key),
        ];
        Binary::launch(Era::Alone, flags, &variables, able())
    };
    let id = begun(
        &mut start(&host, "ann-1", KEY, &[]),
        "run_job",
        json!({ "job_id": 1 }),
    );
    let rotated = get(&mut start(&host, "ann-2", KEY, &[]), &id);
    assert_eq!(rotated["result"]["status"], "working", "{rotated}");
    let last = if id.ends_with('A') { "E" } else { "A" };
    let changed = format!("{}{last}", &id[..id.len() - 1]);
    for (what, id, mut server) in [
        ("another user", &id, start(&host, "bob-1", KEY, &[])),
        ("another workspace", &id, start(&another, "ann-1", KEY, &[])),
        (
            "another key",
            &id,
            start(&host, "ann-1", "a key of the tests, shared by nobody", &[]),
        ),
        ("a changed id", &changed, start(&host, "ann-1", KEY, &[])),
        (
            "a tool that is not served",
            &id,
            start(&host, "ann-1", KEY, &["--read-only"]),
        ),
    ] {
        for method in ["tasks/get", "tasks/cancel", "tasks/update"] {
            let params = json!({ "taskId": id, "inputResponses": {} });
            let refused = server.request(method, params);
            assert_eq!(refused["error"]["code"], -32602, "{what}: {refused}");
        }
        let (_, log) = server.close();
        assert!(!log.contains(KEY), "{what}: {log}");
    }
}

#[test]
fn no_call_reads_the_key() {
    let (sandbox, home) = (sandbox(1_000.0), tempfile::tempdir().unwrap());
    let folder = home.path().display().to_string();
    let variables = [
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_WAREHOUSE_ID", sandbox.warehouse_id()),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
        ("DATABRICKS_MCP_ROOTS", &folder),
        ("XDG_STATE_HOME", &folder),
        ("LOCALAPPDATA", &folder),
        ("HOME", &folder),
    ];
    let mut server = Binary::launch(Era::Alone, &[], &variables, able());
    let statement = json!({ "statement": "SELECT sandbox_sleep(600)" });
    begun(&mut server, "execute_sql", statement);
    let found = std::process::Command::new("find")
        .args([&folder, "-name", "seal.key"])
        .output();
    let key = String::from_utf8(found.unwrap().stdout).unwrap();
    let upload = json!({ "local_path": key.trim(), "path": "/Volumes/main/default/landing/key" });
    let refused = server.call("upload_file", upload);
    assert_eq!(refused["isError"], true, "{refused}");
    let said = text(&refused);
    assert!(said.contains("DATABRICKS_MCP_SEAL_KEY"), "{said}");
}
