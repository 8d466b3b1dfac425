//! The three stores of files: volumes, DBFS and the workspace tree, behind one set of words.
//!
//! A [`Remote`] names a file or folder. It is looked at ([`stat`], [`list`]), read piece by piece ([`Reader`]) and
//! written from a [`Content`] ([`write`]), each in constant memory and with nothing half-written left at its path.

mod again;
mod body;
mod content;
mod dbfs;
mod export;
mod parts;
mod pausing;
mod reading;
mod refused;
mod remote;
mod tree;
mod volume;

use std::sync::Arc;

use crate::context::Context;
use crate::error::Error;
use crate::transfers::Meter;

pub use content::Content;
pub use export::{Exported, export};
pub use reading::Reader;
pub use refused::{is_missing, is_taken};
pub use remote::{Remote, Store};

/// A file or folder as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// Where it is.
    pub path: String,
    /// The kind of thing it is.
    pub kind: Kind,
    /// Bytes; none where the store does not tell.
    pub size: Option<u64>,
    /// Time of the last change in milliseconds since 1970; none where the store does not tell.
    pub modified: Option<i64>,
}

/// Kinds of things in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Holds others.
    Folder,
    /// Bytes.
    File,
    /// A notebook of this language, which is exported as source code.
    Notebook(String),
    /// Something else of the workspace tree, such as a dashboard.
    Other(String),
}

/// What is there; none if nothing is.
///
/// # Errors
/// The service refuses for another reason, or does not answer.
pub async fn stat(context: &Context, at: &Remote) -> Result<Option<Stat>, Error> {
    let found = match at.store {
        Store::Volume => volume::stat(context, &at.path).await,
        Store::Dbfs => dbfs::stat(context, &at.path).await,
        Store::Workspace => tree::stat(context, &at.path).await,
    };
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The files and folders in a folder, not those below.
///
/// # Errors
/// Nothing is there, or the service refuses.
pub async fn list(context: &Context, folder: &Remote) -> Result<Vec<Stat>, Error> {
    match folder.store {
        Store::Volume => volume::list(context, &folder.path).await,
        Store::Dbfs => dbfs::list(context, &folder.path).await,
        Store::Workspace => tree::list(context, &folder.path).await,
    }
}

/// Makes a folder with its parents; one that exists is left as it is.
///
/// # Errors
/// A file is in the way, or the service refuses.
pub async fn make_folder(context: &Context, folder: &Remote) -> Result<(), Error> {
    match folder.store {
        Store::Volume => volume::make_folder(context, &folder.path).await,
        Store::Dbfs => dbfs::make_folder(context, &folder.path).await,
        Store::Workspace => tree::make_folder(context, &folder.path).await,
    }
}

/// Deletes one file.
///
/// # Errors
/// Nothing is there, or the service refuses.
pub async fn delete(context: &Context, at: &Remote) -> Result<(), Error> {
    match at.store {
        Store::Volume => volume::delete(context, &at.path).await,
        Store::Dbfs => dbfs::delete(context, &at.path).await,
        Store::Workspace => tree::delete(context, &at.path).await,
    }
}

/// Deletes a folder that holds nothing.
///
/// # Errors
/// It holds something, nothing is there, or the service refuses.
pub async fn delete_empty(context: &Context, folder: &Remote) -> Result<(), Error> {
    match folder.store {
        Store::Volume => volume::delete_folder(context, &folder.path).await,
        Store::Dbfs | Store::Workspace => delete(context, folder).await,
    }
}

/// Passes unless the user has ruled out that files of this store are deleted: whoever deletes at the end must know at
/// the beginning.
///
/// # Errors
/// The user's word against it.
pub fn may_delete(context: &Context, at: &Remote) -> Result<(), Error> {
    let transport = &context.workspace.transport;
    transport.will_admit(&context.call, at.store.deletes_by())
}

/// Gives a file or folder of DBFS another path there, which must be free.
///
/// # Errors
/// Nothing is there, something is at the target, or the service refuses.
pub async fn rename(context: &Context, from: &Remote, to: &Remote) -> Result<(), Error> {
    match dbfs::rename(context, &from.path, &to.path).await {
        Ok(()) => Ok(()),
        Err(error) => Err(onto_a_folder(context, to, Some(from.name()), error).await),
    }
}

/// The error of a write, explained where it was to a folder: a file of this name was to be there.
async fn onto_a_folder(context: &Context, at: &Remote, name: Option<&str>, error: Error) -> Error {
    let hint = match name {
        Some(name) => format!("append the name of the file: `{}`", at.below(name).shown()),
        None => "append the name of the file".to_owned(),
    };
    of_no_file(context, at, error, "writing to", &hint).await
}

/// The error of reading a file, explained where a folder is there.
pub async fn of_a_folder(context: &Context, at: &Remote, error: Error, hint: &str) -> Error {
    of_no_file(context, at, error, "reading", hint).await
}

/// The error of what was done to a file, explained where a folder is in its place.
async fn of_no_file(
    context: &Context,
    at: &Remote,
    error: Error,
    doing: &str,
    hint: &str,
) -> Error {
    if !matches!(
        error,
        Error::Api {
            status: 400..=412,
            ..
        }
    ) || is_missing(&error)
    {
        return error;
    }
    match stat(context, at).await {
        Ok(Some(there)) if there.kind == Kind::Folder => Error::Failed {
            what: format!("{doing} `{}`", at.shown()),
            state: "refused".to_owned(),
            message: "it is a folder".to_owned(),
            hint: Some(hint.to_owned()),
        },
        _ => error,
    }
}

/// Writes a file, and makes its folder if it is missing. Without `overwrite`, what is there stays. What could not be
/// written to its end is removed; if that fails too, the error says what remains.
///
/// # Errors
/// Something is there, the content cannot be read, the call was cancelled, or the service refuses.
pub async fn write(
    context: &Context,
    at: &Remote,
    content: &Content,
    overwrite: bool,
    meter: &Arc<Meter>,
) -> Result<(), Error> {
    let written = write_once(context, at, content, overwrite, meter).await;
    let Err(error) = written else {
        return Ok(());
    };
    // Not every store makes the folders on the way.
    match at.parent().filter(|_| is_missing(&error)) {
        Some(parent) => {
            make_folder(context, &parent).await.map_err(|_| error)?;
            write_once(context, at, content, overwrite, meter).await
        }
        None => Err(onto_a_folder(context, at, content.name(), error).await),
    }
}

async fn write_once(
    context: &Context,
    at: &Remote,
    content: &Content,
    overwrite: bool,
    meter: &Arc<Meter>,
) -> Result<(), Error> {
    match at.store {
        Store::Volume => volume::write(context, &at.path, content, overwrite, meter).await,
        Store::Dbfs => dbfs::write(context, &at.path, content, overwrite, meter).await,
        Store::Workspace => tree::write(context, &at.path, content, overwrite, meter).await,
    }
}
