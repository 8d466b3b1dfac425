//! The rows of a result from its first to its last, in constant memory, whether they come in the answer or by links.

use std::collections::VecDeque;

use databricks_client::types::{
    SqlExternalLink, SqlFormat, SqlResultData, SqlResultManifest, SqlStatementResponse,
};

use super::Row;
use crate::behaviours::{chunks, links};
use crate::context::Context;
use crate::error::Error;
use crate::transport::Incoming;

/// Attempts in a row to read a file that bring no row.
const IN_VAIN: u32 = 10;

/// A way to take the files of a result apart as their bytes come.
pub(super) trait Split: Send {
    /// A row, or a byte where the rows need not be known.
    type Part: Send;

    /// For the file that is the `nth` of the result.
    fn nth(nth: usize) -> Self;

    /// The parts that rows in the answer itself come to.
    fn inline(rows: Vec<Row>) -> Vec<Self::Part>;

    /// True once the file has ended.
    fn is_whole(&self) -> bool;

    /// The parts that end in this piece.
    ///
    /// # Errors
    /// The reason why the file is not of its format.
    fn take(&mut self, piece: &[u8]) -> Result<Vec<Self::Part>, String>;

    /// The parts that are left at the end of the file.
    ///
    /// # Errors
    /// The file has ended too early.
    fn end(&mut self) -> Result<Vec<Self::Part>, String>;
}

/// A result that is read once, from its beginning.
pub(super) struct Rows<'a, S> {
    context: &'a Context,
    pub(super) statement_id: String,
    pub(super) manifest: SqlResultManifest,
    /// Rows that came in the answer.
    inline: Option<Vec<Row>>,
    /// The next chunk to ask for.
    next: Option<u64>,
    /// Files of the chunk that are still to be read.
    links: VecDeque<SqlExternalLink>,
    file: Option<File<'a, S>>,
    /// Files that were begun.
    files: usize,
}

/// A file behind a link, under way.
struct File<'a, S> {
    nth: usize,
    link: SqlExternalLink,
    incoming: Option<Incoming<'a>>,
    splitter: S,
    /// Rows that were handed on.
    done: u64,
    /// Rows to pass over after a new start.
    skip: u64,
    in_vain: u32,
}

impl<'a, S: Split> Rows<'a, S> {
    /// The rows of a statement that succeeded.
    pub(super) fn of(context: &'a Context, response: SqlStatementResponse) -> Self {
        let mut rows = Self {
            context,
            statement_id: response.statement_id.unwrap_or_default(),
            manifest: response.manifest.unwrap_or_default(),
            inline: None,
            next: None,
            links: VecDeque::new(),
            file: None,
            files: 0,
        };
        rows.take(response.result.unwrap_or_default());
        rows
    }

    /// The next rows; none at the end.
    ///
    /// # Errors
    /// The service or its storage cannot be read, or the call was cancelled.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<S::Part>>, Error> {
        loop {
            if self.context.cancel.is_cancelled() {
                let what = "the saving of the result".to_owned();
                return Err(Error::Cancelled { what });
            }
            if let Some(rows) = self.inline.take() {
                return Ok(Some(S::inline(rows)));
            }
            if let Some(file) = &mut self.file {
                let rows = tokio::select! {
                    biased;
                    () = self.context.cancel.cancelled() => continue,
                    rows = file.rows(self.context, &self.statement_id) => rows,
                };
                match rows? {
                    Some(rows) => return Ok(Some(rows)),
                    None => self.file = None,
                }
            } else if let Some(link) = self.links.pop_front() {
                self.file = Some(File::behind(link, self.files));
                self.files += 1;
            } else if let Some(next) = self.next.take() {
                let chunk = chunks::chunk_n(self.context, &self.statement_id, next).await?;
                self.take(chunk);
                // A chunk that leads to itself or back would be read for ever.
                self.next = self.next.filter(|after| *after > next);
            } else {
                return Ok(None);
            }
        }
    }

    fn take(&mut self, mut chunk: SqlResultData) {
        self.next = chunks::next_of(&chunk);
        self.links = chunk.external_links.take().unwrap_or_default().into();
        let rows = chunk.data_array.unwrap_or_default();
        self.inline = (!rows.is_empty()).then_some(rows);
    }

    /// Passes if the rows come in this format.
    ///
    /// # Errors
    /// They come in another one.
    pub(super) fn come_as(&self, wanted: &SqlFormat) -> Result<(), Error> {
        let format = self.manifest.format.as_ref();
        match format.unwrap_or(&SqlFormat::JsonArray) {
            format if format == wanted => Ok(()),
            format => Err(links::unreadable(format!(
                "its rows come in the format {format}, and {wanted} is needed: run the query again with execute_sql and \
                 `save_to`"
            ))),
        }
    }
}

