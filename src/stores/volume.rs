//! Volumes, by the Files API.

use std::sync::Arc;

use databricks_client::{FilesListDirectoryContentsParams, FilesUploadParams};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, LAST_MODIFIED};

use super::again::Writing;
use super::content::Content;
use super::refused::is_missing;
use super::remote::{Remote, Store};
use super::{Kind, Stat, body, parts};
use crate::context::Context;
use crate::error::Error;
use crate::transfers::Meter;
use crate::transport::typed_answer;

/// Larger files go up in parts, of which each is sent again alone.
const IN_ONE_PIECE: u64 = 5 << 20;

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
    // The transport sends again only what may replace.
    let at = Remote {
        store: Store::Volume,
        path: path.to_owned(),
    };
    let writing = Writing {
        context,
        at: &at,
        content,
        overwrite,
        may_go_again: content.size() <= IN_ONE_PIECE,
        meter,
    };
    writing
        .until_known(
            |meter| async move { send(context, path, content, overwrite, &meter).await },
            || stat(context, path),
        )
        .await
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
