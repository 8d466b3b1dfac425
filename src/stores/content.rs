//! The bytes to write: a file of this machine or of a store, or bytes that are here already.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use super::reading::Reader;
use super::remote::Remote;
use crate::context::Context;
use crate::error::Error;
use crate::local::{Place, Source};

/// Content of a known size that can be read at any place, more than once.
#[derive(Debug, Clone)]
pub enum Content {
    /// In memory.
    Bytes(Arc<[u8]>),
    /// In a file of this machine.
    File {
        /// The open file.
        file: Arc<Mutex<File>>,
        /// Its size when it was opened.
        size: u64,
        /// Its path, for messages.
        path: String,
    },
    /// In a store, read as it is needed.
    Remote {
        /// The call that reads it.
        context: Arc<Context>,
        /// The file.
        remote: Remote,
        /// Its size when it was looked at.
        size: u64,
    },
}

impl Content {
    /// The content of a local file.
    #[must_use]
    pub fn of(place: &Place, source: Source) -> Self {
        Self::File {
            size: source.size,
            file: Arc::new(Mutex::new(source.file)),
            path: place.path().display().to_string(),
        }
    }

    /// The name of the file that it is read from.
    #[must_use]
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Bytes(_) => None,
            Self::File { path, .. } => path.rsplit(['/', '\\']).next(),
            Self::Remote { remote, .. } => Some(remote.name()),
        }
    }

    /// Bytes in all.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { size, .. } | Self::Remote { size, .. } => *size,
        }
    }

    /// The bytes from `from` on, `length` of them, or fewer at the end.
    ///
    /// # Errors
    /// The file cannot be read, or has become shorter since.
    pub async fn part(&self, from: u64, length: usize) -> Result<Vec<u8>, Error> {
        let wanted = usize::try_from(self.size().saturating_sub(from)).unwrap_or(usize::MAX);
        let length = length.min(wanted);
        match self {
            Self::Bytes(bytes) => {
                let from = usize::try_from(from).unwrap_or(usize::MAX);
                let part = bytes.get(from..).and_then(|rest| rest.get(..length));
                Ok(part.unwrap_or_default().to_vec())
            }
            Self::Remote {
                context, remote, ..
            } => {
                let mut reader = Reader::new(context, remote, from);
                let mut bytes = Vec::with_capacity(length);
                while bytes.len() < length {
                    match reader.piece().await? {
                        Some(piece) => bytes.extend_from_slice(&piece),
                        None => {
                            return Err(Error::Failed {
                                what: format!("reading `{}`", remote.shown()),
                                state: "changed".to_owned(),
                                message: "it became shorter in the meantime".to_owned(),
                                hint: Some("begin again".to_owned()),
                            });
                        }
                    }
                }
                bytes.truncate(length);
                Ok(bytes)
            }
            Self::File { file, path, .. } => {
                let file = Arc::clone(file);
                // Allocated here, since each thread of the allocator's keeps what it once had.
                let bytes = vec![0; length];
                let read = tokio::task::spawn_blocking(move || read_at(&file, from, bytes)).await;
                let read = read.unwrap_or_else(|_| Err(std::io::Error::other("the reader died")));
                read.map_err(|error| Error::Local {
                    path: path.clone(),
                    reason: match error.kind() {
                        std::io::ErrorKind::UnexpectedEof => {
                            "it became shorter while it was read".to_owned()
                        }
                        _ => error.to_string(),
                    },
                    hint: None,
                })
            }
        }
    }
}

fn read_at(file: &Mutex<File>, from: u64, mut bytes: Vec<u8>) -> std::io::Result<Vec<u8>> {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(from))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}
