//! The built binary with clients that misbehave: lines that cannot be served, clients that do not read, that close
//! stdout or stdin, and signals while the workspace hangs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use support::binary::{Binary, Era};
use support::misbehaving::{Act, Misbehaving};

/// A limit that only a hang reaches.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends a line that cannot be served and returns its answer; the session must go on after it.
fn refused(binary: &mut Binary, line: &[u8]) -> Value {
    binary.send_bytes(line);
    let answer = binary.message();
    let listed = binary.request("tools/list", json!({}));
    assert!(listed["result"]["tools"].is_array(), "{listed}");
    answer
}

#[test]
fn a_line_that_cannot_be_served_is_answered_and_the_session_goes_on() {
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":"deep","method":"tools/call","params":{}{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let long = format!(
        r#"{{"jsonrpc":"2.0","method":"tools/call","params":"{}","id":"long"}}"#,
        "x".repeat(17 << 20)
    );
    let many = format!(
        r#"{{"jsonrpc":"2.0","id":"many","method":"tools/call","params":[{}1]}}"#,
        "{},".repeat(300_000)
    );
    let unfinished = "[".repeat(10_000);
    let cases: [(&[u8], i64, Value); 13] = [
        // What a client shows its user may be the first, and the last would count.
        (
            br#"{"jsonrpc":"2.0","id":"twice","method":"tools/call","params":{"name":"delete_job","arguments":{"job_id":7,"job_id":8}}}"#,
            -32600,
            json!("twice"),
        ),
        (b"this is not JSON", -32700, Value::Null),
        (
            br#"{"jsonrpc":"2.0","id":"cut","method":"#,
            -32700,
            json!("cut"),
        ),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":\"utf\",\"method\":\"\xff\xfe\"}",
            -32700,
            json!("utf"),
        ),
        (b"\xff\xfe\x00", -32700, Value::Null),
        (deep.as_bytes(), -32600, json!("deep")),
        (unfinished.as_bytes(), -32600, Value::Null),
        (long.as_bytes(), -32600, json!("long")),
        (many.as_bytes(), -32600, json!("many")),
        (br#"{"foo":"bar"}"#, -32600, Value::Null),
        (
            br#"{"jsonrpc":"1.0","id":"old","method":"ping"}"#,
            -32600,
            json!("old"),
        ),
        (
            br#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
            -32600,
            json!(1.5),
        ),
        (
            br#"[{"jsonrpc":"2.0","id":"batch","method":"ping"}]"#,
            -32600,
            Value::Null,
        ),
    ];
    for era in [Era::Session, Era::Alone] {
        let mut binary = Binary::start(era, &[]);
        for (line, code, id) in &cases {
            let answer = refused(&mut binary, line);
            let shown = String::from_utf8_lossy(&line[..line.len().min(60)]);
            assert_eq!(answer["error"]["code"], *code, "{era:?} {shown}: {answer}");
            assert_eq!(answer["id"], *id, "{era:?} {shown}: {answer}");
        }
        let (status, log) = binary.close();
        assert!(status.success(), "{log}");
    }
}

#[test]
fn what_comes_before_the_session_is_ignored_or_answered() {
    let mut binary = Binary::start(Era::Alone, &[]);
    binary.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    binary.send(&json!({ "jsonrpc": "2.0", "id": 5, "result": {} }));
    binary.send(&json!({ "jsonrpc": "2.0", "id": 6, "error": { "code": 1, "message": "x" } }));
    let hello = |capabilities: Value, id: &str| {
        json!({ "jsonrpc": "2.0", "id": id, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": capabilities,
            "clientInfo": { "name": "test", "version": "1" },
        }})
    };
    binary
        .send(&json!({ "jsonrpc": "2.0", "id": "malformed", "method": "initialize", "params": 7 }));
    let answer = binary.message();
    assert_eq!(
        (&answer["id"], &answer["error"]["code"]),
        (&json!("malformed"), &json!(-32600)),
        "{answer}"
    );
    binary.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    binary.send(&hello(json!({}), "proper"));
    let answer = binary.message();
    assert_eq!(answer["id"], "proper", "{answer}");
    assert!(answer["result"]["serverInfo"].is_object(), "{answer}");
}

