//! What the built server tells of itself: its id in the requests it sends, one log line a call, the log file, and levels
//! that change while it runs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use support::binary::{Binary, Era};
use support::misbehaving::{Act, Misbehaving};

const TOKEN: &str = "marked-token-0815-of-nobody";

/// A server of the workspace at `host`, with these variables too.
fn server(host: &str, more: &[(&str, &str)]) -> Binary {
    let mut variables = vec![("DATABRICKS_HOST", host), ("DATABRICKS_TOKEN", TOKEN)];
    variables.extend(more);
    Binary::start(Era::Session, &variables)
}

fn lines(log: &str) -> Vec<Value> {
    let parsed = log.lines().map(|line| {
        serde_json::from_str(line).unwrap_or_else(|_| panic!("a line of JSON: {line}"))
    });
    parsed.collect()
}

/// The lines that tell the ends of calls.
fn ends(log: &str) -> Vec<Value> {
    let mut lines = lines(log);
    lines.retain(|line| line.get("outcome").is_some());
    lines
}

fn id(result: &Value) -> &str {
    result["_meta"]["databricks-mcp/request_id"]
        .as_str()
        .unwrap()
}

/// A line without what differs from run to run: its time, its id, how long it took.
fn redacted(line: &Value) -> Value {
    let mut line = line.clone();
    for (name, value) in line.as_object_mut().unwrap() {
        if matches!(name.as_str(), "timestamp" | "request_id" | "workspace") && value.is_string() {
            *value = json!("…");
        }
        if name == "milliseconds" && value.is_u64() {
            *value = json!(0);
        }
    }
    line
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_of_a_call_carries_its_id() {
    let service = Misbehaving::acts([
        Act::status(503, r#"{"error_code": "TEMPORARILY_UNAVAILABLE"}"#),
        Act::ok("{}"),
    ])
    .await;
    let mut binary = server(&service.host, &[("DATABRICKS_MCP_RETRY_WAIT", "0.001")]);
    let results = [
        binary.call("health", json!({})),
        binary.call("list_clusters", json!({})),
    ];
    let ids: Vec<&str> = results.iter().map(id).collect();
    assert_ne!(ids[0], ids[1]);
    let sent: Vec<String> = service
        .seen()
        .iter()
        .map(|seen| {
            seen.header("x-databricks-mcp-request-id")
                .unwrap()
                .to_owned()
        })
        .collect();
    // The first was sent twice.
    assert_eq!(sent, [ids[0], ids[0], ids[1]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_has_one_line_that_tells_what_it_cost_and_nothing_of_what_it_said() {
    let clusters =
        r#"{"clusters": [{"cluster_id": "1", "cluster_name": "marked_row", "state": "RUNNING"}]}"#;
    let service = Misbehaving::acts([
        Act::status(503, r#"{"error_code": "TEMPORARILY_UNAVAILABLE"}"#),
        Act::ok(clusters),
        Act::ok(r#"{"warehouses": []}"#),
        Act::status(
            404,
            r#"{"error_code": "NOT_FOUND", "message": "marked_row"}"#,
        ),
    ])
    .await;
    let mut binary = server(&service.host, &[("DATABRICKS_MCP_RETRY_WAIT", "0.001")]);
    let mut ids = Vec::new();
    for (tool, arguments) in [
        ("list_clusters", json!({})),
        ("list_warehouses", json!({})),
        ("list_warehouses", json!({})),
        ("get_job", json!({ "job_id": 4_711_000 })),
        ("get_job", json!({ "marked_argument": 1 })),
    ] {
        ids.push(id(&binary.call(tool, arguments)).to_owned());
    }
    let log = binary.close().1;
    let told = ends(&log);
    let told_ids: Vec<&str> = told
        .iter()
        .map(|line| line["request_id"].as_str().unwrap())
        .collect();
    assert_eq!(told_ids, ids);
    assert!(!log.contains("marked") && !log.contains("4711000"), "{log}");
    let host = service.host.trim_start_matches("http://");
    for line in &told {
        assert_eq!(line["workspace"], host, "{line}");
    }
    let shown: Vec<Value> = told.iter().map(redacted).collect();
    insta::assert_json_snapshot!("log_lines", shown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_file_gets_the_same_lines_and_makes_room_for_them() {
    let service = Misbehaving::acts([Act::ok("{}")]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.log");
    // All but full.
    std::fs::write(&path, "x".repeat((10 << 20) - 10)).unwrap();
    let mut binary = server(
        &service.host,
        &[("DATABRICKS_MCP_LOG_FILE", path.to_str().unwrap())],
    );
    binary.call("list_clusters", json!({}));
    let log = binary.close().1;
    let earlier = std::fs::metadata(folder.path().join("server.log.1")).unwrap();
    assert_eq!(earlier.len(), (10 << 20) - 10);
    let written = std::fs::read_to_string(&path).unwrap();
    let same = |log: &str| ends(log).iter().map(redacted).collect::<Vec<_>>();
    assert_eq!(same(&written), same(&log));
    assert_eq!(same(&written).len(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_log_file_that_cannot_be_written_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_databricks-mcp"))
        .arg("start")
        .env_clear()
        .env("LOG_FILE", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("it is no regular file"), "{said}");
}

#[test]
fn the_open_folder_cannot_choose_where_the_log_goes() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let output = Command::new(env!("CARGO_BIN_EXE_databricks-mcp"))
            .arg("start")
            .env_clear()
            .current_dir(folder.path())
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    for name in ["LOG_FILE", "DATABRICKS_MCP_LOG_FILE"] {
        std::fs::write(folder.path().join(".env"), format!("{name}=stolen.log\n")).unwrap();
        assert!(start().0);
        assert!(!folder.path().join("stolen.log").exists(), "{name}");
    }
    for text in ["log_file: stolen.log\n", "logging:\n  file: stolen.log\n"] {
        std::fs::write(folder.path().join("databricks-mcp.yaml"), text).unwrap();
        let (started, said) = start();
        assert!(
            !started && said.contains("may not be set by a file of the working directory"),
            "{said}"
        );
        assert!(!folder.path().join("stolen.log").exists(), "{text}");
    }
}

/// Sends SIGUSR1 and waits until the log tells that it was taken up for the nth time.
#[cfg(unix)]
fn switch(binary: &Binary, log: &Path, times: usize) {
    let id = binary.id().to_string();
    let sent = Command::new("kill").args(["-USR1", &id]).status().unwrap();
    assert!(sent.success());
    let since = std::time::Instant::now();
    let told = || {
        let log = std::fs::read_to_string(log).unwrap_or_default();
        log.matches("log levels ").count()
    };
    while told() < times {
        assert!(since.elapsed().as_secs() < 60, "the signal is taken up");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// The levels of the lines of one call, whether any line came of rmcp.
#[cfg(unix)]
fn levels_of(log: &Path, id: &str) -> Vec<String> {
    let log = std::fs::read_to_string(log).unwrap();
    assert!(!log.contains("\"target\":\"rmcp"), "{log}");
    let lines = lines(&log).into_iter();
    let lines = lines.filter(|line| line["request_id"] == id);
    lines
        .map(|line| line["level"].as_str().unwrap().to_owned())
        .collect()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_switches_to_debug_and_back_and_takes_up_the_settings_file() {
    let service = Misbehaving::acts([Act::ok("{}")]).await;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("server.log");
    let settings = folder.path().join("mine.yaml");
    let write = |level: &str| {
        let text = format!("log: \"{level}\"\nlog_file: {}\n", log.display());
        std::fs::write(&settings, text).unwrap();
    };
    // No directive lets through what rmcp logs of requests.
    write("info,rmcp=trace");
    let mut binary = server(
        &service.host,
        &[("DATABRICKS_MCP_CONFIG", settings.to_str().unwrap())],
    );
    let call = |binary: &mut Binary| {
        let result = binary.call("list_clusters", json!({}));
        let id = id(&result).to_owned();
        // The line of a later call comes after all of an earlier one.
        let last = binary.call("list_clusters", json!({}));
        let last = self::id(&last).to_owned();
        let since = std::time::Instant::now();
        while levels_of(&log, &last).is_empty() {
            assert!(since.elapsed().as_secs() < 60, "the line is written");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        levels_of(&log, &id)
    };
    assert_eq!(call(&mut binary), ["INFO"]);
    switch(&binary, &log, 1);
    assert_eq!(call(&mut binary), ["DEBUG", "INFO"]);
    switch(&binary, &log, 2);
    assert_eq!(call(&mut binary), ["INFO"]);
    write("trace,rmcp=trace");
    switch(&binary, &log, 3);
    assert_eq!(call(&mut binary), ["DEBUG", "INFO"]);
    write("info");
    switch(&binary, &log, 4);
    assert_eq!(call(&mut binary), ["INFO"]);
    // A file that is broken for a while changes nothing but the switch.
    std::fs::write(&settings, "log: [").unwrap();
    switch(&binary, &log, 5);
    assert_eq!(call(&mut binary), ["DEBUG", "INFO"]);
    assert!(binary.close().0.success());
}
