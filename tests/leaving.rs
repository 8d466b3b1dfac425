//! Promise: when the client goes or a signal comes, the work of calls under way is stopped in the workspace, or left where
//! the user wants that; the server ends soon, and names what could not be stopped.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{Method, Uri};
use serde_json::{Value, json};
use support::binary::{Binary, Era, text};

/// A workspace whose work never ends, and which never answers requests to some paths.
struct Endless {
    host: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Endless {
    fn start(silent: &'static str) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&requests);
        let answer = move |method: Method, uri: Uri| {
            let noted = Arc::clone(&noted);
            async move {
                let line = format!("{method} {}", uri.path());
                noted.lock().unwrap().push(line.clone());
                if !silent.is_empty() && line.contains(silent) {
                    std::future::pending::<()>().await;
                }
                let answers = [
                    ("/cancel", json!({})),
                    ("/destroy", json!({})),
                    (
                        "/statements",
                        json!({ "statement_id": "s1", "status": { "state": "RUNNING" } }),
                    ),
                    ("/contexts/", json!({ "id": "ctx1", "status": "Running" })),
                    ("/commands/", json!({ "id": "cmd1", "status": "Running" })),
                    (
                        "/clusters/",
                        json!({ "cluster_id": "c-17", "state": "PENDING" }),
                    ),
                    (
                        "/runs/",
                        json!({ "run_id": 70, "status": { "state": "RUNNING" } }),
                    ),
                ];
                let answer = answers.iter().find(|(path, _)| line.contains(path));
                answer.map_or_else(String::new, |(_, body)| body.to_string())
            }
        };
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
        Self { host, requests }
    }

    /// A server for this workspace, with these folders and variables.
    fn server(&self, root: &Path, more: &[(&str, &str)]) -> Binary {
        let root = root.display().to_string();
        let mut variables = vec![
            ("DATABRICKS_HOST", self.host.as_str()),
            ("DATABRICKS_TOKEN", "secret-token"),
            ("DATABRICKS_WAREHOUSE_ID", "abc"),
            ("DATABRICKS_MCP_TOOLSETS", "all"),
            ("DATABRICKS_MCP_ROOTS", root.as_str()),
        ];
        variables.extend_from_slice(more);
        Binary::start(Era::Session, &variables)
    }

    fn has(&self, request: &str) -> bool {
        let requests = self.requests.lock().unwrap();
        requests.iter().any(|one| one.contains(request))
    }

    fn until(&self, request: &str) {
        while !self.has(request) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A way in which a session ends.
#[derive(Debug, Clone, Copy)]
enum Way {
    Closed,
    Signal(&'static str),
}

impl Way {
    fn take(self, server: Binary) -> (ExitStatus, String) {
        let Self::Signal(signal) = self else {
            return server.close();
        };
        let sent = std::process::Command::new("kill")
            .args(["-s", signal, &server.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        server.end()
    }
}

const WAYS: [Way; 3] = [Way::Closed, Way::Signal("TERM"), Way::Signal("INT")];

fn ask(server: &mut Binary, tool: &str, arguments: &Value) -> u64 {
    server.ask(
        "tools/call",
        json!({ "name": tool, "arguments": arguments }),
    )
}

#[test]
fn work_is_stopped_in_the_workspace_whichever_way_the_client_goes() {
    let folder = tempfile::tempdir().unwrap();
    let command = json!({ "cluster_id": "c", "command": "while True: pass" });
    for way in WAYS {
        for (tool, arguments, polls, stops) in [
            (
                "execute_sql",
                json!({ "statement": "SELECT 1" }),
                "GET /api/2.0/sql/statements/s1",
                &["POST /api/2.0/sql/statements/s1/cancel"][..],
            ),
            (
                "run_notebook",
                json!({ "notebook_path": "/nb" }),
                "/jobs/runs/get",
                &["/jobs/runs/cancel"],
            ),
            (
                "execute_command_simple",
                command.clone(),
                "/commands/status",
                &["/commands/cancel", "/contexts/destroy"],
            ),
        ] {
            let workspace = Endless::start("");
            let mut server = workspace.server(folder.path(), &[]);
            ask(&mut server, tool, &arguments);
            workspace.until(polls);
            let (status, log) = way.take(server);
            assert!(status.success(), "{way:?} {tool}: {log}");
            for stop in stops {
                assert!(workspace.has(stop), "{way:?} {tool}: no {stop}: {log}");
            }
        }
    }
}

#[test]
fn work_that_no_operation_stops_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for way in WAYS {
        let workspace = Endless::start("");
        let mut server = workspace.server(folder.path(), &[]);
        ask(
            &mut server,
            "start_cluster",
            &json!({ "cluster_id": "c-17" }),
        );
        workspace.until("GET /api/2.1/clusters/get");
        let (status, log) = way.take(server);
        assert!(status.success(), "{way:?}: {log}");
        let told = log
            .lines()
            .find(|line| line.contains("no operation stops it"));
        let told = told.unwrap_or_else(|| panic!("{way:?}: {log}"));
        assert!(
            told.contains("c-17") && told.contains("get_cluster"),
            "{way:?}: {told}"
        );
    }
}

#[test]
fn work_that_cannot_be_stopped_before_the_end_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Endless::start("/cancel");
    let mut server = workspace.server(folder.path(), &[]);
    ask(
        &mut server,
        "execute_sql",
        &json!({ "statement": "SELECT 1" }),
    );
    ask(
        &mut server,
        "run_notebook",
        &json!({ "notebook_path": "/nb" }),
    );
    workspace.until("GET /api/2.0/sql/statements/s1");
    workspace.until("/jobs/runs/get");
    let (status, log) = Way::Signal("TERM").take(server);
    assert!(status.success(), "{log}");
    for what in ["statement s1", "run_id 70"] {
        let named = log
            .lines()
            .any(|line| line.contains("could not be stopped") && line.contains(what));
        assert!(named, "{what}: {log}");
    }
}

#[test]
fn an_upload_and_a_download_end_with_the_server_and_leave_nothing_half_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("here.csv"), "a,b\n").unwrap();
    for way in WAYS {
        for (tool, arguments, silent) in [
            (
                "upload_file",
                json!({ "local_path": "here.csv", "path": "/Volumes/a/b/c/there.csv" }),
                "PUT /api/2.0/fs/files",
            ),
            (
                "download_file",
                json!({ "path": "/Volumes/a/b/c/there.csv", "local_path": "there.csv" }),
                "GET /api/2.0/fs/files",
            ),
        ] {
            let workspace = Endless::start(silent);
            let mut server = workspace.server(folder.path(), &[]);
            let id = ask(&mut server, tool, &arguments);
            while !workspace.has(silent) {
                assert!(!server.has_answered(id), "{tool}: {}", server.answer(id).0);
            }
            let (status, log) = way.take(server);
            assert!(status.success(), "{way:?} {tool}: {log}");
            let there = folder.path().read_dir().unwrap();
            assert_eq!(there.count(), 1, "{way:?} {tool}: {log}");
        }
    }
}

#[test]
fn work_goes_on_without_its_client_where_the_user_wants_that() {
    let folder = tempfile::tempdir().unwrap();
    let leave = [("DATABRICKS_MCP_ON_DISCONNECT", "leave")];
    let command = json!({ "cluster_id": "c", "command": "while True: pass" });
    for way in WAYS {
        let workspace = Endless::start("");
        let mut server = workspace.server(folder.path(), &leave);
        ask(
            &mut server,
            "execute_sql",
            &json!({ "statement": "SELECT 1" }),
        );
        ask(&mut server, "execute_command_simple", &command);
        workspace.until("GET /api/2.0/sql/statements/s1");
        workspace.until("/commands/status");
        let (status, log) = way.take(server);
        assert!(status.success(), "{log}");
        for what in ["statement s1", "command cmd1"] {
            let named = log
                .lines()
                .any(|line| line.contains("left to go on") && line.contains(what));
            assert!(named, "{way:?} {what}: {log}");
        }
        assert!(
            !workspace.has("/cancel") && !workspace.has("/destroy"),
            "{way:?}: {log}"
        );
    }
    // A client that is there and cancels is meant.
    let workspace = Endless::start("");
    let mut server = workspace.server(folder.path(), &leave);
    let id = ask(
        &mut server,
        "execute_sql",
        &json!({ "statement": "SELECT 1" }),
    );
    workspace.until("GET /api/2.0/sql/statements/s1");
    let params = json!({ "requestId": id });
    server
        .send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }));
    workspace.until("POST /api/2.0/sql/statements/s1/cancel");
    let health = server.call("health", json!({}));
    assert!(!text(&health).is_empty());
}
