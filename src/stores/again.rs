//! Writes whose answer was lost: sent again only where that is known to do no harm.

use std::sync::Arc;

use super::Stat;
use super::content::Content;
use super::pausing::pause;
use super::reading::Reader;
use super::refused::{is_missing, is_taken, may_have_acted};
use super::remote::Remote;
use crate::context::Context;
use crate::error::Error;
use crate::transfers::Meter;

/// Times that a file is sent: ten connections may break on the way.
const SENDS: u32 = 12;

/// A file that one request writes.
pub(super) struct Writing<'a> {
    pub(super) context: &'a Context,
    pub(super) at: &'a Remote,
    pub(super) content: &'a Content,
    /// It may replace what is there, and so may go again whatever became of it.
    pub(super) overwrite: bool,
    /// It is not too large to go again.
    pub(super) may_go_again: bool,
    pub(super) meter: &'a Arc<Meter>,
}

impl Writing<'_> {
    /// Sends the file until it is known what became of it. What must not replace may be there by a request whose answer
    /// was lost: it is looked at before it is sent again or refused.
    ///
    /// # Errors
    /// The service refuses, or nobody knows.
    pub(super) async fn until_known<S, L>(
        &self,
        send: impl Fn(Arc<Meter>) -> S,
        look: impl Fn() -> L,
    ) -> Result<(), Error>
    where
        S: Future<Output = Result<(), Error>>,
        L: Future<Output = Result<Stat, Error>>,
    {
        let (mut unclear, mut sends) = (false, 0);
        loop {
            // What is sent again has been counted.
            let meter = match sends {
                0 => Arc::clone(self.meter),
                _ => Arc::default(),
            };
            sends += 1;
            let Err(error) = send(meter).await else {
                return Ok(());
            };
            let lost = may_have_acted(&error);
            unclear |= lost;
            if !unclear || !(lost || is_taken(&error)) {
                return Err(error);
            }
            let goes_again = if self.overwrite {
                lost
            } else {
                match self.is_there(look().await).await {
                    Ok(true) => {
                        tracing::info!(request_id = %self.context.call.id, "the answer was lost, and the file is there as sent");
                        return Ok(());
                    }
                    Err(missing) => is_missing(&missing),
                    Ok(false) => false,
                }
            };
            if !goes_again || sends >= SENDS || !self.may_go_again {
                return Err(error);
            }
            pause(self.context).await.map_err(|()| error)?;
        }
    }

    /// Returns whether a file is there that holds exactly this.
    async fn is_there(&self, found: Result<Stat, Error>) -> Result<bool, Error> {
        if found?.size != Some(self.content.size()) {
            return Ok(false);
        }
        let mut reader = Reader::new(self.context, self.at, 0);
        let mut at = 0;
        while let Some(piece) = reader.piece().await? {
            if self.content.part(at, piece.len()).await? != piece {
                return Ok(false);
            }
            at += piece.len() as u64;
        }
        Ok(at == self.content.size())
    }
}
