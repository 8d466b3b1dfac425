//! A client that does not read stderr is served all the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// More than a pipe holds of log lines, and more than wait in the queue.
const CALLS: usize = 10_000;

#[test]
fn stderr_that_nobody_reads_holds_up_no_call() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_databricks-mcp"))
        .arg("start")
        .env_clear()
        .env("DATABRICKS_MCP_LOG", "trace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = server.stdin.take().unwrap();
    let mut output = BufReader::new(server.stdout.take().unwrap()).lines();
    let mut stderr = server.stderr.take().unwrap();
    let mut request = |message: Value| {
        writeln!(input, "{message}").unwrap();
        let answer = output.next().unwrap().unwrap();
        serde_json::from_str::<Value>(&answer).unwrap()
    };
    request(
        json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
    } }),
    );
    for id in 1..=CALLS {
        let answer = request(json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": { "name": "no_such_tool", "arguments": {} } }));
        assert_eq!(answer["id"], id);
    }
    // Whoever looks in the end sees the latest lines, and how many are missing.
    drop(input);
    let mut log = String::new();
    stderr.read_to_string(&mut log).unwrap();
    assert!(server.wait().unwrap().success());
    assert!(log.contains("log lines were dropped"), "{}", log.len());
}
