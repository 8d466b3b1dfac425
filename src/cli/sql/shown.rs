//! The end of a statement: data for stdout, the rest told on stderr.

use serde_json::Value;

use crate::cli::answer::{self, Form, Printed};
use crate::cli::exits::Exit;
use crate::cli::say;
use crate::cli::session::{Answered, Told};
use crate::cli::table::Look;

/// The rows of one answer of several as CSV, which are then not in it any more: no number of rows fills the memory.
pub(super) fn taken(page: &mut Answered, is_first: bool, look: Look) -> Option<String> {
    let found = page.structured.as_ref().and_then(answer::rows)?;
    if found.table.columns.is_empty() {
        return None;
    }
    let rows = page.structured.as_mut()?.get_mut("rows")?;
    *rows = Value::Array(Vec::new());
    if found.table.rows.is_empty() && !is_first {
        return None;
    }
    Some(answer::csv(&found.table, is_first, look))
}

/// The data of an answer, whose notes are told.
///
/// # Errors
/// It is none; that has been told.
pub(super) fn shown(told: Told, form: Form, look: Look) -> Result<String, Exit> {
    match told {
        Told::Answer(answered) => {
            let member = |name: &str| answered.structured.as_ref()?.get(name);
            // A statement without rows has nothing to print once it is through.
            let columns = member("columns").and_then(Value::as_array);
            let is_empty = columns.is_some_and(Vec::is_empty);
            let state = member("state").and_then(Value::as_str).unwrap_or_default();
            if is_empty && form != Form::Json && ["SUCCEEDED", "CLOSED"].contains(&state) {
                return Ok(String::new());
            }
            if form == Form::Csv {
                // Its rows went out as they came.
                let rows = answered.structured.as_ref().and_then(answer::rows);
                let notes = rows.map(|rows| rows.notes).unwrap_or_default();
                notes.iter().for_each(|note| say::aside(note));
                return Ok(String::new());
            }
            match answer::printed(&answered, form, look) {
                Ok(Printed { data, notes }) => {
                    notes.iter().for_each(|note| say::aside(note));
                    Ok(data)
                }
                Err(reason) => {
                    say::error(&reason);
                    Err(Exit::Failed)
                }
            }
        }
        Told::Failure { text, exit, .. } => {
            say::error(&text);
            Err(exit)
        }
        Told::Interrupted => {
            say::error("interrupted; the statement is cancelled");
            Err(Exit::Interrupted)
        }
    }
}
