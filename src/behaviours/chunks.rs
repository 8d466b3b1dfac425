//! The chunks of a result, in order and each once: inline, or in files behind links, some of them at the same time.

use std::pin::pin;

use databricks_client::StatementExecutionGetStatementResultChunkNParams;
use databricks_client::types::{SqlExternalLink, SqlFormat, SqlResultData, SqlResultManifest};
use futures_util::{Stream, StreamExt, stream};

use super::json_rows::{self, Row, Wanted};
use super::{links, statement};
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::progress::Share;
use crate::transport::typed_answer;

/// Files that are read at once.
const AT_ONCE: u64 = 4;
/// Bytes that the files which are read at once may hold together, by what the service says of them.
const AHEAD: u64 = 64 << 20;
/// Links that are asked for in place of one that does not serve, which most have expired.
const FRESH: u32 = 2;

/// A result to be read.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) context: &'a Context,
    pub(super) statement_id: &'a str,
    pub(super) manifest: &'a SqlResultManifest,
}

/// The rows that are wanted of a result.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) offset: u64,
    pub(super) rows: u64,
    /// Bytes of text after which no further row is needed.
    pub(super) bytes: usize,
}

/// The wanted rows of a part of a result.
#[derive(Debug)]
pub(super) enum Chunk {
    Inline(Vec<Row>),
    /// The texts of rows, one after the other: a fraction of what they take once they are read.
    Text(Vec<u8>),
}

impl Chunk {
    /// Reads the rows one by one.
    ///
    /// # Errors
    /// A row is no array of texts.
    pub(super) fn rows(&self) -> Box<dyn Iterator<Item = Result<Row, Error>> + Send + '_> {
        match self {
            Self::Inline(rows) => Box::new(rows.iter().cloned().map(Ok)),
            Self::Text(text) => {
                Box::new(json_rows::rows(text).map(|row| row.map_err(links::unreadable)))
            }
        }
    }
}

/// The chunks with the wanted rows, in order. `first` is the chunk that came with the statement's state.
///
/// As many are read ahead as the wanted rows take, within bounds; where the manifest does not tell that, none.
/// A link that has expired is asked for again.
pub(super) fn chunks<'a>(
    source: Source<'a>,
    first: SqlResultData,
    span: Span,
) -> impl Stream<Item = Result<Chunk, Error>> + Send + 'a {
    let begin = source.chunk_of(span.offset);
    let count = source.count();
    let first = (begin == 0).then_some(first);
    match count {
        Some(count) => {
            let at_once = source.at_once(begin, span);
            let parts = stream::iter(begin..count).scan(first, |first, nth| {
                std::future::ready(Some((nth, first.take())))
            });
            parts
                .map(move |(nth, given)| source.chunk(nth, given, span))
                .buffered(at_once)
                .left_stream()
        }
        None => source.followed(begin, first, span).right_stream(),
    }
}

/// Fetches the rows of the span, from as few chunks as hold them.
pub(super) async fn rows(
    source: Source<'_>,
    first: SqlResultData,
    span: Span,
) -> Result<Vec<Row>, Error> {
    let mut chunks = pin!(chunks(source, first, span));
    let wanted = usize::try_from(span.rows).unwrap_or(usize::MAX);
    let (mut rows, mut bytes) = (Vec::new(), 0);
    let (mut read, total) = (0, source.chunks_with(span));
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        read += 1;
        if total > 1 {
            let said = format!(
                "{read} of {total} chunks: statement {}",
                source.statement_id
            );
            let share = Share::of(read, total.max(read));
            source.context.progress.report(said, share).await;
        }
        for row in chunk.rows() {
            let row = row?;
            if rows.len() >= wanted || bytes >= span.bytes {
                return Ok(rows);
            }
            bytes += row.iter().flatten().map(String::len).sum::<usize>();
            rows.push(row);
        }
        if rows.len() >= wanted || bytes >= span.bytes {
            break;
        }
    }
    Ok(rows)
}

