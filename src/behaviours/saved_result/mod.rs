//! `save_to`: the whole result of a statement as a file of this machine or a volume, row by row in constant memory.

mod arrow;
mod format;
#[cfg(feature = "parquet")]
mod parquet;
mod source;
mod splitter;
mod table;
mod target;
mod values;

use std::sync::Arc;
use std::time::{Duration, Instant};

use databricks_client::types::{
    SqlFormat, SqlResultManifest, SqlStatementResponse, SqlStatementState,
    StatementExecutionExecuteStatementRequest,
};
use serde_json::{Value, json};

#[cfg(feature = "parquet")]
use super::blocking::blocking;
use super::chunks;
use super::guards;
use super::json_rows::Row;
use super::sql_page;
use super::statement;
use super::submission::Attempted;
use super::transfer;
use crate::context::{Context, Progress};
use crate::error::Error;
use crate::hints;
use crate::shape::{self, Answer};
use crate::transfers::Meter;
use crate::waiting::{Ended, Patience};

use arrow::{END, Splicer};
use format::{Encoder, Format};
use source::Rows;
use splitter::Splitter;
pub(super) use table::save as save_to_table;
use target::Sink;
pub(super) use target::Target;

/// Rows that the answer shows.
const PREVIEW: usize = 5;

/// Bytes that they may take.
const PREVIEW_BYTES: usize = 4_000;

/// Bytes that are written at once.
const PIECE: usize = 256 << 10;

/// Does `work` as a transfer for a statement, whose id may not be known yet; its answer fits the schema of a page of rows also while it goes on.
pub(super) async fn run<F>(
    context: &Context,
    place: &str,
    wait: Option<f64>,
    statement_id: &str,
    work: impl FnOnce(Context, Arc<Meter>) -> F,
) -> Result<Answer, Error>
where
    F: Future<Output = Result<Answer, Error>> + Send + 'static,
{
    let what = format!("saving of a result to `{place}`");
    let longest = context.workspace.answer_within;
    let wait = wait.and_then(|wait| Duration::try_from_secs_f64(wait).ok());
    let within = wait.map_or(longest, |wait| wait.min(longest));
    let mut answer = transfer::run_within(context, what, within, work).await?;
    if let Some(page) = answer.structured.as_object_mut() {
        let absent = [
            ("statement_id", json!(statement_id)),
            ("columns", json!([])),
            ("rows", json!([])),
            ("truncated", json!(false)),
        ];
        for (name, value) in absent {
            page.entry(name).or_insert(value);
        }
    }
    Ok(answer)
}

/// Submits a statement and waits for its end, however long it takes.
pub(super) fn submitted<'a>(
    context: &'a Context,
    request: &'a StatementExecutionExecuteStatementRequest,
    meter: &'a Arc<Meter>,
) -> Attempted<'a, SqlStatementResponse> {
    Box::pin(async move {
        guards::check(context, request).await?;
        let response = statement::submit(context, request).await?;
        ended(context, response, meter).await
    })
}

/// Waits for a statement, however long it takes, and tells its state meanwhile.
pub(super) async fn ended(
    context: &Context,
    mut response: SqlStatementResponse,
    meter: &Arc<Meter>,
) -> Result<SqlStatementResponse, Error> {
    loop {
        // The time that a wait has is told from the begin of its call.
        let mut turn = context.part(context.room);
        turn.since = Instant::now();
        turn.progress = Progress::Transfer(Arc::clone(meter));
        match statement::wait(&turn, response, None, Patience::of_seconds(None)).await? {
            Ended::Done(response) => return Ok(response),
            Ended::Unfinished(unfinished) => {
                response = SqlStatementResponse {
                    statement_id: unfinished.state.statement_id,
                    ..SqlStatementResponse::default()
                }
            }
        }
    }
}