#[test]
fn initialize_need_not_be_to_the_letter() {
    for params in [
        json!({}),
        json!({ "protocolVersion": "2025-06-18", "clientInfo": { "name": "x" } }),
        json!({ "protocolVersion": "2025-06-18", "capabilities": { "roots": true, "elicitation": true },
            "clientInfo": { "name": "x", "version": 1 } }),
        json!({ "protocolVersion": "2025-06-18", "capabilities": { "experimental": { "x": true } }, "mood": "good" }),
    ] {
        let mut binary = Binary::start(Era::Alone, &[]);
        binary
            .send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }));
        let answer = binary.message();
        assert!(answer["result"]["serverInfo"].is_object(), "{answer}");
        binary.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        binary.send(&json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" }));
        assert_eq!(binary.message()["id"], 2);
    }
}

/// Lines of all kinds of bytes, some of them near to messages.
fn lines() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    let near = prop::collection::vec(
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\"jsonrpc\":\"2.0\"",
            "\"id\":1",
            "\"id\":\"a\"",
            "\"method\":\"tools/call\"",
            "\"method\":\"initialize\"",
            "\"method\":\"notifications/cancelled\"",
            "\"params\":{}",
            "\"result\":{}",
            "\"error\":{}",
            "null",
            "1e999",
            "\u{0}",
            "\u{feff}",
        ]),
        0..12,
    )
    .prop_map(|parts| parts.concat().into_bytes());
    let line = prop_oneof![bytes, near].prop_map(|mut line| {
        line.retain(|byte| *byte != b'\n');
        line
    });
    prop::collection::vec(line, 1..20)
}

#[test]
fn no_line_of_bytes_ends_the_session() {
    let binary = std::cell::RefCell::new(Binary::start(Era::Session, &[]));
    let number = std::cell::Cell::new(0_u64);
    let config = Config {
        cases: 100,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&lines(), |lines| {
            let mut binary = binary.borrow_mut();
            for line in &lines {
                binary.send_bytes(line);
            }
            number.set(number.get() + 1);
            let mark = format!("mark {}", number.get());
            binary.send(&json!({ "jsonrpc": "2.0", "id": mark, "method": "ping" }));
            while binary.message()["id"] != mark.as_str() {}
            Ok(())
        })
        .unwrap();
}

/// A server whose stdout the test reads itself, or does not.
struct Unread {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Unread {
    fn start(host: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_databricks-mcp"))
            .arg("start")
            .env_clear()
            .envs([("DATABRICKS_HOST", host), ("DATABRICKS_TOKEN", "x")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let mut server = Self { child, stdin };
        server.send(
            &json!({ "jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": { "name": "test", "version": "1" },
            }}),
        );
        server
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.stdin.as_mut().unwrap(), "{message}").unwrap();
    }

