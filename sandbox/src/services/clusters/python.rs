//! Commands in Python that are run for real: one interpreter for each context, which keeps its variables.

use std::sync::{Arc, Weak};

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

    /// Leaves an interpreter that has ended, unless another was started since.
    fn leave(&self, ended: &Arc<Interpreter>) {
        let mut seat = self.0.lock();
        if seat.as_ref().is_some_and(|one| Arc::ptr_eq(one, ended)) {
            *seat = None;
        }
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

/// Runs a command in the interpreter of a seat, waits, and returns its results. The seat is not kept from going.
pub(super) fn run(interpreter: &Arc<Interpreter>, seat: &Weak<Seat>, command: &str) -> Value {
    match interpreter.ask(&json!({"code": command})) {
        Ok(outcome) => results(outcome),
        Err(reason) => {
            if let Some(seat) = seat.upgrade() {
                seat.leave(interpreter);
            }
            failed(&reason, &reason)
        }
    }
}

fn results(outcome: Outcome) -> Value {
    match (outcome.error, outcome.table) {
        (Some(error), _) => failed(&error, &outcome.trace),
        (None, _) if !outcome.images.is_empty() => match outcome.images.as_slice() {
            [one] => json!({"resultType": "image", "fileName": one}),
            all => json!({"resultType": "images", "fileNames": all}),
        },
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