impl<'a> Source<'a> {
    /// Chunk `nth`, where it is known that there is one.
    async fn chunk(
        self,
        nth: u64,
        given: Option<SqlResultData>,
        span: Span,
    ) -> Result<Chunk, Error> {
        let data = match given {
            Some(data) => data,
            None => self.ask(nth).await?,
        };
        let links = data.external_links.iter().flatten();
        let of_it =
            links.filter(|link| link.chunk_index.is_none_or(|index| unsigned(index) == nth));
        let of_it = of_it.cloned().collect();
        self.wanted(data, of_it, span).await
    }

    /// Chunks of which each tells the next.
    fn followed(
        self,
        begin: u64,
        first: Option<SqlResultData>,
        span: Span,
    ) -> impl Stream<Item = Result<Chunk, Error>> + Send + 'a {
        stream::try_unfold(Some((begin, first)), move |at| async move {
            let Some((nth, given)) = at else {
                return Ok(None);
            };
            let data = match given {
                Some(data) => data,
                None => self.ask(nth).await?,
            };
            // A chunk that leads to itself or back would be read for ever.
            let next = next_of(&data).filter(|next| *next > nth);
            let links = data.external_links.clone().unwrap_or_default();
            let chunk = self.wanted(data, links, span).await?;
            Ok(Some((chunk, next.map(|next| (next, None)))))
        })
    }

    /// The wanted rows of a chunk, from the answer or from the files that it links to. A link to rows that are not
    /// wanted is not followed.
    async fn wanted(
        self,
        data: SqlResultData,
        links: Vec<SqlExternalLink>,
        span: Span,
    ) -> Result<Chunk, Error> {
        if links.is_empty() {
            let count = usize::try_from(span.rows).unwrap_or(usize::MAX);
            return Ok(Chunk::Inline(rows_of(data, span.offset, count)));
        }
        let mut text = Vec::new();
        for link in links {
            let start = link.row_offset.map_or(0, unsigned);
            let end = link.row_count.map(|count| start + unsigned(count));
            if end.is_some_and(|end| end <= span.offset) || text.len() >= span.bytes {
                continue;
            }
            let wanted = Wanted {
                skip: span.offset.saturating_sub(start),
                // Rows of the chunks before are among those that are wanted.
                rows: span.rows.saturating_sub(start.saturating_sub(span.offset)),
                bytes: span.bytes,
            };
            if wanted.rows > 0 {
                text.append(&mut self.file(link, wanted).await?);
            }
        }
        Ok(Chunk::Text(text))
    }

    /// The wanted rows of a file. A link that does not serve, or whose file breaks off, is asked for again.
    async fn file(self, mut link: SqlExternalLink, wanted: Wanted) -> Result<Vec<u8>, Error> {
        let format: Option<&SqlFormat> = self.manifest.format.as_ref();
        let mut asked = 0;
        loop {
            let read = links::read(self.context, &link, format, wanted).await;
            let again = matches!(read, Err(Error::Api { .. } | Error::Unanswered { .. }));
            if !again || asked == FRESH {
                return read.map_err(|error| lost_rows(self.statement_id, error));
            }
            asked += 1;
            let nth = link.chunk_index.map_or(0, unsigned);
            let links = self.ask(nth).await?.external_links.unwrap_or_default();
            let same = |one: &SqlExternalLink| one.row_offset == link.row_offset;
            if let Some(fresh) = links.into_iter().find(same) {
                link = fresh;
            }
        }
    }

    async fn ask(self, nth: u64) -> Result<SqlResultData, Error> {
        chunk_n(self.context, self.statement_id, nth).await
    }

    /// The number of chunks, where the manifest tells it.
    fn count(self) -> Option<u64> {
        let told = self.manifest.total_chunk_count.map(unsigned);
        told.filter(|count| *count > 0)
    }

    /// The chunk that holds the row, as far as the manifest lists its chunks.
    fn chunk_of(self, row: u64) -> u64 {
        let chunks = self.manifest.chunks.iter().flatten();
        chunks
            .filter(|chunk| chunk.row_offset.is_some_and(|start| unsigned(start) <= row))
            .filter_map(|chunk| chunk.chunk_index.map(unsigned))
            .max()
            .unwrap_or(0)
    }

    /// The number of chunks that hold these rows, as far as the manifest lists them.
    fn chunks_with(self, span: Span) -> u64 {
        let last = span.offset.saturating_add(span.rows).saturating_sub(1);
        self.chunk_of(last)
            .saturating_sub(self.chunk_of(span.offset))
            + 1
    }

    /// Chunks to read at once: those that the wanted rows take, four at most, and fewer of large ones.
    fn at_once(self, begin: u64, span: Span) -> usize {
        let from = |chunk: u64| {
            let chunks = self.manifest.chunks.iter().flatten();
            chunks.filter(move |one| one.chunk_index.map(unsigned) >= Some(chunk))
        };
        let (mut needed, mut bytes, mut largest) = (0, 0, 1);
        for chunk in from(begin) {
            let (Some(start), Some(size)) = (chunk.row_offset, chunk.byte_count) else {
                break;
            };
            if unsigned(start) >= span.offset.saturating_add(span.rows)
                || bytes >= span.bytes as u64
            {
                break;
            }
            needed += 1;
            bytes += unsigned(size);
            largest = largest.max(unsigned(size));
        }
        let most = AT_ONCE.min(AHEAD / largest).min(needed).max(1);
        usize::try_from(most).unwrap_or(1)
    }
}

