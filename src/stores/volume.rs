//! Volumes, by the Files API.

use std::sync::Arc;
use std::time::Duration;

use databricks_client::{FilesListDirectoryContentsParams, FilesUploadParams};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, LAST_MODIFIED};

use super::content::Content;
use super::reading::Reader;
use super::refused::{is_missing, is_taken};
use super::remote::{Remote, Store};
use super::{Kind, Stat, body, parts};
use crate::clock;
use crate::context::Context;
use crate::error::Error;
use crate::transfers::Meter;
use crate::transport::typed_answer;

/// Larger files go up in parts, of which each is sent again alone.
const IN_ONE_PIECE: u64 = 5 << 20;

/// Times that a file is sent which must not replace another.
const SENDS: u32 = 3;

/// The time before it is sent again.
const AGAIN: Duration = Duration::from_millis(500);

/// Most entries of a folder that are listed.
const ENTRIES: usize = 100_000;

pub(super) async fn stat(context: &Context, path: &str) -> Result<Stat, Error> {
    let called = context.client().files_get_metadata(path).await;
    let file = match called {
        Ok(answer) => Ok(of_headers(path, answer.headers())),
        Err(error) => typed_answer::<Stat>("files.get_metadata", Err(error)),
    };
    match file {
        // A folder is no file, which the service says in one way or the other.
        Err(error) if is_missing(&error) || is_no_file(&error) => {
            let called = context.client().files_get_directory_metadata(path).await;
            match typed_answer("files.get_directory_metadata", called) {
                Err(missing) if is_missing(&missing) => return Err(error),
                answered => answered?,
            }
            Ok(Stat {
                path: path.to_owned(),
                kind: Kind::Folder,
                size: None,
                modified: None,
            })
        }
        other => other,
    }
}

/// True if the service may say that a folder is there.
fn is_no_file(error: &Error) -> bool {
    matches!(error, Error::Api { status: 400, .. })
}

fn of_headers(path: &str, headers: &HeaderMap) -> Stat {
    let header = |name| headers.get(name)?.to_str().ok();
    let modified = header(LAST_MODIFIED).and_then(|time| httpdate::parse_http_date(time).ok());
    Stat {
        path: path.to_owned(),
        kind: Kind::File,
        size: header(CONTENT_LENGTH).and_then(|size| size.parse().ok()),
        modified: modified.and_then(|time| {
            let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
            i64::try_from(since.as_millis()).ok()
        }),
    }
}

pub(super) async fn list(context: &Context, path: &str) -> Result<Vec<Stat>, Error> {
    const OPERATION: &str = "files.list_directory_contents";
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let params = FilesListDirectoryContentsParams {
            directory_path: path,
            page_size: Some(1000),
            page_token: token.as_deref(),
        };
        let called = context.client().files_list_directory_contents(params).await;
        let page = typed_answer(OPERATION, called)?;
        found.extend(page.contents.into_iter().flatten().filter_map(|entry| {
            Some(Stat {
                path: entry.path?,
                kind: if entry.is_directory.unwrap_or_default() {
                    Kind::Folder
                } else {
                    Kind::File
                },
                size: entry
                    .file_size
                    .and_then(|size| u64::try_from(i64::from(size)).ok()),
                modified: entry.last_modified.map(i64::from),
            })
        }));
        let next = page
            .next_page_token
            .filter(|next| !next.is_empty() && Some(next) != token.as_ref());
        if found.len() > ENTRIES {
            return Err(super::remote::too_many(path, ENTRIES));
        }
        match next {
            Some(next) => token = Some(next),
            None => return Ok(found),
        }
    }
}

pub(super) async fn make_folder(context: &Context, path: &str) -> Result<(), Error> {
    let called = context.client().files_create_directory(path).await;
    typed_answer("files.create_directory", called)
}

pub(super) async fn delete(context: &Context, path: &str) -> Result<(), Error> {
    typed_answer("files.delete", context.client().files_delete(path).await)
}

pub(super) async fn delete_folder(context: &Context, path: &str) -> Result<(), Error> {
    typed_answer(
        "files.delete_directory",
        context.client().files_delete_directory(path).await,
    )
}

pub(super) async fn write(
    context: &Context,
    path: &str,
    content: &Content,
    overwrite: bool,
    meter: &Arc<Meter>,
) -> Result<(), Error> {
    if content.size() > IN_ONE_PIECE
        && parts::write(context, path, content, overwrite, meter).await?
    {
        return Ok(());
    }
    if overwrite {
        return send(context, path, content, overwrite, meter).await;
    }
    // The transport sends again only what may replace. What must not, may be there by a request whose answer was lost:
    // it is looked at before it is sent again or refused.
    let mut unclear = false;
    let mut sends = 0;
    loop {
        // What is sent again has been counted.
        let again = Arc::default();
        let meter = if sends == 0 { meter } else { &again };
        sends += 1;
        let Err(error) = send(context, path, content, overwrite, meter).await else {
            return Ok(());
        };
        unclear |= may_have_acted(&error);
        if !unclear || !(may_have_acted(&error) || is_taken(&error)) {
            return Err(error);
        }
        match holds(context, path, content).await {
            Ok(true) => {
                tracing::info!(request_id = %context.call.id, "the answer was lost, and the file is there as sent");
                return Ok(());
            }
            Err(missing)
                if is_missing(&missing) && sends < SENDS && content.size() <= IN_ONE_PIECE =>
            {
                tokio::select! {
                    biased;
                    () = context.cancel.cancelled() => return Err(error),
                    () = clock::sleep_until(clock::now() + AGAIN) => {}
                }
            }
            _ => return Err(error),
        }
    }
}

async fn send(
    context: &Context,
    path: &str,
    content: &Content,
    overwrite: bool,
    meter: &Arc<Meter>,
) -> Result<(), Error> {
    let params = FilesUploadParams {
        file_path: path,
        overwrite: Some(overwrite),
    };
    let (client, body) = body::whole(context, content, meter).await?;
    typed_answer("files.upload", client.files_upload(params, body).await)
}

/// Returns whether an upload that failed so may be there all the same.
fn may_have_acted(error: &Error) -> bool {
    match error {
        Error::Unanswered { may_have_acted, .. } => *may_have_acted,
        Error::Api { status, .. } => matches!(status, 408 | 502..=504),
        Error::Answer { .. } => true,
        _ => false,
    }
}

/// Returns whether a file is there that holds exactly this.
///
/// # Errors
/// No file is there, or it cannot be read.
async fn holds(context: &Context, path: &str, content: &Content) -> Result<bool, Error> {
    if stat(context, path).await?.size != Some(content.size()) {
        return Ok(false);
    }
    let remote = Remote {
        store: Store::Volume,
        path: path.to_owned(),
    };
    let mut reader = Reader::new(context, &remote, 0);
    let mut at = 0;
    while let Some(piece) = reader.piece().await? {
        if content.part(at, piece.len()).await? != piece {
            return Ok(false);
        }
        at += piece.len() as u64;
    }
    Ok(at == content.size())
}
