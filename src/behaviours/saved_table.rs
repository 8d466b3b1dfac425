//! What is told of a result that its own statement has saved to a table: the table, its rows, and how to read them.

use std::time::Instant;

use serde_json::Value;

use super::sql_page::{self, Window};
use super::submission::Submission;
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Answer};

/// Seconds that the count of the rows may take, which the service has in the table's log.
const COUNTED_WITHIN: f64 = 5.0;

/// The answer of the statement that makes the table, in the words of what the caller asked for.
///
/// # Errors
/// The client has cancelled the call.
pub(super) async fn told(
    context: &Context,
    submission: &mut Submission,
    mut answer: Answer,
    table: &str,
) -> Result<Answer, Error> {
    let read = read_by(table);
    if !has_succeeded(&answer.structured) {
        sql_page::add_note(
            &mut answer,
            &format!("Once it has succeeded, its rows are in {table}: read them by {read}"),
        );
        return Ok(answer);
    }
    let rows = match written(&answer.structured) {
        Some(rows) => Some(rows),
        None => counted(context, submission, table).await?,
    };
    let saved = match rows {
        Some(rows) => format!("Saved {} to", shape::counted(rows, "row")),
        None => "The service does not tell how many rows it saved to".to_owned(),
    };
    let how = format!("Read them by {read}");
    answer.text = format!("{saved} {table}");
    if let Some(page) = answer.structured.as_object_mut() {
        // They are of the count that the service answers, not of the rows that were saved.
        page.insert("columns".to_owned(), Value::Array(Vec::new()));
        page.insert("rows".to_owned(), Value::Array(Vec::new()));
        page.shift_remove("total_rows");
        page.insert("path".to_owned(), table.into());
        if let Some(rows) = rows {
            page.insert("total_rows".to_owned(), rows.into());
        }
    }
    sql_page::add_note(&mut answer, &how);
    Ok(answer)
}

/// How the rows of a table are read.
pub(super) fn read_by(table: &str) -> String {
    format!("execute_sql with `SELECT * FROM {}`", bare(table))
}

/// The error of the statement that makes the table, with the way out that the caller of `save_to` has.
pub(super) fn explained(mut error: Error) -> Error {
    if let Error::Failed { message, hint, .. } = &mut error {
        if message.contains("ALREADY_EXISTS]") {
            *hint = Some(
                "`overwrite: true` replaces the table; another name leaves it as it is".to_owned(),
            );
        } else if message.contains("[PARSE_SYNTAX_ERROR]") {
            *hint = Some(
                "the rows of a query go to a table, such as of SELECT or WITH; a local file takes those of any \
                 statement"
                    .to_owned(),
            );
        }
    }
    error
}

fn has_succeeded(page: &Value) -> bool {
    let state = page.get("state").and_then(Value::as_str);
    matches!(state, Some("SUCCEEDED" | "CLOSED"))
}

/// The number of rows that the statement says it wrote.
fn written(page: &Value) -> Option<u64> {
    let columns = page.get("columns")?.as_array()?;
    let nth = columns
        .iter()
        .position(|column| column.get("name").is_some_and(|n| n == "num_affected_rows"))?;
    first(page, nth)
}

fn first(page: &Value, nth: usize) -> Option<u64> {
    page.get("rows")?.get(0)?.get(nth)?.as_u64()
}

/// The number of rows that the table now holds; none where it is not known in time, or may not be asked for.
async fn counted(
    context: &Context,
    submission: &mut Submission,
    table: &str,
) -> Result<Option<u64>, Error> {
    let window = Window {
        offset: 0,
        rows: 1,
        bytes: context.room,
        wait: Some(COUNTED_WITHIN),
    };
    let count = format!("SELECT count(*) FROM {table}");
    // The time that a wait has is told from the begin of its call.
    let mut turn = context.part(context.room);
    turn.since = Instant::now();
    match submission.run(&turn, count, None, &window).await {
        Ok(answer) => Ok(first(&answer.structured, 0)),
        Err(error @ Error::Cancelled { .. }) => Err(error),
        // The table is there all the same.
        Err(error) => {
            tracing::info!(request_id = %context.call.id, %error, "the rows of a saved table are not counted");
            Ok(None)
        }
    }
}

/// A name without the backticks that its parts do not need, as people write it.
pub(super) fn bare(table: &str) -> String {
    let is_plain = |part: &str| {
        let mut letters = part.chars();
        let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
        letters.next().is_some_and(letter) && letters.all(|c| letter(c) || c.is_ascii_digit())
    };
    let parts = table.trim_matches('`').split("`.`");
    match parts.clone().all(is_plain) {
        true => parts.collect::<Vec<_>>().join("."),
        false => table.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn a_name_keeps_the_backticks_that_it_needs() {
        assert_eq!(bare("`main`.`default`.`t_1`"), "main.default.t_1");
        assert_eq!(bare("`main`.`odd name`.`t`"), "`main`.`odd name`.`t`");
        assert_eq!(bare("`main`.`default`.`1t`"), "`main`.`default`.`1t`");
        assert_eq!(bare("`main`.`default`.`a``b`"), "`main`.`default`.`a``b`");
    }
}