    fn call(&mut self, id: u64, tool: &str, arguments: &Value) {
        self.send(
            &json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {
                "name": tool, "arguments": arguments,
            }}),
        );
    }

    /// Waits for the process to end, and fails if it does not.
    fn ends(&mut self) -> bool {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if self.child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_that_does_not_read_costs_no_memory_and_loses_no_answer() {
    // A tool that is not there: a call that sends nothing and is answered with some hundred bytes.
    unread(20_000, |id| {
        let name = format!("nothing_{}", "x".repeat(500));
        let params = json!({ "name": name, "arguments": {} });
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
    });
}

#[cfg(target_os = "linux")]
#[test]
fn refusals_that_nobody_reads_cost_no_memory_either() {
    unread(
        100_000,
        |id| json!({ "jsonrpc": "2.0", "id": id, "method": 5 }),
    );
}

/// Sends lines of which each is answered, and reads no answer until the server reads no more.
#[cfg(target_os = "linux")]
fn unread(lines: u64, line_of: fn(u64) -> Value) {
    let mut server = Unread::start("http://127.0.0.1:9");
    let mut stdin = server.stdin.take().unwrap();
    let id = server.child.id();
    let writer = std::thread::spawn(move || {
        for id in 0..lines {
            writeln!(stdin, "{}", line_of(id)).unwrap();
        }
        stdin
    });
    // Nothing is read until the server takes in no more: then its memory stands still.
    let peak = || {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib >> 10
    };
    let (mut before, mut still) = (0, 0);
    while still < 20 {
        std::thread::sleep(Duration::from_millis(50));
        let now = peak();
        still = if now == before { still + 1 } else { 0 };
        before = now;
    }
    assert!(
        !writer.is_finished(),
        "it read on although nobody reads its answers"
    );
    assert!(before < 150, "{before} MiB");
    // Read at last: every call has its answer.
    let mut stdout = BufReader::new(server.child.stdout.take().unwrap());
    let mut answered = vec![false; usize::try_from(lines).unwrap()];
    let mut line = String::new();
    while answered.contains(&false) {
        line.clear();
        assert!(stdout.read_line(&mut line).unwrap() > 0, "it ended");
        let answer: Value = serde_json::from_str(&line).unwrap();
        if let Some(id) = answer["id"].as_u64() {
            answered[usize::try_from(id).unwrap()] = true;
        }
    }
    drop(writer.join().unwrap());
    assert!(server.ends());
}

/// A workspace in which a statement runs for ever, and whose cancel endpoint does `cancel`.
fn endless(cancel: Act) -> (tokio::runtime::Runtime, Misbehaving) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let started = r#"{"statement_id":"s1","status":{"state":"RUNNING"}}"#;
    let service = runtime.block_on(Misbehaving::start(move |_, seen| {
        if seen.line().ends_with("/cancel") {
            cancel.clone()
        } else {
            Act::ok(started)
        }
    }));
    (runtime, service)
}

/// Starts a statement and returns once the workspace was asked for its state.
fn running(service: &Misbehaving) -> Unread {
    let mut server = Unread::start(&service.host);
    let statement = json!({ "statement": "SELECT 1", "warehouse_id": "w" });
    server.call(1, "execute_sql", &statement);
    until(service, |line| {
        line.starts_with("GET /api/2.0/sql/statements/s1")
    });
    server
}

