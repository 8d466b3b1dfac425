//! Uploads to a volume in parts: each goes to a presigned URL of its own, several at a time, and is sent again alone.
//!
//! The calls are those of the official SDK, databricks-sdk 0.162.0 `mixins/files.py`: `initiate-upload`, URLs for the
//! parts, `complete-upload`, and `abort-upload` if it comes to nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use databricks_client::FilesUploadSessionParams;
use databricks_client::types::{
    FilesCreateUploadPartUrlsRequest, FilesCreateUploadPartUrlsResponseUploadPartUrlsItem,
    FilesUploadSessionRequest, FilesUploadSessionRequestPartsItem,
};
use futures_util::TryStreamExt;
use futures_util::stream::FuturesOrdered;
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, ETAG, HOST, HeaderName, HeaderValue,
};
use jiff::Timestamp;
use reqwest::{Method, Request};

use super::content::Content;
use super::refused::{is_missing, may_have_acted};
use crate::context::Context;
use crate::error::Error;
use crate::transfers::Meter;
use crate::transport::typed_answer;

const SESSION: &str = "files.upload_session";
const URLS: &str = "files.create_upload_part_urls";

/// The smallest part that every cloud takes, but for the last.
const SMALLEST: u64 = 5 << 20;

/// Most parts that every cloud takes.
const MOST: u64 = 10_000;

/// Parts that are on their way at once; each is held in memory.
const AT_ONCE: usize = 3;

/// The time for which a part's URL is to be good.
const GOOD_FOR: Duration = Duration::from_secs(3600);

/// URLs that are asked for at once, for parts that follow each other.
const URLS_AT_ONCE: u64 = 8;

/// URLs that are asked for, one after the other, for a part whose URL does not let it in any more.
const URLS_OF_A_PART: usize = 3;

/// Writes the content in parts. False if this workspace takes none; then nothing was written.
pub(super) async fn write(
    context: &Context,
    path: &str,
    content: &Content,
    overwrite: bool,
    meter: &Arc<Meter>,
) -> Result<bool, Error> {
    let Some(token) = initiate(context, path, overwrite).await? else {
        return Ok(false);
    };
    let upload = Upload {
        context,
        path,
        token: &token,
        content,
        meter,
        spare: Arc::default(),
    };
    let sent = tokio::select! {
        biased;
        () = context.cancel.cancelled() => Err(Error::Cancelled { what: format!("the upload of `{path}`") }),
        sent = upload.parts() => sent,
    };
    // What completes the upload is never dropped on its way: whether the file is there would be left to chance.
    let completed = match sent {
        Ok(parts) => upload.complete(parts).await,
        Err(error) => Err(error),
    };
    let Err(error) = completed else {
        return Ok(true);
    };
    match upload.abort().await {
        Ok(()) => Err(error),
        // No such upload any more: the one whose answer was lost may have been completed.
        Err(gone) if is_missing(&gone) => {
            if may_have_acted(&error) && upload.is_whole().await {
                return Ok(true);
            }
            Err(error)
        }
        Err(remains) => Err(Error::Failed {
            what: format!("the upload of `{path}`"),
            state: "incomplete".to_owned(),
            message: error.to_string(),
            hint: Some(format!(
                "parts that were sent may remain in the storage until it expires them, for they could not be removed: {remains}"
            )),
        }),
    }
}

/// The token of a new upload; none where the workspace takes no parts.
async fn initiate(context: &Context, path: &str, overwrite: bool) -> Result<Option<String>, Error> {
    let params = FilesUploadSessionParams {
        file_path: path,
        action: "initiate-upload",
        overwrite: Some(overwrite),
        session_token: None,
        upload_type: None,
    };
    let body = FilesUploadSessionRequest::default();
    let called = context.client().files_upload_session(params, &body).await;
    match typed_answer(SESSION, called) {
        Ok(answer) => Ok(answer
            .multipart_upload
            .and_then(|upload| upload.session_token)),
        Err(Error::Api {
            status: 400 | 403 | 404 | 405 | 501,
            ref code,
            ..
        }) if code != "PERMISSION_DENIED"
            && code != "NOT_FOUND"
            && !code.ends_with("EXIST")
            && !code.ends_with("EXISTS") =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Parts are counted from 1.
fn number_of(index: u64) -> i64 {
    i64::try_from(index + 1).unwrap_or(i64::MAX)
}

struct Upload<'a> {
    context: &'a Context,
    path: &'a str,
    token: &'a str,
    content: &'a Content,
    meter: &'a Arc<Meter>,
    spare: Spare,
}

/// Buffers of parts that are sent.
type Spare = Arc<Mutex<Vec<Vec<u8>>>>;

fn lock(spare: &Spare) -> MutexGuard<'_, Vec<Vec<u8>>> {
    spare.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The bytes of a part, whose buffer the next part takes once this one is sent.
struct Lent {
    bytes: Vec<u8>,
    spare: Spare,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        lock(&self.spare).push(std::mem::take(&mut self.bytes));
    }
}

