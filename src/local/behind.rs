//! A draft that is written on a thread for that while more bytes come, with two buffers whatever its size.

use tokio::task::{JoinHandle, spawn_blocking};

use super::draft::Draft;
use crate::error::Error;

/// Bytes that are written at once.
const PIECE: usize = 1 << 20;

/// What the writing thread gives back: the draft, and the buffer that it has written.
type Written = Result<(Draft, Vec<u8>), Error>;

/// A draft and the bytes that are still to be written to it.
#[derive(Debug)]
pub struct Behind {
    filling: Vec<u8>,
    /// None once the disk has refused.
    writing: Option<JoinHandle<Written>>,
}

impl Behind {
    /// Writes to this draft.
    #[must_use]
    pub fn new(draft: Draft) -> Self {
        Self {
            filling: Vec::with_capacity(PIECE),
            writing: Some(spawn_blocking(|| Ok((draft, Vec::new())))),
        }
    }

    /// Appends bytes. Waits where the disk is slower than what the bytes come from.
    ///
    /// # Errors
    /// The disk refused bytes of before; then the draft is gone.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.filling.len() + bytes.len() > PIECE {
            self.flush().await?;
        }
        self.filling.extend_from_slice(bytes);
        Ok(())
    }

    /// The draft, once all that was written is in it.
    ///
    /// # Errors
    /// The disk refuses; then the draft is gone.
    pub async fn end(mut self) -> Result<Draft, Error> {
        self.flush().await?;
        self.settled().await.map(|(draft, _)| draft)
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let (mut draft, mut spare) = self.settled().await?;
        spare.reserve(PIECE);
        let mut bytes = std::mem::replace(&mut self.filling, spare);
        self.writing = Some(spawn_blocking(move || {
            draft.write(&bytes)?;
            bytes.clear();
            Ok((draft, bytes))
        }));
        Ok(())
    }

    async fn settled(&mut self) -> Written {
        let failed = |reason: String| Err(Error::Internal { reason });
        match self.writing.take() {
            Some(writing) => writing
                .await
                .unwrap_or_else(|error| failed(error.to_string())),
            None => failed("the draft is gone".to_owned()),
        }
    }
}