/// Saves the rows of a statement that succeeded, and answers with where they are and the first of them.
pub(super) async fn save(
    context: &Context,
    response: SqlStatementResponse,
    target: &Target,
    meter: &Meter,
) -> Result<Answer, Error> {
    is_readable(&response)?;
    match target.format {
        Format::Arrow => return save_arrow(context, response, target, meter).await,
        #[cfg(feature = "parquet")]
        Format::Parquet => return save_parquet(context, response, target, meter).await,
        Format::Csv | Format::JsonLines => {}
    }
    let mut rows: Rows<'_, Splitter> = Rows::of(context, response);
    rows.come_as(&SqlFormat::JsonArray)?;
    let manifest = rows.manifest.clone();
    let columns = manifest
        .schema
        .as_ref()
        .and_then(|schema| schema.columns.as_deref());
    let columns = columns.unwrap_or_default();
    if columns.is_empty() {
        return Err(nothing(&rows.statement_id, NO_QUERY));
    }
    let encoder = Encoder::new(
        target.format,
        columns.iter().map(|column| {
            let name = column.name.as_deref().unwrap_or_default();
            (name, column.type_text.as_deref().unwrap_or_default())
        }),
    );
    let mut sink = Sink::new(target).await?;
    let mut bytes = encoder.header();
    let (mut size, mut count) = (0_u64, 0_u64);
    let mut preview: Vec<Row> = Vec::new();
    while let Some(some) = rows.next().await? {
        for row in some {
            encoder.row(&row, &mut bytes);
            count += 1;
            if preview.len() < PREVIEW {
                preview.push(row);
            }
            if bytes.len() >= PIECE {
                meter.add(bytes.len());
                size += bytes.len() as u64;
                sink = sink.write(std::mem::take(&mut bytes)).await?;
            }
        }
    }
    meter.add(bytes.len());
    size += bytes.len() as u64;
    sink = sink.write(bytes).await?;
    are_all(&rows.statement_id, &manifest, count)?;
    sink.publish(context, target, size).await?;
    let saved = Saved {
        rows: count,
        size: Some(size),
        preview,
    };
    answer(&rows.statement_id, &manifest, &target.shown(), saved)
}

/// Passes if the rows of a statement that succeeded can still be read.
///
/// # Errors
/// The service has closed the result.
fn is_readable(response: &SqlStatementResponse) -> Result<(), Error> {
    let state = response
        .status
        .as_ref()
        .and_then(|status| status.state.as_ref());
    let has_rows = response.manifest.is_some() && response.result.is_some();
    if state != Some(&SqlStatementState::Closed) || has_rows {
        return Ok(());
    }
    let id = response.statement_id.as_deref().unwrap_or_default();
    Err(Error::Failed {
        what: format!("saving rows of statement {id}"),
        state: sql_page::CLOSED.to_owned(),
        message: "the statement succeeded, but the service has handed its rows over and closed the result, so \
                  that they can no longer be read and nothing was saved"
            .to_owned(),
        hint: Some(hints::result_gone()),
    })
}

/// Passes if as many rows came as the service has counted.
///
/// # Errors
/// Some are missing.
fn are_all(statement_id: &str, manifest: &SqlResultManifest, count: u64) -> Result<(), Error> {
    let promised = manifest.total_row_count.map(chunks::unsigned);
    match promised.filter(|promised| *promised != count) {
        None => Ok(()),
        Some(promised) => Err(Error::Failed {
            what: format!("statement {statement_id}"),
            state: "SUCCEEDED".to_owned(),
            message: format!(
                "{count} of its {} can be read here, so that nothing was saved",
                shape::counted(promised, "row")
            ),
            hint: Some("run the query again with execute_sql and `save_to`".to_owned()),
        }),
    }
}

/// Saves a result that comes as Arrow, without a look at its rows.
async fn save_arrow(
    context: &Context,
    response: SqlStatementResponse,
    target: &Target,
    meter: &Meter,
) -> Result<Answer, Error> {
    let mut rows: Rows<'_, Splicer> = Rows::of(context, response);
    rows.come_as(&SqlFormat::ArrowStream)?;
    let manifest = rows.manifest.clone();
    let mut sink = Sink::new(target).await?;
    let mut size = 0_u64;
    while let Some(bytes) = rows.next().await? {
        meter.add(bytes.len());
        size += bytes.len() as u64;
        sink = sink.write(bytes).await?;
    }
    if size == 0 {
        return Err(nothing(&rows.statement_id, NO_SCHEMA));
    }
    size += END.len() as u64;
    sink = sink.write(END.to_vec()).await?;
    sink.publish(context, target, size).await?;
    let saved = Saved {
        rows: manifest.total_row_count.map_or(0, chunks::unsigned),
        size: Some(size),
        preview: Vec::new(),
    };
    answer(&rows.statement_id, &manifest, &target.shown(), saved)
}

