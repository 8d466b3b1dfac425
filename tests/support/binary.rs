//! The built binary as a child process that speaks JSON-RPC lines.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

/// A limit that only a hang reaches.
const PATIENCE: Duration = Duration::from_secs(60);

/// The protocol era a test speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// `initialize`, then a session.
    Session,
    /// 2026-07-28, without a session.
    Alone,
}

/// A running server.
pub struct Binary {
    child: Child,
    log: Option<JoinHandle<String>>,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    waiting: VecDeque<Value>,
    era: Era,
    capabilities: Value,
    next_id: u64,
}

impl Binary {
    /// Starts `databricks-mcp start` with only these variables, and opens a session if the era has one.
    pub fn start(era: Era, variables: &[(&str, &str)]) -> Self {
        Self::launch(era, &[], variables, json!({}))
    }

    /// As [`Binary::start`], with these flags and for a client that declares these capabilities.
    pub fn launch(
        era: Era,
        flags: &[&str],
        variables: &[(&str, &str)],
        capabilities: Value,
    ) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_databricks-mcp"))
            .arg("start")
            .args(flags)
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("piped");
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        // Read while it runs, because a full pipe would block the server.
        let mut stderr = child.stderr.take().expect("piped");
        let log = std::thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).expect("text");
            log
        });
        let stdin = child.stdin.take();
        let mut binary = Self {
            child,
            log: Some(log),
            stdin,
            lines,
            waiting: VecDeque::new(),
            era,
            capabilities,
            next_id: 0,
        };
        if era == Era::Session {
            let hello = json!({
                "protocolVersion": "2025-11-25",
                "capabilities": binary.capabilities,
                "clientInfo": { "name": "test", "version": "1" },
            });
            binary.request("initialize", hello);
            binary.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        }
        binary
    }

    /// Sends a raw line.
    pub fn send_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("still open");
        writeln!(stdin, "{line}").expect("the server reads");
        stdin.flush().expect("the server reads");
    }

    /// Sends a message.
    pub fn send(&mut self, message: &Value) {
        self.send_line(&message.to_string());
    }

    /// Sends a request without waiting for its answer; returns its id.
    pub fn ask(&mut self, method: &str, mut params: Value) -> u64 {
        self.next_id += 1;
        if self.era == Era::Alone {
            let meta = &mut params["_meta"];
            meta["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
            meta["io.modelcontextprotocol/clientCapabilities"] = self.capabilities.clone();
            meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "test", "version": "1" });
        }
        let id = self.next_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Reads the next message. Every line of stdout must be JSON-RPC.
    pub fn message(&mut self) -> Value {
        if let Some(message) = self.waiting.pop_front() {
            return message;
        }
        let line = self
            .lines
            .recv_timeout(PATIENCE)
            .expect("a line before patience ends");
        let message: Value = serde_json::from_str(&line).expect("stdout is JSON and nothing else");
        assert_eq!(
            message["jsonrpc"], "2.0",
            "stdout is JSON-RPC and nothing else"
        );
        message
    }

    /// Reads the answer to a request, and the notifications before it.
    pub fn answer(&mut self, id: u64) -> (Value, Vec<Value>) {
        let mut before = Vec::new();
        let mut others = VecDeque::new();
        loop {
            let message = self.message();
            if message["id"] == id && message.get("method").is_none() {
                self.waiting.extend(others);
                return (message, before);
            }
            if message.get("id").is_some() && message.get("method").is_none() {
                others.push_back(message);
            } else {
                before.push(message);
            }
        }
    }

    /// Waits a moment for further messages, and reports whether the request is answered.
    pub fn has_answered(&mut self, id: u64) -> bool {
        if let Ok(line) = self.lines.recv_timeout(Duration::from_millis(5)) {
            let message = serde_json::from_str(&line);
            self.waiting
                .push_back(message.expect("stdout is JSON and nothing else"));
        }
        self.waiting
            .iter()
            .any(|message| message["id"] == id && message.get("method").is_none())
    }

    /// Sends a request and returns its answer.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.answer(id).0
    }

    /// Calls a tool and returns its result.
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.request(
            "tools/call",
            json!({ "name": tool, "arguments": arguments }),
        );
        answer
            .get("result")
            .unwrap_or_else(|| panic!("a result: {answer}"))
            .clone()
    }

    /// Closes stdin and returns the exit status and the log.
    pub fn close(mut self) -> (ExitStatus, String) {
        drop(self.stdin.take());
        let log = self.log.take().expect("read once").join().expect("text");
        (self.child.wait().expect("it ends"), log)
    }

    /// Waits for the server to exit with stdin open, and returns the exit status and the log.
    pub fn end(mut self) -> (ExitStatus, String) {
        let open = self.stdin.take();
        let ended = self.close();
        drop(open);
        ended
    }

    /// Sends raw bytes as a line.
    pub fn send_bytes(&mut self, line: &[u8]) {
        let stdin = self.stdin.as_mut().expect("still open");
        stdin.write_all(line).expect("the server reads");
        stdin.write_all(b"\n").expect("the server reads");
        stdin.flush().expect("the server reads");
    }

    /// The process id, for signals.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        // The child is alive here only if the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The text of a result.
pub fn text(result: &Value) -> String {
    let blocks = result["content"].as_array().expect("content");
    blocks
        .iter()
        .filter_map(|block| block["text"].as_str())
        .collect()
}