impl Upload<'_> {
    async fn parts(&self) -> Result<Vec<FilesUploadSessionRequestPartsItem>, Error> {
        let size = self.content.size();
        let of_a_part = SMALLEST.max(size.div_ceil(MOST));
        let count = size.div_ceil(of_a_part);
        let mut given = Vec::new().into_iter();
        let (mut sending, mut sent) = (FuturesOrdered::new(), Vec::new());
        for index in 0..count {
            if index % URLS_AT_ONCE == 0 {
                let urls = (count - index).min(URLS_AT_ONCE);
                given = self.requests(index, urls).await?.into_iter();
            }
            if sending.len() == AT_ONCE {
                sent.extend(sending.try_next().await?);
            }
            sending.push_back(self.part(index, of_a_part, given.next()));
        }
        while let Some(part) = sending.try_next().await? {
            sent.push(part);
        }
        Ok(sent)
    }

    async fn complete(&self, parts: Vec<FilesUploadSessionRequestPartsItem>) -> Result<(), Error> {
        let params = FilesUploadSessionParams {
            file_path: self.path,
            action: "complete-upload",
            overwrite: None,
            session_token: Some(self.token),
            upload_type: Some("multipart"),
        };
        let body = FilesUploadSessionRequest { parts: Some(parts) };
        let called = self
            .context
            .client()
            .files_upload_session(params, &body)
            .await;
        typed_answer(SESSION, called).map(|_| ())
    }

    async fn part(
        &self,
        index: u64,
        size: u64,
        request: Option<Request>,
    ) -> Result<FilesUploadSessionRequestPartsItem, Error> {
        let number = number_of(index);
        let length = usize::try_from(size).unwrap_or(usize::MAX);
        let buffer = lock(&self.spare).pop().unwrap_or_default();
        let bytes = Bytes::from_owner(Lent {
            bytes: self.content.part_in(buffer, index * size, length).await?,
            spare: Arc::clone(&self.spare),
        });
        let mut request = match request {
            Some(request) => request,
            None => self.another(index).await?,
        };
        let mut urls = 0;
        loop {
            urls += 1;
            *request.body_mut() = Some(bytes.clone().into());
            let transport = &self.context.workspace.transport;
            let sent = transport
                .send_presigned(&self.context.call, SESSION, request)
                .await;
            match sent {
                Ok(reply) => {
                    self.meter.add(bytes.len());
                    let etag = reply.headers.get(ETAG).and_then(|etag| etag.to_str().ok());
                    return Ok(FilesUploadSessionRequestPartsItem {
                        etag: etag.map(str::to_owned),
                        part_number: Some(number),
                    });
                }
                // How clouds say that a URL has expired.
                Err(Error::Api {
                    status: 400 | 401 | 403,
                    ..
                }) if urls < URLS_OF_A_PART => {
                    request = self.another(index).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A request that sends this part, without its body.
    async fn another(&self, index: u64) -> Result<Request, Error> {
        let request = self.requests(index, 1).await?.into_iter().next();
        request.ok_or_else(|| Error::Answer {
            operation: URLS.to_owned(),
            reason: "it holds no URL".to_owned(),
        })
    }

    /// The requests that send these parts, without their bodies; fewer if the service gives fewer URLs.
    async fn requests(&self, first: u64, count: u64) -> Result<Vec<Request>, Error> {
        let unreadable = |reason: String| Error::Answer {
            operation: URLS.to_owned(),
            reason,
        };
        let expires = Timestamp::now()
            .saturating_add(GOOD_FOR)
            .unwrap_or(Timestamp::MAX);
        let body = FilesCreateUploadPartUrlsRequest {
            path: self.path.to_owned(),
            session_token: self.token.to_owned(),
            start_part_number: number_of(first),
            count: i64::try_from(count).unwrap_or(i64::MAX),
            expire_time: expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        };
        let called = self
            .context
            .client()
            .files_create_upload_part_urls(&body)
            .await;
        let answer = typed_answer(URLS, called)?;
        let given = answer.upload_part_urls.into_iter().flatten();
        let requests = given.take(usize::try_from(count).unwrap_or(usize::MAX));
        let requests = requests.map(|given| self.request(given).map_err(unreadable));
        requests.collect()
    }

    /// The request to a presigned URL, or the reason why that cannot be used.
    fn request(
        &self,
        given: FilesCreateUploadPartUrlsResponseUploadPartUrlsItem,
    ) -> Result<Request, String> {
        let transport = &self.context.workspace.transport;
        let url = transport.presigned_url(given.url.as_deref().unwrap_or_default())?;
        let mut request = Request::new(Method::PUT, url);
        let headers = request.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        );
        for header in given.headers.into_iter().flatten() {
            let name = header.name.and_then(|name| name.parse::<HeaderName>().ok());
            let value = header
                .value
                .and_then(|value| value.parse::<HeaderValue>().ok());
            if let (Some(name), Some(value)) = (name, value)
                && ![AUTHORIZATION, COOKIE, HOST].contains(&name)
            {
                headers.insert(name, value);
            }
        }
        Ok(request)
    }

    /// True if a file of the content's size is there.
    async fn is_whole(&self) -> bool {
        let context = self.context.uncancelled();
        let Ok(answer) = context.client().files_get_metadata(self.path).await else {
            return false;
        };
        let size = answer.headers().get(CONTENT_LENGTH);
        let size = size.and_then(|size| size.to_str().ok()?.parse().ok());
        size == Some(self.content.size())
    }

    /// Removes the parts that were sent, also after a cancel.
    async fn abort(&self) -> Result<(), Error> {
        let params = FilesUploadSessionParams {
            file_path: self.path,
            action: "abort-upload",
            overwrite: None,
            session_token: Some(self.token),
            upload_type: Some("multipart"),
        };
        let body = FilesUploadSessionRequest::default();
        let context = self.context.uncancelled();
        let called = context.client().files_upload_session(params, &body).await;
        typed_answer(SESSION, called).map(|_| ())
    }
}
