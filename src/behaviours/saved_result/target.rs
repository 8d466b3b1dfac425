//! The file that a result is saved to: it is at its place only when it is whole.

use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex};

use databricks_client::types::SqlFormat;

use super::format::Format;
use crate::behaviours::blocking::blocking;
use crate::context::Context;
use crate::error::Error;
use crate::local::{Draft, Place};
use crate::stores::{self, Content, Remote, Store};

/// A file that may be written.
#[derive(Debug, Clone)]
pub(in crate::behaviours) struct Target {
    at: At,
    pub(super) format: Format,
    overwrite: bool,
}

#[derive(Debug, Clone)]
enum At {
    Here(Place),
    Volume(Remote),
}

impl Target {
    /// The file of this path, before anything is run for it.
    ///
    /// # Errors
    /// It may not be written, is there already, or is of a kind that is not written.
    pub(in crate::behaviours) async fn of(
        context: &Context,
        path: &str,
        overwrite: bool,
    ) -> Result<Self, Error> {
        let format = Format::of(path)?;
        let taken = || Error::Local {
            path: path.to_owned(),
            reason: "it exists already".to_owned(),
            hint: Some("choose another name, or execute_sql with `overwrite: true`".to_owned()),
        };
        let remote = Remote::parse("save_to", path).ok();
        let at = if let Some(remote) = remote.filter(|remote| remote.store == Store::Volume) {
            if !overwrite && stores::stat(context, &remote).await?.is_some() {
                return Err(taken());
            }
            At::Volume(remote)
        } else {
            let found = context.roots.find().await?.find(path);
            let place = found.map_err(|error| elsewhere(path, error))?;
            if !overwrite && place.exists() {
                return Err(taken());
            }
            At::Here(place)
        };
        Ok(Self {
            at,
            format,
            overwrite,
        })
    }

    /// The format in which the rows are to come.
    pub(in crate::behaviours) fn wants(&self) -> SqlFormat {
        match self.format {
            Format::Arrow => SqlFormat::ArrowStream,
            #[cfg(feature = "parquet")]
            Format::Parquet => SqlFormat::ArrowStream,
            Format::Csv | Format::JsonLines => SqlFormat::JsonArray,
        }
    }

    /// Its path, as a person reads it.
    pub(in crate::behaviours) fn shown(&self) -> String {
        match &self.at {
            At::Here(place) => place.path().display().to_string(),
            At::Volume(remote) => remote.shown(),
        }
    }
}

/// The error of a path that is none of this machine's, explained where it is one of the workspace.
fn elsewhere(path: &str, error: Error) -> Error {
    let store = match Remote::parse("save_to", path).map(|remote| remote.store) {
        Ok(Store::Dbfs) => "DBFS",
        Ok(Store::Workspace) => "the workspace tree",
        Ok(Store::Volume) | Err(_) => return error,
    };
    let hint = format!(
        "write a path of a volume, `/Volumes/catalog/schema/volume/…`, or of a local file; copy_file and upload_file \
         take the file on to {store}"
    );
    Error::Local {
        path: path.to_owned(),
        reason: format!("a result is not saved to {store}"),
        hint: Some(hint),
    }
}

/// The file while it is written.
#[derive(Debug)]
pub(super) enum Sink {
    Here(Draft),
    /// A file of no name on this machine, since an upload must know its size.
    Aside(File),
}

impl Sink {
    pub(super) async fn new(target: &Target) -> Result<Self, Error> {
        match target.at.clone() {
            At::Here(place) => blocking(move || Draft::new(&place)).await.map(Self::Here),
            At::Volume(_) => {
                let made = blocking(|| tempfile::tempfile().map_err(|error| aside(&error)));
                made.await.map(Self::Aside)
            }
        }
    }

    /// Appends bytes.
    pub(super) async fn write(self, bytes: Vec<u8>) -> Result<Self, Error> {
        blocking(move || match self {
            Self::Here(mut draft) => draft.write(&bytes).map(|()| Self::Here(draft)),
            Self::Aside(mut file) => match file.write_all(&bytes) {
                Ok(()) => Ok(Self::Aside(file)),
                Err(error) => Err(aside(&error)),
            },
        })
        .await
    }

    /// Puts the file at its place.
    pub(super) async fn publish(
        self,
        context: &Context,
        target: &Target,
        size: u64,
    ) -> Result<(), Error> {
        let overwrite = target.overwrite;
        match (self, &target.at) {
            (Self::Here(draft), _) => blocking(move || draft.publish(overwrite)).await,
            (Self::Aside(file), At::Volume(remote)) => {
                let content = Content::File {
                    file: Arc::new(Mutex::new(file)),
                    size,
                    path: target.shown(),
                };
                // The bytes were counted when they were written aside.
                stores::write(context, remote, &content, overwrite, &Arc::default()).await
            }
            (Self::Aside(_), At::Here(_)) => Err(Error::Internal {
                reason: "a local file was written aside".to_owned(),
            }),
        }
    }
}

fn aside(error: &std::io::Error) -> Error {
    Error::Local {
        path: std::env::temp_dir().display().to_string(),
        reason: error.to_string(),
        hint: Some(
            "the result is kept there until it is uploaded: make room, or save it to a local file"
                .to_owned(),
        ),
    }
}