/// Asks for one chunk of a result.
///
/// # Errors
/// The service has the result no longer, or refuses.
pub(super) async fn chunk_n(
    context: &Context,
    statement_id: &str,
    nth: u64,
) -> Result<SqlResultData, Error> {
    let client = context.client();
    let called = client.statement_execution_get_statement_result_chunk_n(
        StatementExecutionGetStatementResultChunkNParams {
            statement_id,
            chunk_index: nth.cast_signed(),
        },
    );
    let operation = "statement_execution.get_statement_result_chunk_n";
    typed_answer(operation, called.await).map_err(|error| match error {
        Error::Api { status: 404, .. } => gone(statement_id, &error),
        _ => statement::lost(statement_id, &error),
    })
}

/// The chunk that follows, which a link may tell in place of its chunk.
pub(super) fn next_of(chunk: &SqlResultData) -> Option<u64> {
    let links = chunk.external_links.iter().flatten();
    let told = links.rev().find_map(|link| link.next_chunk_index);
    chunk.next_chunk_index.or(told).map(unsigned)
}

/// The rows `offset..` of the result that a chunk holds, `count` at most.
pub(super) fn rows_of(chunk: SqlResultData, offset: u64, count: usize) -> Vec<Row> {
    let start = chunk.row_offset.map_or(0, unsigned);
    let rows = (start..).zip(chunk.data_array.unwrap_or_default());
    let rows = rows.filter(|(number, _)| *number >= offset);
    rows.map(|(_, row)| row).take(count).collect()
}

/// A count, which is never negative; one that is counts as none.
pub(super) fn unsigned(count: impl Into<i64>) -> u64 {
    u64::try_from(count.into()).unwrap_or(0)
}

/// The error when the service no longer has a result, some time after the end of its statement.
fn gone(statement_id: &str, error: &Error) -> Error {
    Error::Failed {
        what: format!("statement {statement_id}"),
        state: "SUCCEEDED".to_owned(),
        message: format!("its result has expired: {error}"),
        hint: Some(hints::result_gone()),
    }
}

/// The error when a statement succeeded and its rows cannot be read.
pub(super) fn lost_rows(statement_id: &str, error: Error) -> Error {
    if matches!(error, Error::Cancelled { .. }) {
        return error;
    }
    Error::Failed {
        what: format!("statement {statement_id}"),
        state: "SUCCEEDED".to_owned(),
        message: format!("its rows cannot be read: {error}"),
        hint: Some(format!(
            "the statement need not run again: get_statement reads its rows, {{\"statement_id\":\"{statement_id}\"}}; \
             rows behind links need a way from this machine to the workspace's storage"
        )),
    }
}

#[cfg(test)]
#[path = "chunks_tests.rs"]
mod tests;
