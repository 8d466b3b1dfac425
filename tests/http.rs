//! Promise: `serve` answers both eras over HTTP, turns away who may not ask, keeps sessions apart, and ends in order.
//!
//! Everything is seen from outside: the binary over HTTP, against the sandbox.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use databricks_mcp::connect::Connections;
use databricks_sandbox::{Options, Running, Sandbox};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use url::Url;

const BOTH: &str = "application/json, text/event-stream";

/// `serve` on a free port, over a sandbox.
struct Served {
    child: Child,
    /// `127.0.0.1:PORT`.
    address: String,
    client: Client,
    _workspace: Running,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    async fn start(flags: &[&str]) -> Self {
        let workspace = Sandbox::start(Options::default()).unwrap();
        let mut child = serve(flags)
            .env("DATABRICKS_HOST", workspace.host())
            .env("DATABRICKS_TOKEN", workspace.token())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = lines
            .by_ref()
            .map_while(Result::ok)
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
            .find(|line| line["message"] == "listening")
            .expect("it listens");
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let url = Url::parse(said["url"].as_str().unwrap()).unwrap();
        let address = format!("127.0.0.1:{}", url.port().unwrap());
        Self {
            child,
            client: Connections::default().client(&url).unwrap(),
            address,
            _workspace: workspace,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn post(&self, headers: &[(&str, &str)], body: String) -> Response {
        let mut request = self
            .client
            .post(self.url("/mcp"))
            .header("content-type", "application/json")
            .header("accept", BOTH);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(body).send().await.unwrap()
    }

    /// Opens a session of the earlier protocol; returns its id.
    async fn session(&self) -> String {
        let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": { "roots": {} },
            "clientInfo": { "name": "test", "version": "1" },
        }});
        let opened = self.post(&[], hello.to_string()).await;
        let id = opened.headers()["mcp-session-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let taken = self
            .post(&[("mcp-session-id", &id)], ready.to_string())
            .await;
        assert_eq!(taken.status(), 202);
        id
    }

    /// One request of a session.
    async fn ask(&self, session: &str, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        let answer = self
            .post(&[("mcp-session-id", session)], body.to_string())
            .await;
        message(&answer.text().await.unwrap())
    }

    /// One call of the later protocol, which has no sessions.
    async fn call(&self, tool: &str, arguments: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {
            "name": tool,
            "arguments": arguments,
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        }});
        let headers = [
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", tool),
        ];
        let answer = self.post(&headers, body.to_string()).await;
        message(&answer.text().await.unwrap())
    }
}