impl<'a, S: Split> File<'a, S> {
    fn behind(link: SqlExternalLink, nth: usize) -> Self {
        Self {
            nth,
            link,
            incoming: None,
            splitter: S::nth(nth),
            done: 0,
            skip: 0,
            in_vain: 0,
        }
    }

    /// The next rows of the file; none at its end. A connection that breaks and a link that has expired are followed by
    /// a fresh link, and the rows that were handed on already are passed over.
    async fn rows(
        &mut self,
        context: &'a Context,
        id: &str,
    ) -> Result<Option<Vec<S::Part>>, Error> {
        loop {
            if self.splitter.is_whole() {
                return Ok(None);
            }
            match self.attempt(context).await {
                Ok(mut rows) => {
                    let passed = usize::try_from(self.skip)
                        .unwrap_or(usize::MAX)
                        .min(rows.len());
                    self.skip -= passed as u64;
                    rows.drain(..passed);
                    if !rows.is_empty() {
                        self.done += rows.len() as u64;
                        self.in_vain = 0;
                        return Ok(Some(rows));
                    }
                }
                Err(error) => {
                    self.in_vain += 1;
                    let is_lasting =
                        matches!(error, Error::Answer { .. } | Error::Cancelled { .. });
                    if is_lasting || self.in_vain >= IN_VAIN || context.cancel.is_cancelled() {
                        return Err(chunks::lost_rows(id, error));
                    }
                    tracing::info!(request_id = %context.call.id, rows = self.done, "reading on by a fresh link");
                    self.renew(context, id).await?;
                }
            }
        }
    }

    async fn attempt(&mut self, context: &'a Context) -> Result<Vec<S::Part>, Error> {
        let incoming = match &mut self.incoming {
            Some(incoming) => incoming,
            None => {
                let request = links::request(context, &self.link)?;
                let transport = &context.workspace.transport;
                let call = &context.call;
                let opened = transport
                    .open(call, links::OPERATION, request, true)
                    .await?;
                self.incoming.insert(opened)
            }
        };
        match incoming.piece().await? {
            Some(piece) => self
                .splitter
                .take(piece.as_ref())
                .map_err(links::unreadable),
            None => self.splitter.end().map_err(|reason| Error::Unanswered {
                operation: links::OPERATION.to_owned(),
                reason,
                may_have_acted: false,
            }),
        }
    }

    /// Begins the file again by a fresh link.
    async fn renew(&mut self, context: &Context, id: &str) -> Result<(), Error> {
        self.incoming = None;
        self.splitter = S::nth(self.nth);
        self.skip = self.done;
        let nth = self.link.chunk_index.map_or(0, chunks::unsigned);
        let again = chunks::chunk_n(context, id, nth).await?;
        let same = |one: &SqlExternalLink| one.row_offset == self.link.row_offset;
        let fresh = again.external_links.into_iter().flatten().find(same);
        if let Some(fresh) = fresh {
            self.link = fresh;
        }
        Ok(())
    }
}
