//! DBFS, by its own API: blocks of a megabyte, as base64.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use databricks_client::types::{
    DbfsAddBlockRequest, DbfsCloseRequest, DbfsCreateRequest, DbfsDeleteRequest, DbfsMkdirsRequest,
    DbfsMoveRequest, DbfsPutRequest, FilesFileInfo,
};

use super::again::Writing;
use super::content::Content;
use super::pausing::pause;
use super::reading::BLOCK;
use super::refused::{is_missing, is_taken, may_have_acted};
use super::remote::{Remote, Store};
use super::{Kind, Stat};
use crate::context::Context;
use crate::error::Error;
use crate::transfers::Meter;
use crate::transport::typed_answer;

/// Times that a large file is begun, where what became of one of its blocks is not known.
const ATTEMPTS: u32 = 12;

/// Times that what was half written is deleted, where nobody knows whether it is gone.
const DELETES: u32 = 4;

pub(super) async fn stat(context: &Context, path: &str) -> Result<Stat, Error> {
    let called = context.client().dbfs_get_status(path).await;
    let found = typed_answer("dbfs.get_status", called)?;
    Ok(of(found).unwrap_or_else(|| Stat {
        path: path.to_owned(),
        kind: Kind::File,
        size: None,
        modified: None,
    }))
}

fn of(found: FilesFileInfo) -> Option<Stat> {
    let is_folder = found.is_dir.unwrap_or_default();
    Some(Stat {
        path: found.path?,
        kind: if is_folder { Kind::Folder } else { Kind::File },
        size: found
            .file_size
            .filter(|_| !is_folder)
            .and_then(|size| u64::try_from(i64::from(size)).ok()),
        modified: found.modification_time.map(i64::from),
    })
}

pub(super) async fn list(context: &Context, path: &str) -> Result<Vec<Stat>, Error> {
    let called = context.client().dbfs_list(path).await;
    let found = typed_answer("dbfs.list", called)?;
    Ok(found.files.into_iter().flatten().filter_map(of).collect())
}

pub(super) async fn make_folder(context: &Context, path: &str) -> Result<(), Error> {
    let body = DbfsMkdirsRequest {
        path: path.to_owned(),
    };
    typed_answer("dbfs.mkdirs", context.client().dbfs_mkdirs(&body).await)
}

pub(super) async fn delete(context: &Context, path: &str) -> Result<(), Error> {
    let body = DbfsDeleteRequest {
        path: path.to_owned(),
        recursive: None,
    };
    typed_answer("dbfs.delete", context.client().dbfs_delete(&body).await)
}

pub(super) async fn write(
    context: &Context,
    path: &str,
    content: &Content,
    overwrite: bool,
    meter: &Arc<Meter>,
) -> Result<(), Error> {
    if content.size() <= BLOCK as u64 {
        let bytes = content.part(0, BLOCK).await?;
        let body = DbfsPutRequest {
            path: path.to_owned(),
            contents: Some(STANDARD.encode(&bytes)),
            overwrite: Some(overwrite),
        };
        let (body, size) = (&body, bytes.len());
        let at = Remote {
            store: Store::Dbfs,
            path: path.to_owned(),
        };
        let writing = Writing {
            context,
            at: &at,
            content,
            overwrite,
            may_go_again: true,
            meter,
        };
        let send = |meter: Arc<Meter>| async move {
            meter.add(size);
            typed_answer("dbfs.put", context.client().dbfs_put(body).await)
        };
        return writing.until_known(send, || stat(context, path)).await;
    }
    let mut attempts = 0;
    loop {
        // What is sent again has been counted.
        let again = Arc::default();
        let meter = if attempts == 0 { meter } else { &again };
        attempts += 1;
        // A file that is created shows at once, and grows. So it grows under another name.
        let growing = format!("{path}.{:08x}.part", fastrand::u32(..));
        let grown = grow(context, &growing, content, meter).await;
        // A block may be there or not, and none can be taken back: only a new file is sure to be whole.
        let lost = grown.as_ref().is_err_and(may_have_acted);
        let placed = match grown {
            // A cancel comes too late now: between two moves, nothing would be at the path.
            Ok(()) => place(&context.uncancelled().as_means(), &growing, path, overwrite).await,
            Err(error) => Err(error),
        };
        let Err(error) = placed else {
            return Ok(());
        };
        let error = without(context, path, &growing, error).await;
        if !lost || attempts >= ATTEMPTS || !may_have_acted(&error) {
            return Err(error);
        }
        pause(context).await.map_err(|()| error)?;
    }
}

