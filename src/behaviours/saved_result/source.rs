//! The rows of a result from its first to its last, in constant memory, whether they come in the answer or by links.

use std::collections::VecDeque;

use databricks_client::types::{
    SqlExternalLink, SqlFormat, SqlResultData, SqlResultManifest, SqlStatementResponse,
};

use super::Row;
use super::splitter::Splitter;
use crate::behaviours::{links, statement};
use crate::context::Context;
use crate::error::Error;
use crate::transport::Incoming;

/// Attempts in a row to read a file that bring no row.
const IN_VAIN: u32 = 10;

/// A result that is read once, from its beginning.
pub(super) struct Rows<'a> {
    context: &'a Context,
    pub(super) statement_id: String,
    pub(super) manifest: SqlResultManifest,
    /// Rows that came in the answer.
    inline: Option<Vec<Row>>,
    /// The next chunk to ask for.
    next: Option<u64>,
    /// Files of the chunk that are still to be read.
    links: VecDeque<SqlExternalLink>,
    file: Option<File<'a>>,
}

/// A file behind a link, under way.
struct File<'a> {
    link: SqlExternalLink,
    incoming: Option<Incoming<'a>>,
    splitter: Splitter,
    /// Rows that were handed on.
    done: u64,
    /// Rows to pass over after a new start.
    skip: u64,
    in_vain: u32,
}

impl<'a> Rows<'a> {
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
        };
        rows.take(response.result.unwrap_or_default());
        rows
    }

    /// The next rows; none at the end.
    ///
    /// # Errors
    /// The service or its storage cannot be read, or the call was cancelled.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Row>>, Error> {
        loop {
            if self.context.cancel.is_cancelled() {
                let what = "the saving of the result".to_owned();
                return Err(Error::Cancelled { what });
            }
            if let Some(rows) = self.inline.take() {
                return Ok(Some(rows));
            }
            if let Some(file) = &mut self.file {
                match file.rows(self.context, &self.statement_id).await? {
                    Some(rows) => return Ok(Some(rows)),
                    None => self.file = None,
                }
            } else if let Some(link) = self.links.pop_front() {
                self.file = Some(File::behind(link));
            } else if let Some(next) = self.next.take() {
                let chunk = statement::chunk_n(self.context, &self.statement_id, next).await?;
                self.take(chunk);
                // A chunk that leads to itself or back would be read for ever.
                self.next = self.next.filter(|after| *after > next);
            } else {
                return Ok(None);
            }
        }
    }

    fn take(&mut self, mut chunk: SqlResultData) {
        self.next = statement::next_of(&chunk);
        self.links = chunk.external_links.take().unwrap_or_default().into();
        let rows = chunk.data_array.unwrap_or_default();
        self.inline = (!rows.is_empty()).then_some(rows);
    }

    /// Passes if the rows can be read here.
    ///
    /// # Errors
    /// They come in another format.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self
            .manifest
            .format
            .as_ref()
            .filter(|format| **format != SqlFormat::JsonArray)
        {
            None => Ok(()),
            Some(format) => Err(links::unreadable(format!(
                "its rows lie in files of the format {format}, and only JSON_ARRAY is read here"
            ))),
        }
    }
}

impl<'a> File<'a> {
    fn behind(link: SqlExternalLink) -> Self {
        Self {
            link,
            incoming: None,
            splitter: Splitter::default(),
            done: 0,
            skip: 0,
            in_vain: 0,
        }
    }

    /// The next rows of the file; none at its end. A connection that breaks and a link that has expired are followed by
    /// a fresh link, and the rows that were handed on already are passed over.
    async fn rows(&mut self, context: &'a Context, id: &str) -> Result<Option<Vec<Row>>, Error> {
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
                        return Err(statement::lost_rows(id, &error));
                    }
                    tracing::info!(request_id = %context.call.id, rows = self.done, "reading on by a fresh link");
                    self.renew(context, id).await?;
                }
            }
        }
    }

    async fn attempt(&mut self, context: &'a Context) -> Result<Vec<Row>, Error> {
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
                .rows(piece.as_ref())
                .map_err(links::unreadable),
            None => Err(Error::Unanswered {
                operation: links::OPERATION.to_owned(),
                reason: "the file ended in the middle".to_owned(),
                may_have_acted: false,
            }),
        }
    }

    /// Begins the file again by a fresh link.
    async fn renew(&mut self, context: &Context, id: &str) -> Result<(), Error> {
        self.incoming = None;
        self.splitter = Splitter::default();
        self.skip = self.done;
        let nth = self.link.chunk_index.map_or(0, statement::unsigned);
        let again = statement::chunk_n(context, id, nth).await?;
        let same = |one: &SqlExternalLink| one.row_offset == self.link.row_offset;
        let fresh = again.external_links.into_iter().flatten().find(same);
        if let Some(fresh) = fresh {
            self.link = fresh;
        }
        Ok(())
    }
}
