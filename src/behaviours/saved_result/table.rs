//! The rows of a finished result, put into a new table: by statements that carry them, so that nothing runs twice.
//!
//! A result that one statement carries is one `CREATE TABLE … AS`. A larger one is gathered in a table beside the
//! target, of which the target is made once it is whole, so that nobody ever sees a part of it.

use std::sync::Arc;
use std::time::Duration;

use databricks_client::types::{
    SqlFormat, SqlStatementResponse, StatementExecutionExecuteStatementRequest,
};

use super::source::Rows;
use super::splitter::Splitter;
use super::values::Values;
use super::{NO_QUERY, PREVIEW, Saved, answer, are_all, ended, is_readable, nothing};
use crate::behaviours::json_rows::Row;
use crate::behaviours::submission::{Attempted, Submission};
use crate::behaviours::{saved_table, sql_page, statement};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;
use crate::transfers::Meter;

/// Bytes of values that one statement carries; the service takes 16 MiB, and is slow long before.
const BYTES: usize = 1 << 20;
/// Rows that one statement carries.
const ROWS: usize = 5_000;
/// The time in which the table beside the target is to be gone.
const CLEANED_UP_WITHIN: Duration = Duration::from_secs(20);

/// Saves the rows of a statement that succeeded to a table of this name, which must be free.
///
/// # Errors
/// The rows cannot be read, or the table cannot be made; then there is none.
pub(in crate::behaviours) async fn save(
    context: &Context,
    response: SqlStatementResponse,
    table: &str,
    meter: &Arc<Meter>,
) -> Result<Answer, Error> {
    is_readable(&response)?;
    let mut rows: Rows<'_, Splitter> = Rows::of(context, response);
    rows.come_as(&SqlFormat::JsonArray)?;
    let manifest = rows.manifest.clone();
    let schema = manifest.schema.as_ref();
    let columns = schema.and_then(|schema| schema.columns.as_deref());
    let columns = columns.unwrap_or_default();
    if columns.is_empty() {
        return Err(nothing(&rows.statement_id, NO_QUERY));
    }
    let named = columns.iter().map(|column| {
        let name = column.name.as_deref().unwrap_or_default();
        (name, column.type_text.as_deref().unwrap_or_default())
    });
    let mut making = Making {
        context,
        meter,
        submission: Submission::to(context, None, None, None).await?,
        table,
        beside: None,
        values: Values::of(named),
        rows: 0,
        preview: Vec::new(),
    };
    let filled = making.fill(&mut rows).await;
    let left = making.clean_up().await;
    filled.map_err(|error| told(error, left.as_deref()))?;
    let saved = Saved {
        rows: making.rows,
        size: None,
        preview: std::mem::take(&mut making.preview),
    };
    let mut answer = answer(&rows.statement_id, &manifest, table, saved)?;
    sql_page::add_note(
        &mut answer,
        &format!("Read them by {}", saved_table::read_by(table)),
    );
    if let Some(left) = left {
        sql_page::add_note(&mut answer, &left);
    }
    Ok(answer)
}

/// The error of a table that was not made, with what it leaves behind.
fn told(error: Error, left: Option<&str>) -> Error {
    match (error, left) {
        (
            Error::Failed {
                what,
                state,
                message,
                ..
            },
            None,
        ) if message.contains("ALREADY_EXISTS]") => Error::Failed {
            what,
            state,
            message,
            hint: Some("choose another name: here nothing is replaced".to_owned()),
        },
        (error, None) => error,
        (error, Some(left)) => Error::Failed {
            what: "the saving of the result".to_owned(),
            state: "failed".to_owned(),
            message: format!("{error}. {left}"),
            hint: None,
        },
    }
}

/// A table under way.
struct Making<'a> {
    context: &'a Context,
    meter: &'a Arc<Meter>,
    submission: Submission,
    /// Its full name, in backticks.
    table: &'a str,
    /// The table in which the rows are gathered, once there is one.
    beside: Option<String>,
    values: Values,
    /// Rows that were taken.
    rows: u64,
    preview: Vec<Row>,
}

impl Making<'_> {
    /// Takes all rows and makes the table.
    async fn fill(&mut self, rows: &mut Rows<'_, Splitter>) -> Result<(), Error> {
        while let Some(some) = rows.next().await? {
            for row in some {
                if self.values.rows() >= ROWS || self.values.bytes() >= BYTES {
                    self.gather().await?;
                }
                self.values.add(&row);
                self.rows += 1;
                if self.preview.len() < PREVIEW {
                    self.preview.push(row);
                }
            }
        }
        are_all(&rows.statement_id, &rows.manifest, self.rows)?;
        if self.beside.is_none() {
            let create = format!("CREATE TABLE {} AS\n{}", self.table, self.values.take());
            return self.run(create).await;
        }
        self.gather().await?;
        let beside = self.beside.as_deref().unwrap_or_default();
        let whole = format!("CREATE TABLE {} AS\nSELECT * FROM {beside}", self.table);
        self.run(whole).await
    }

    /// Puts the rows at hand into the table beside the target, which the first of them make.
    async fn gather(&mut self) -> Result<(), Error> {
        self.meter.add(self.values.bytes());
        if let Some(beside) = &self.beside {
            let insert = format!("INSERT INTO {beside}\n{}", self.values.take());
            return self.run(insert).await;
        }
        // Told before all rows are sent for nothing.
        let there = format!("SELECT 1 FROM {} LIMIT 0", self.table);
        if self.run(there).await.is_ok() {
            return Err(Error::Failed {
                what: format!("the saving to {}", self.table),
                state: "refused".to_owned(),
                message: "it exists already".to_owned(),
                hint: Some("choose another name: here nothing is replaced".to_owned()),
            });
        }
        let name = self.table.strip_suffix('`').unwrap_or(self.table);
        let call: String = self.context.call.id.chars().take(8).collect();
        // Noted before it is made: an answer may be lost.
        let beside = self.beside.insert(format!("{name}__saving_{call}`"));
        let create = format!("CREATE TABLE {beside} AS\n{}", self.values.take());
        self.run(create).await
    }

    /// Takes the table beside the target away. Returns what is to be said if that does not succeed.
    async fn clean_up(&mut self) -> Option<String> {
        let beside = self.beside.take()?;
        let drop = format!("DROP TABLE IF EXISTS {beside}");
        let own = self.context.uncancelled();
        let gone = execute(&own, &mut self.submission, drop, self.meter);
        let gone = tokio::time::timeout(CLEANED_UP_WITHIN, gone).await;
        let left = !matches!(gone, Ok(Ok(())));
        left.then(|| {
            format!("The table {beside}, in which the rows were gathered, is to be dropped by hand")
        })
    }

    async fn run(&mut self, sql: String) -> Result<(), Error> {
        execute(self.context, &mut self.submission, sql, self.meter).await
    }
}

/// Runs a statement to its end. It reads nothing of the workspace's but what was written here, so that no limit of what
/// a statement may read is asked about.
async fn execute(
    context: &Context,
    submission: &mut Submission,
    sql: String,
    meter: &Arc<Meter>,
) -> Result<(), Error> {
    let run = submission.attempts(context, (sql, None), meter, executed);
    run.await.map(|_| ())
}

fn executed<'a>(
    context: &'a Context,
    request: &'a StatementExecutionExecuteStatementRequest,
    meter: &'a Arc<Meter>,
) -> Attempted<'a, SqlStatementResponse> {
    Box::pin(async move {
        let response = statement::submit(context, request).await?;
        ended(context, response, meter).await
    })
}