/// Saves a result that comes as Arrow, as Parquet.
#[cfg(feature = "parquet")]
async fn save_parquet(
    context: &Context,
    response: SqlStatementResponse,
    target: &Target,
    meter: &Meter,
) -> Result<Answer, Error> {
    let mut rows: Rows<'_, Splicer> = Rows::of(context, response);
    rows.come_as(&SqlFormat::ArrowStream)?;
    let manifest = rows.manifest.clone();
    let statement_id = rows.statement_id.clone();
    let failed = |message: String| Error::Failed {
        what: format!("statement {statement_id}"),
        state: "SUCCEEDED".to_owned(),
        message: format!("its rows cannot be written as Parquet: {message}"),
        hint: Some("a .csv takes any of them".to_owned()),
    };
    let mut sink = Sink::new(target).await?;
    let mut writer = parquet::Writer::new();
    let mut size = 0_u64;
    while let Some(bytes) = rows.next().await? {
        let taken = move || {
            let ready = writer.take(bytes);
            Ok((writer, ready))
        };
        let ready;
        (writer, ready) = blocking(taken).await?;
        let ready = ready.map_err(failed)?;
        meter.add(ready.len());
        size += ready.len() as u64;
        sink = sink.write(ready).await?;
    }
    let count = writer.rows();
    let Some(end) = writer.end().map_err(failed)? else {
        return Err(nothing(&statement_id, NO_SCHEMA));
    };
    size += end.len() as u64;
    sink = sink.write(end).await?;
    sink.publish(context, target, size).await?;
    let saved = Saved {
        rows: count,
        size: Some(size),
        preview: Vec::new(),
    };
    answer(&statement_id, &manifest, &target.shown(), saved)
}

/// What to do about a result of Arrow without a schema.
const NO_SCHEMA: &str = "a .csv has at least the names of the columns";

/// What to do about a statement that is no query.
const NO_QUERY: &str = "it need not run again; `save_to` is for queries";

/// The error of a result that has no rows and no columns.
fn nothing(statement_id: &str, way: &str) -> Error {
    Error::Failed {
        what: format!("statement {statement_id}"),
        state: "SUCCEEDED".to_owned(),
        message: "it returns no rows, so that nothing was saved".to_owned(),
        hint: Some(way.to_owned()),
    }
}

/// What was saved.
struct Saved {
    rows: u64,
    /// Bytes, of a file.
    size: Option<u64>,
    /// The first of the rows.
    preview: Vec<Row>,
}

/// The answer that tells where the rows are, and the first of them.
fn answer(
    statement_id: &str,
    manifest: &SqlResultManifest,
    place: &str,
    saved: Saved,
) -> Result<Answer, Error> {
    let Saved {
        rows,
        size,
        preview,
    } = saved;
    let unseen = preview.is_empty();
    let mut answer = sql_page::preview(statement_id, manifest, preview, PREVIEW_BYTES)?;
    let bytes = size.map_or_else(String::new, |size| {
        format!(", {},", shape::counted(size, "byte"))
    });
    let said = format!("Saved {}{bytes} to {place}", shape::counted(rows, "row"));
    answer.text = if unseen {
        said
    } else {
        format!("{said}\n{}", answer.text)
    };
    let by_service = manifest.truncated == Some(true);
    if by_service {
        answer.text.push_str(
            "\nNot the whole result: the service cut it. execute_sql with `save_to` gets all of it",
        );
    }
    if let Some(page) = answer.structured.as_object_mut() {
        if unseen {
            page.shift_remove("note");
            page.insert("truncated".to_owned(), by_service.into());
        }
        page.insert("path".to_owned(), place.into());
        if let Some(size) = size {
            page.insert("bytes".to_owned(), size.into());
        }
        page.insert("total_rows".to_owned(), Value::from(rows));
    }
    Ok(answer)
}