fn serve(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_databricks-mcp"));
    command
        .arg("serve")
        .args(flags)
        .env_clear()
        .env("DATABRICKS_MCP_LISTEN", "127.0.0.1:0")
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// The answer within a body, which is JSON or a stream of events.
fn message(body: &str) -> Value {
    let of_event = body.lines().filter_map(|line| line.strip_prefix("data:"));
    let mut messages = of_event.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    let answer = messages.find(|message| message.get("id").is_some());
    answer.unwrap_or_else(|| serde_json::from_str(body).unwrap_or_else(|_| panic!("{body}")))
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn both_eras_are_answered_and_sessions_are_kept_apart() {
    let served = Served::start(&["--toolsets", "default,volumes"]).await;
    let select = json!({ "statement": "select 41 + 1 as answer" });
    assert!(text(&served.call("execute_sql", select.clone()).await).contains("42"));
    let (one, other) = (served.session().await, served.session().await);
    let call = json!({ "name": "execute_sql", "arguments": select });
    assert!(text(&served.ask(&one, "tools/call", call).await).contains("42"));
    let touched = served.ask(&one, "resources/list", json!({})).await;
    assert_eq!(
        touched["result"]["resources"].as_array().unwrap().len(),
        1,
        "{touched}"
    );
    let touched = served.ask(&other, "resources/list", json!({})).await;
    assert_eq!(touched["result"]["resources"], json!([]));
    // Files of the server's machine are nobody's, and roots of a client are of another machine.
    let upload = json!({ "name": "upload_file", "arguments": {
        "path": "/Volumes/main/default/landing/x", "local_path": "Cargo.toml",
    }});
    let refused = served.ask(&one, "tools/call", upload).await;
    assert!(text(&refused).contains("not shared over HTTP"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stateless_serves_the_earlier_protocol_without_a_session() {
    let served = Served::start(&["--stateless"]).await;
    let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {
        "name": "execute_sql", "arguments": { "statement": "select 1 as one" },
    }});
    let answer = served
        .post(&[("mcp-protocol-version", "2025-11-25")], call.to_string())
        .await;
    assert!(!answer.headers().contains_key("mcp-session-id"));
    assert!(text(&message(&answer.text().await.unwrap())).contains("one"));
    let listen = served
        .client
        .get(served.url("/mcp"))
        .header("accept", BOTH)
        .send()
        .await;
    assert_eq!(listen.unwrap().status(), 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_ask_is_turned_away_on_every_route_but_the_health() {
    let served = Served::start(&[]).await;
    for path in ["/mcp", "/mcp/tools", "/mcp/status"] {
        for (name, value) in [
            ("host", "evil.example"),
            ("host", "127.0.0.1.evil.example"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://localhost:5173"),
        ] {
            let request = served.client.get(served.url(path)).header(name, value);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 403, "{path} {name} {value}");
            let said: Value = answer.json().await.unwrap();
            assert!(
                said["error"]["data"]["hint"]
                    .as_str()
                    .unwrap()
                    .contains("ALLOWED_"),
                "{said}"
            );
        }
    }
    let health = served
        .client
        .get(served.url("/health"))
        .header("host", "evil.example");
    assert_eq!(
        health.send().await.unwrap().text().await.unwrap(),
        r#"{"status":"ok"}"#
    );
    // A page of the server itself may ask, and its preflight says so.
    let preflight = served
        .client
        .request(reqwest::Method::OPTIONS, served.url("/mcp"))
        .header("origin", served.url(""))
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "mcp-protocol-version");
    let preflight = preflight.send().await.unwrap();
    let allowed = &preflight.headers()["access-control-allow-origin"];
    assert_eq!(allowed, &served.url(""));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_served_is_a_json_error_with_a_hint() {
    let served = Served::start(&[]).await;
    let deep = "[".repeat(10_000);
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(4 << 20));
    for (body, status, code, says) in [
        ("{", 400, -32700, "not JSON"),
        (
            r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
            400,
            -32600,
            "`id` twice",
        ),
        ("[]", 400, -32600, "a batch is not supported"),
        (deep.as_str(), 400, -32600, "nests deeper"),
        (long.as_str(), 413, -32600, "longer than 4 MiB"),
    ] {
        let answer = served.post(&[], body.to_owned()).await;
        assert_eq!(answer.status(), status, "{says}");
        let said: Value = answer.json().await.unwrap();
        assert_eq!(said["error"]["code"], code, "{said}");
        assert!(
            said["error"]["message"].as_str().unwrap().contains(says),
            "{said}"
        );
        assert!(said["error"]["data"]["hint"].is_string(), "{said}");
    }
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}).to_string();
    let lost = served.post(&[("mcp-session-id", "0")], ping.clone()).await;
    assert_eq!(lost.status(), 404);
    let said: Value = lost.json().await.unwrap();
    assert!(
        said["error"]["data"]["hint"]
            .as_str()
            .unwrap()
            .contains("initialize"),
        "{said}"
    );
    let plain = served
        .client
        .post(served.url("/mcp"))
        .body(ping)
        .send()
        .await
        .unwrap();
    let said: Value = plain.json().await.unwrap();
    assert!(
        said["error"]["data"]["hint"]
            .as_str()
            .unwrap()
            .contains("Accept"),
        "{said}"
    );
    // All of that left it as it was.
    assert!(
        text(
            &served
                .call("execute_sql", json!({"statement": "select 1"}))
                .await
        )
        .contains('1')
    );
}

#[test]
fn an_address_that_others_reach_is_refused() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80", "8000"] {
        let mut command = serve(&["--listen", address]);
        let output = command.stderr(Stdio::piped()).output().unwrap();
        assert!(!output.status.success(), "{address}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("`DATABRICKS_MCP_LISTEN` cannot be used"),
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_lets_the_call_under_way_end() {
    let mut served = Served::start(&[]).await;
    // A half-sent request holds nothing up.
    let mut half = TcpStream::connect(&served.address).unwrap();
    half.write_all(b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\n")
        .unwrap();
    let slow = served.call(
        "execute_sql",
        json!({"statement": "select sandbox_sleep(2)"}),
    );
    let pid = pid_of(&served.child);
    let status = served.url("/mcp/status");
    let client = served.client.clone();
    let stop = async {
        loop {
            let status: Value = client
                .get(&status)
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap();
            if status["calls"] == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let stopped = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(stopped.success());
    };
    let (answer, ()) = tokio::join!(slow, stop);
    assert!(answer["result"]["content"].is_array(), "{answer}");
    let ended = tokio::task::spawn_blocking(move || {
        let status = served.child.wait().unwrap();
        let _ = half.set_read_timeout(Some(Duration::from_secs(1)));
        let _ = half.read(&mut [0; 64]);
        status
    });
    assert!(ended.await.unwrap().success());
}

fn pid_of(child: &Child) -> String {
    child.id().to_string()
}
