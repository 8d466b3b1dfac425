//! Reading a file from any place on, piece by piece; a connection that breaks is taken up where it broke.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf, Bytes};
use databricks_client::DbfsReadParams;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, HeaderValue, IF_UNMODIFIED_SINCE, LAST_MODIFIED, RANGE,
};
use http::{Method, StatusCode};
use reqwest::Request;

use super::pausing::pause;
use super::remote::{Remote, Store};
use crate::context::Context;
use crate::error::Error;
use crate::transport::{Incoming, typed_answer};

/// Most bytes of a block of DBFS, and of a file that is put there at once.
pub(super) const BLOCK: usize = 1 << 20;

/// Attempts in a row without a byte in between: ten connections may break.
const IN_VAIN: u32 = 11;

/// A file that is being read.
#[derive(Debug)]
pub struct Reader<'a> {
    context: &'a Context,
    remote: &'a Remote,
    /// The bytes before the next piece.
    at: u64,
    incoming: Option<Incoming<'a>>,
    /// The version that is read: a file that changes in between would be neither the old nor the new one.
    version: Option<HeaderValue>,
    /// Bytes to pass over, where the service begins at the start in spite of a range.
    skip: u64,
    broken: u32,
}

impl<'a> Reader<'a> {
    /// Reads from the byte at `from` on. Nothing is sent yet.
    #[must_use]
    pub fn new(context: &'a Context, remote: &'a Remote, from: u64) -> Self {
        Self {
            context,
            remote,
            at: from,
            incoming: None,
            version: None,
            skip: 0,
            broken: 0,
        }
    }

    /// The next piece; none at the end of the file.
    ///
    /// # Errors
    /// The service refuses, the connection breaks again and again, or the file changed in between.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        let piece = match self.remote.store {
            Store::Dbfs => self.block().await?,
            Store::Volume | Store::Workspace => self.streamed().await?,
        };
        self.at += piece.as_ref().map_or(0, Bytes::len) as u64;
        Ok(piece)
    }

    /// Bytes that the service has announced, where it does, once the first piece has come.
    #[must_use]
    pub fn expected(&self) -> Option<u64> {
        let headers = self.incoming.as_ref()?.headers();
        headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    async fn block(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            match self.block_once().await {
                Err(error @ Error::Unanswered { .. }) => {
                    self.broken += 1;
                    if self.broken >= IN_VAIN {
                        return Err(error);
                    }
                    pause(self.context).await.map_err(|()| error)?;
                }
                answered => {
                    self.broken = 0;
                    return answered;
                }
            }
        }
    }

    async fn block_once(&self) -> Result<Option<Bytes>, Error> {
        const OPERATION: &str = "dbfs.read";
        let params = DbfsReadParams {
            path: &self.remote.path,
            offset: i64::try_from(self.at).ok(),
            length: i64::try_from(BLOCK).ok(),
        };
        let called = self.context.client().dbfs_read(params).await;
        let data = typed_answer(OPERATION, called)?.data.unwrap_or_default();
        let bytes = STANDARD.decode(data).map_err(|error| Error::Answer {
            operation: OPERATION.to_owned(),
            reason: format!("its data is no base64: {error}"),
        })?;
        Ok((!bytes.is_empty()).then(|| bytes.into()))
    }

    async fn streamed(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let incoming = match &mut self.incoming {
                Some(incoming) => incoming,
                None => match self.open().await? {
                    Some(incoming) => self.incoming.insert(incoming),
                    None => return Ok(None),
                },
            };
            let error = match incoming.piece().await {
                Ok(None) => return Ok(None),
                Ok(Some(mut piece)) => {
                    let passed = self.skip.min(piece.len() as u64);
                    self.skip -= passed;
                    piece.advance(usize::try_from(passed).unwrap_or_default());
                    if piece.is_empty() {
                        continue;
                    }
                    self.broken = 0;
                    return Ok(Some(piece));
                }
                Err(error) => error,
            };
            self.incoming = None;
            self.broken += 1;
            if self.broken >= IN_VAIN || self.context.cancel.is_cancelled() {
                return Err(error);
            }
            tracing::info!(request_id = %self.context.call.id, at = self.at, "reading on after a broken connection");
            // The first is taken up at once.
            if self.broken > 1 {
                pause(self.context).await.map_err(|()| error)?;
            }
        }
    }

    /// The rest of the file under way; none if it ends here.
    async fn open(&mut self) -> Result<Option<Incoming<'a>>, Error> {
        let (operation, request) = self.request()?;
        let transport = &self.context.workspace.transport;
        let incoming = match transport
            .open(&self.context.call, operation, request, false)
            .await
        {
            Ok(incoming) => incoming,
            Err(Error::Api { status: 416, .. }) => return Ok(None),
            Err(Error::Api { status: 412, .. }) => {
                return Err(Error::Failed {
                    what: format!("reading `{}`", self.remote.shown()),
                    state: "changed".to_owned(),
                    message: "it was written by someone else in the meantime".to_owned(),
                    hint: Some("read it again".to_owned()),
                });
            }
            Err(error) => return Err(error),
        };
        let is_range = incoming.status() == StatusCode::PARTIAL_CONTENT;
        self.skip = if is_range { 0 } else { self.at };
        if self.version.is_none() {
            self.version = incoming.headers().get(LAST_MODIFIED).cloned();
        }
        Ok(Some(incoming))
    }

    fn request(&self) -> Result<(&'static str, Request), Error> {
        let mut url = self.context.workspace.transport.host().clone();
        let unusable = || Error::Internal {
            reason: "the host takes no path".to_owned(),
        };
        let operation = match self.remote.store {
            Store::Workspace => {
                url.set_path("/api/2.0/workspace/export");
                url.query_pairs_mut()
                    .append_pair("path", &self.remote.path)
                    .append_pair("format", "AUTO")
                    .append_pair("direct_download", "true");
                "workspace.export"
            }
            Store::Volume | Store::Dbfs => {
                let mut path = url.path_segments_mut().map_err(|()| unusable())?;
                path.clear().extend(["api", "2.0", "fs", "files"]);
                path.extend(self.remote.path.split('/').filter(|part| !part.is_empty()));
                "files.download"
            }
        };
        let mut request = Request::new(Method::GET, url);
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/octet-stream"));
        // Compressed bytes could not be taken up in the middle.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if self.at > 0
            && let Ok(range) = HeaderValue::from_str(&format!("bytes={}-", self.at))
        {
            headers.insert(RANGE, range);
        }
        if let Some(version) = &self.version {
            headers.insert(IF_UNMODIFIED_SINCE, version.clone());
        }
        Ok((operation, request))
    }
}
