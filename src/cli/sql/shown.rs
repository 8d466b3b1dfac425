//! The end of a statement: data for stdout, the rest told on stderr.

use serde_json::Value;

use crate::cli::answer::{self, Form, Printed};
use crate::cli::exits::Exit;
use crate::cli::say;
use crate::cli::session::Told;
use crate::cli::table::Look;

/// The data of an answer, whose notes are told.
///
/// # Errors
/// It is none; that has been told.
pub(super) fn shown(told: Told, form: Form, look: Look) -> Result<String, Exit> {
    match told {
        Told::Answer(answered) => {
            // A statement without rows has nothing to print.
            let columns = answered.structured.as_ref().and_then(|page| page.get("columns"));
            let is_empty = columns.and_then(Value::as_array).is_some_and(Vec::is_empty);
            let form = if is_empty && form == Form::Csv { Form::Shown } else { form };
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