fn until(service: &Misbehaving, wanted: impl Fn(&str) -> bool) {
    let since = Instant::now();
    while !service.seen().iter().any(|seen| wanted(seen.line())) {
        assert!(since.elapsed() < PATIENCE, "{:?}", service.seen());
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn is_cancel(line: &str) -> bool {
    line == "POST /api/2.0/sql/statements/s1/cancel"
}

#[test]
fn the_end_of_stdin_cancels_what_runs() {
    let (_runtime, service) = endless(Act::ok("{}"));
    let mut server = running(&service);
    drop(server.stdin.take());
    until(&service, is_cancel);
    assert!(server.ends());
}

#[test]
fn the_end_of_stdin_does_not_wait_for_a_question_that_nobody_answers() {
    let (_runtime, service) = endless(Act::ok("{}"));
    let variables = [
        ("DATABRICKS_HOST", service.host.as_str()),
        ("DATABRICKS_TOKEN", "x"),
    ];
    let asks = json!({ "elicitation": {} });
    let mut binary = Binary::launch(Era::Session, &[], &variables, asks);
    let statement = json!({ "statement": "DROP TABLE t", "warehouse_id": "w" });
    let call = json!({ "name": "execute_sql", "arguments": statement });
    binary.ask("tools/call", call);
    assert_eq!(binary.message()["method"], "elicitation/create");
    let since = Instant::now();
    let (status, log) = binary.close();
    assert!(status.success(), "{log}");
    // Generous: rmcp by itself would wait for 5 s.
    let took = since.elapsed();
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_that_closes_stdout_ends_the_calls_and_the_server() {
    let (_runtime, service) = endless(Act::ok("{}"));
    let mut server = running(&service);
    drop(server.child.stdout.take());
    until(&service, is_cancel);
    assert!(server.ends());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_even_if_the_workspace_hangs() {
    let (_runtime, service) = endless(Act::Hang);
    let mut server = running(&service);
    let id = server.child.id().to_string();
    assert!(Command::new("kill").arg(id).status().unwrap().success());
    let since = Instant::now();
    assert!(server.ends());
    // Generous: a cancel endpoint that hangs would hold it for 12 s and more.
    assert!(
        since.elapsed() < Duration::from_secs(9),
        "{:?}",
        since.elapsed()
    );
    until(&service, is_cancel);
}

#[test]
fn an_id_in_use_is_refused_and_its_first_call_goes_on() {
    let (_runtime, service) = endless(Act::ok("{}"));
    let mut server = running(&service);
    server.call(1, "list_jobs", &json!({}));
    let mut stdout = BufReader::new(server.child.stdout.take().unwrap());
    let mut answers = std::iter::from_fn(|| {
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        serde_json::from_str::<Value>(&line).ok()
    });
    let refused = answers.find(|answer| answer["id"] == 1).unwrap();
    assert_eq!(refused["error"]["code"], -32600, "{refused}");
    assert!(!service.seen().iter().any(|seen| is_cancel(seen.line())));
    server.send(&json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" }));
    assert!(answers.any(|answer| answer["id"] == 2));
}

#[test]
fn calls_of_one_tool_that_hang_do_not_hold_up_the_others() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let service = runtime.block_on(Misbehaving::start(|_, seen| match seen.line() {
        line if line.contains("/jobs/list") => Act::Hang,
        line if line.contains("/Me") => Act::ok(r#"{"userName":"me"}"#),
        _ => Act::ok("{}"),
    }));
    let variables = [
        ("DATABRICKS_HOST", service.host.as_str()),
        ("DATABRICKS_TOKEN", "x"),
    ];
    let mut binary = Binary::start(Era::Session, &variables);
    for _ in 0..200 {
        binary.ask(
            "tools/call",
            json!({ "name": "list_jobs", "arguments": {} }),
        );
    }
    for tool in ["health", "list_warehouses"] {
        let result = binary.call(tool, json!({}));
        assert_ne!(result["isError"], true, "{tool}: {result}");
    }
    // More than are taken in at all: what waits for nobody is answered before any of them.
    for _ in 0..900 {
        binary.ask(
            "tools/call",
            json!({ "name": "list_jobs", "arguments": {} }),
        );
    }
    for (method, params) in [
        ("ping", json!({})),
        ("tools/list", json!({})),
        ("tools/call", json!({ "name": "health", "arguments": {} })),
    ] {
        let id = binary.ask(method, params);
        let answer = binary.message();
        assert_eq!(answer["id"], id, "{method}: {answer}");
        assert_ne!(answer["result"]["isError"], true, "{answer}");
    }
    // More than are held back: stdin is read on, what waits for nobody is answered, and the others are refused.
    for _ in 0..1_500 {
        binary.ask(
            "tools/call",
            json!({ "name": "list_jobs", "arguments": {} }),
        );
    }
    let health = binary.ask("tools/call", json!({ "name": "health", "arguments": {} }));
    let mut refused = 0;
    let told = loop {
        let answer = binary.message();
        if answer["id"] == health {
            break answer;
        }
        assert_eq!(answer["error"]["code"], -32000, "{answer}");
        refused += 1;
    };
    assert_ne!(told["result"]["isError"], true, "{told}");
    assert!(refused > 500, "{refused}");
}
