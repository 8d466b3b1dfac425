//! The built binary as a command of a shell, without a terminal.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};

/// A limit that only a hang reaches.
const PATIENCE: Duration = Duration::from_secs(60);

/// A sandbox and the commands that are pointed at it, run in a folder of their own.
pub struct Shell {
    pub sandbox: Running,
    pub folder: tempfile::TempDir,
}

/// What a command has left behind.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Shell {
    /// A shell by a workspace whose states move quickly.
    pub fn open() -> Self {
        let options = Options {
            speed: 1_000.0,
            check_answers: true,
            ..Options::default()
        };
        Self {
            sandbox: Sandbox::start(options).expect("a sandbox"),
            // A hidden folder would not be shared with calls.
            folder: tempfile::Builder::new()
                .prefix("shell")
                .tempdir()
                .expect("a folder"),
        }
    }

    /// Starts a command with this stdin.
    pub fn start(&self, arguments: &[&str], stdin: &str) -> Child {
        let mut child = command(arguments)
            .env("DATABRICKS_HOST", self.sandbox.host())
            .env("DATABRICKS_TOKEN", self.sandbox.token())
            .env("DATABRICKS_WAREHOUSE_ID", self.sandbox.warehouse_id())
            .env("HOME", self.folder.path())
            .current_dir(self.folder.path())
            .spawn()
            .expect("the binary starts");
        let mut input = child.stdin.take().expect("piped");
        // One that does not read its stdin may be gone already.
        let _ = input.write_all(stdin.as_bytes());
        child
    }

    /// Runs a command with this stdin.
    pub fn pipe(&self, arguments: &[&str], stdin: &str) -> Done {
        done(self.start(arguments, stdin))
    }

    /// Runs a command.
    pub fn run(&self, arguments: &[&str]) -> Done {
        self.pipe(arguments, "")
    }

    /// Calls a tool and returns its answer as a program reads it.
    pub fn json(&self, tool: &str, arguments: &Value) -> Value {
        let done = self.run(&["call", tool, &arguments.to_string(), "--json"]);
        assert_eq!(done.code, 0, "{done:?}");
        serde_json::from_str(&done.out).expect("stdout is JSON and nothing else")
    }

    /// The states of the statements of this text, once there are some.
    pub fn states_of(&self, part: &str) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < until, "no statement `{part}`");
            let history = self.json("list_query_history", &json!({}));
            let queries = history["res"].as_array().expect("queries");
            let text = |query: &&Value| query.to_string().contains(part);
            let found: Vec<String> = queries
                .iter()
                .filter(text)
                .map(|query| query["status"].as_str().expect("a state").to_owned())
                .collect();
            if !found.is_empty() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The binary without any settings.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_databricks-mcp"));
    command
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Waits for the end of a command.
pub fn done(child: Child) -> Done {
    let output = child.wait_with_output().expect("it ends");
    Done {
        code: output.status.code().expect("no signal killed it"),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}
