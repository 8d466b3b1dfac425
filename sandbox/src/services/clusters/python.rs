//! Commands in Python that are run for real: one interpreter for each context, which keeps its variables.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::python::{Interpreter, Outcome};
use crate::services::warehouses::DEFAULT_ID;
use crate::shared::Shared;

/// The interpreter of a context, once it has run something.
#[derive(Debug, Default)]
pub(super) struct Seat(Mutex<Option<Arc<Interpreter>>>);

impl Seat {
    /// The interpreter of the context.
    ///
    /// # Errors
    /// A sentence, if there is none to start.
    pub(super) fn interpreter(&self, shared: &Shared) -> Result<Arc<Interpreter>, String> {
        let mut seat = self.0.lock();
        if let Some(interpreter) = &*seat {
            return Ok(interpreter.clone());
        }
        let started = Interpreter::start(&shared.identity, DEFAULT_ID)?;
        *seat = Some(started.clone());
        Ok(started)
    }

    /// Ends the interpreter. The next command starts another, without the variables.
    pub(super) fn clear(&self) {
        if let Some(interpreter) = self.0.lock().take() {
            interpreter.kill();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Runs a command, waits, and returns its results.
pub(super) fn run(interpreter: Result<Arc<Interpreter>, String>, command: &str) -> Value {
    let ran = interpreter.and_then(|interpreter| interpreter.ask(&json!({"code": command})));
    ran.map_or_else(|reason| failed(&reason, &reason), results)
}

fn results(outcome: Outcome) -> Value {
    match (outcome.error, outcome.table) {
        (Some(error), _) => failed(&error, &outcome.trace),
        (None, Some(mut table)) => {
            if let Some(table) = table.as_object_mut() {
                table.insert("resultType".to_owned(), json!("table"));
                table.insert("isJsonSchema".to_owned(), json!(true));
            }
            table
        }
        (None, None) => {
            let text = outcome.exit.unwrap_or(outcome.text);
            let text = text.trim_end_matches('\n');
            json!({"resultType": "text", "data": text, "truncated": outcome.truncated})
        }
    }
}

/// The results of a command that failed.
pub(super) fn failed(summary: &str, cause: &str) -> Value {
    json!({"resultType": "error", "summary": summary, "cause": cause})
}
