//! Python run for real, by the machine's own interpreter and a shim that leads back to the sandbox.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::Value;

use crate::identity::Identity;

/// The program that speaks for the sandbox within the interpreter.
const SHIM: &str = include_str!("shim.py");
/// The name of the interpreter.
const PYTHON: &str = "python3";
/// The longest answer, in bytes. The shim bounds what is printed far below.
const LONGEST: u64 = 32 << 20;
/// The variables of the sandbox that the interpreter receives.
const PASSED: &[&str] = &[
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "SYSTEMROOT",
    "TEMP",
    "TMPDIR",
];

/// One interpreter process, which keeps its variables from one question to the next.
#[derive(Debug)]
pub(crate) struct Interpreter {
    child: Mutex<Child>,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

/// The outcome of a command or notebook.
#[derive(Debug, Deserialize)]
pub(crate) struct Outcome {
    /// The text that was printed.
    pub(crate) text: String,
    pub(crate) truncated: bool,
    /// The value that the notebook ended with.
    pub(crate) exit: Option<String>,
    /// The last line of the trace.
    pub(crate) error: Option<String>,
    #[serde(default)]
    pub(crate) trace: String,
    /// The result of each cell of a notebook, up to the one that failed.
    #[serde(default)]
    pub(crate) cells: Vec<Value>,
    /// Rows that were shown last: `data`, `schema` and `truncated`.
    pub(crate) table: Option<Value>,
    /// Images that were shown, as `data:` URLs.
    #[serde(default)]
    pub(crate) images: Vec<String>,
}

impl Interpreter {
    /// Starts an interpreter whose SQL runs on this warehouse.
    ///
    /// # Errors
    /// A sentence, if the machine has no interpreter.
    pub(crate) fn start(identity: &Identity, warehouse: &str) -> Result<Arc<Self>, String> {
        let passed = PASSED
            .iter()
            .filter_map(|name| Some((*name, std::env::var_os(name)?)));
        let mut child = Command::new(PYTHON)
            .args(["-u", "-c", SHIM])
            .env_clear()
            .envs(passed)
            .env("PYTHONIOENCODING", "utf-8")
            .env("SANDBOX_HOST", &identity.host)
            .env("SANDBOX_TOKEN", &identity.token)
            .env("SANDBOX_WAREHOUSE_ID", warehouse)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("the sandbox cannot start `{PYTHON}`: {error}"))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.ok_or_else(|| format!("`{PYTHON}` has no pipes"))?;
        Ok(Arc::new(Self {
            child: Mutex::new(child),
            pipes: Mutex::new((stdin, BufReader::new(stdout))),
        }))
    }

    /// Runs a command (`code`) or a notebook (`notebook` and its `parameters`), one after the other, and waits.
    ///
    /// # Errors
    /// A sentence, if the interpreter ended instead of answering.
    pub(crate) fn ask(&self, asked: &Value) -> Result<Outcome, String> {
        let mut pipes = self.pipes.lock();
        let (stdin, stdout) = &mut *pipes;
        let ended = |_| "the Python interpreter has ended".to_owned();
        writeln!(stdin, "{asked}").map_err(ended)?;
        stdin.flush().map_err(ended)?;
        let mut line = String::new();
        stdout.take(LONGEST).read_line(&mut line).map_err(ended)?;
        let read = serde_json::from_str(&line);
        read.map_err(|_| {
            // What is left of an answer that is too long must not pass for the next.
            self.kill();
            "the Python interpreter has ended, or answered too much".to_owned()
        })
    }

    /// Ends the interpreter at once, whatever it is doing.
    pub(crate) fn kill(&self) {
        let mut child = self.child.lock();
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Interpreter {
    fn drop(&mut self) {
        self.kill();
    }
}