/// The error of an upload, once the file that was growing is gone, or with the words that it is not.
async fn without(context: &Context, path: &str, growing: &str, error: Error) -> Error {
    let own = context.uncancelled().as_means();
    let mut deleted = delete(&own, growing).await;
    // To delete it again does no harm, and what is lost once is seldom lost again.
    for _ in 1..DELETES {
        if !deleted.as_ref().is_err_and(may_have_acted) || pause(&own).await.is_err() {
            break;
        }
        deleted = delete(&own, growing).await;
    }
    match deleted {
        Err(remains) if !is_missing(&remains) => Error::Failed {
            what: format!("the upload of `dbfs:{path}`"),
            state: "incomplete".to_owned(),
            message: error.to_string(),
            hint: Some(format!(
                "`dbfs:{growing}` remains, for it could not be deleted: {remains}"
            )),
        },
        _ => error,
    }
}

async fn grow(
    context: &Context,
    path: &str,
    content: &Content,
    meter: &Arc<Meter>,
) -> Result<(), Error> {
    let body = DbfsCreateRequest {
        path: path.to_owned(),
        overwrite: Some(false),
    };
    let created = typed_answer("dbfs.create", context.client().dbfs_create(&body).await)?;
    let handle = created.handle.map(i64::from).ok_or_else(|| Error::Answer {
        operation: "dbfs.create".to_owned(),
        reason: "it has no `handle`".to_owned(),
    })?;
    let mut from = 0;
    while from < content.size() {
        // Between blocks, for one that is dropped on its way could bring the file back after it was deleted.
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled {
                what: "the upload to DBFS".to_owned(),
            });
        }
        let bytes = content.part(from, BLOCK).await?;
        from += bytes.len() as u64;
        let body = DbfsAddBlockRequest {
            handle,
            data: STANDARD.encode(&bytes),
        };
        typed_answer(
            "dbfs.add_block",
            context.client().dbfs_add_block(&body).await,
        )?;
        meter.add(bytes.len());
    }
    let body = DbfsCloseRequest { handle };
    typed_answer("dbfs.close", context.client().dbfs_close(&body).await)?;
    // A block that is sent twice, because its answer was lost, would show here.
    let written = stat(context, path).await?.size;
    if written.is_some_and(|written| written != content.size()) {
        return Err(Error::Answer {
            operation: "dbfs.add_block".to_owned(),
            reason: format!(
                "sent: {}, arrived: {}",
                content.size(),
                written.unwrap_or_default()
            ),
        });
    }
    Ok(())
}

/// Gives the whole file its name. The service moves nothing onto a file that is there, so that one steps aside first.
async fn place(context: &Context, growing: &str, path: &str, overwrite: bool) -> Result<(), Error> {
    let taken = match rename(context, growing, path).await {
        Err(error) if overwrite && is_taken(&error) => error,
        placed => return placed,
    };
    if stat(context, path).await?.kind == Kind::Folder {
        return Err(taken);
    }
    let aside = format!("{growing}.old");
    rename(context, path, &aside).await?;
    let left = |state: &str, message: String| Error::Failed {
        what: format!("the upload of `dbfs:{path}`"),
        state: state.to_owned(),
        message,
        hint: Some(format!("what was there before is at `dbfs:{aside}`")),
    };
    if let Err(error) = rename(context, growing, path).await {
        return match rename(context, &aside, path).await {
            Ok(()) => Err(error),
            Err(_) => Err(left("incomplete", error.to_string())),
        };
    }
    match delete(context, &aside).await {
        Err(error) if !is_missing(&error) => Err(left(
            "written, but not tidied up",
            format!("the file it replaced could not be deleted: {error}"),
        )),
        _ => Ok(()),
    }
}

/// Moves a file; where the answer was lost, looks whether it has moved.
pub(super) async fn rename(context: &Context, from: &str, to: &str) -> Result<(), Error> {
    let body = DbfsMoveRequest {
        source_path: from.to_owned(),
        destination_path: to.to_owned(),
    };
    let moved = typed_answer("dbfs.move", context.client().dbfs_move(&body).await);
    match moved {
        Err(error) if may_have_acted(&error) && stat(context, to).await.is_ok() => {
            match stat(context, from).await {
                Err(gone) if is_missing(&gone) => Ok(()),
                _ => Err(error),
            }
        }
        moved => moved,
    }
}
