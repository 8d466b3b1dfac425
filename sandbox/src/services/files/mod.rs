//! Files of volumes through the Files API, and DBFS.

mod dbfs;

use std::ops::Range;
use std::sync::Arc;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::{ApiError, Call, Reply, page};
use crate::operations::Operations;
use crate::shared::Shared;
use crate::stored::{Entry, Refusal, Stored};

/// The files of all volumes.
struct Files {
    shared: Arc<Shared>,
}

#[derive(Deserialize)]
struct Listing {
    page_size: Option<usize>,
    page_token: Option<String>,
}

#[derive(Deserialize)]
struct Upload {
    #[serde(default)]
    overwrite: bool,
}

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    dbfs::serve(on, shared);
    let files = Arc::new(Files {
        shared: shared.clone(),
    });
    on.on("files.list_directory_contents", &files, Files::list);
    on.on(
        "files.get_directory_metadata",
        &files,
        Files::folder_metadata,
    );
    on.on("files.create_directory", &files, Files::create_folder);
    on.on("files.delete_directory", &files, Files::delete_folder);
    on.on("files.upload", &files, Files::upload);
    on.on("files.download", &files, Files::download);
    // HEAD is answered like GET; the server then sends only the headers.
    on.on("files.get_metadata", &files, Files::download);
    on.on("files.delete", &files, Files::delete);
}

impl Files {
    fn list(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Listing = call.query()?;
        let path = self.folder(call)?;
        let found = self
            .shared
            .stored
            .volumes
            .lock()
            .list(&path)
            .map_err(refused)?;
        let size = query
            .page_size
            .filter(|size| *size > 0)
            .unwrap_or(1000)
            .min(1000);
        let page = page(found, query.page_token.as_deref(), size)?;
        let contents: Vec<Value> = page
            .items
            .iter()
            .map(|(path, entry)| describe(path, entry))
            .collect();
        Ok(json!({
            "contents": (!contents.is_empty()).then_some(contents),
            "next_page_token": page.next,
        })
        .into())
    }

    fn folder_metadata(&self, call: &Call) -> Result<Reply, ApiError> {
        self.folder(call).map(|_| Reply::empty())
    }

    fn create_folder(&self, call: &Call) -> Result<Reply, ApiError> {
        let path = self.path(call.path("directory_path"))?;
        let now = self.shared.clock.now();
        let made = self.shared.stored.volumes.lock().make_folder(&path, now);
        made.map_err(refused)?;
        Ok(Reply::Done)
    }

    fn delete_folder(&self, call: &Call) -> Result<Reply, ApiError> {
        let path = self.folder(call)?;
        if is_volume(&path) {
            return Err(ApiError::invalid(format!(
                "The root of a volume cannot be deleted: {path}"
            )));
        }
        let deleted = self.shared.stored.volumes.lock().delete(&path, false);
        deleted.map_err(refused)?;
        Ok(Reply::Done)
    }

    fn upload(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Upload = call.query()?;
        let path = self.path(call.path("file_path"))?;
        if is_volume(&path) {
            return Err(refused(Refusal::IsFolder(path)));
        }
        let now = self.shared.clock.now();
        let bytes = call.bytes.clone();
        let written = self
            .shared
            .stored
            .volumes
            .lock()
            .write(&path, bytes, query.overwrite, now);
        written.map_err(refused)?;
        Ok(Reply::Done)
    }

    fn download(&self, call: &Call) -> Result<Reply, ApiError> {
        let path = self.path(call.path("file_path"))?;
        let (bytes, modified) = self
            .shared
            .stored
            .volumes
            .lock()
            .file(&path)
            .map_err(refused)?;
        let part = match &call.range {
            None => None,
            Some(range) => Some(part_of(range, bytes.len())?),
        };
        Ok(Reply::File {
            bytes,
            part,
            modified,
        })
    }

    fn delete(&self, call: &Call) -> Result<Reply, ApiError> {
        let path = self.path(call.path("file_path"))?;
        let mut folders = self.shared.stored.volumes.lock();
        folders.file(&path).map_err(refused)?;
        folders.delete(&path, false).map_err(refused)?;
        Ok(Reply::Done)
    }

    /// The folder that the call names.
    fn folder(&self, call: &Call) -> Result<String, ApiError> {
        let path = self.path(call.path("directory_path"))?;
        if is_volume(&path) {
            let now = self.shared.clock.now();
            let made = self.shared.stored.volumes.lock().make_folder(&path, now);
            made.map_err(refused)?;
        }
        match self.shared.stored.volumes.lock().get(&path) {
            Ok(entry) if !entry.is_folder() => Err(refused(Refusal::Missing(path))),
            Ok(_) => Ok(path),
            Err(refusal) => Err(refused(refusal)),
        }
    }

    /// The path that the call names, in a volume that exists.
    fn path(&self, path: &str) -> Result<String, ApiError> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let Some(name) = Stored::volume_of(path) else {
            return Err(ApiError::invalid(format!(
                "The path must begin with /Volumes/<catalog>/<schema>/<volume>: {path}"
            )));
        };
        if !self.shared.stored.has_volume(&name) {
            let message = format!("Volume '{name}' does not exist.");
            return Err(ApiError::missing("NOT_FOUND", message));
        }
        Ok(format!("/{}", parts.join("/")))
    }
}

fn is_volume(path: &str) -> bool {
    path.split('/').skip(1).count() == 4
}

fn describe(path: &str, entry: &Entry) -> Value {
    json!({
        "path": path,
        "name": path.rsplit('/').next(),
        "is_directory": entry.is_folder(),
        "file_size": (!entry.is_folder()).then(|| entry.size()),
        "last_modified": entry.modified,
    })
}

/// The part that `bytes=a-b`, `bytes=a-` or `bytes=-n` requests.
fn part_of(range: &str, whole: usize) -> Result<Range<usize>, ApiError> {
    let read = || {
        let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
        let last = whole.checked_sub(1)?;
        let part = match (from, to) {
            ("", count) => whole.saturating_sub(count.parse().ok()?)..whole,
            (from, "") => from.parse().ok()?..whole,
            (from, to) => from.parse().ok()?..to.parse::<usize>().ok()?.min(last) + 1,
        };
        (part.start < part.end).then_some(part)
    };
    read().ok_or_else(|| ApiError {
        status: StatusCode::RANGE_NOT_SATISFIABLE,
        error_code: json!("OUT_OF_RANGE"),
        message: format!("The file has {whole} bytes, so there is no {range}."),
    })
}

fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Missing(path) => {
            let message = format!("The file or directory being accessed is not found: {path}");
            ApiError::missing("NOT_FOUND", message)
        }
        Refusal::Exists(path) => ApiError {
            status: StatusCode::CONFLICT,
            error_code: json!("ALREADY_EXISTS"),
            message: format!("The file being created already exists: {path}"),
        },
        Refusal::IsFolder(path) => {
            ApiError::invalid(format!("The path is a directory, not a file: {path}"))
        }
        Refusal::NotEmpty(path) => ApiError::bad_request(
            "DIRECTORY_NOT_EMPTY",
            format!("The directory is not empty: {path}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ranges_are_read_as_http_has_them() {
        assert_eq!(part_of("bytes=0-3", 10).unwrap(), 0..4);
        assert_eq!(part_of("bytes=8-99", 10).unwrap(), 8..10);
        assert_eq!(part_of("bytes=4-", 10).unwrap(), 4..10);
        assert_eq!(part_of("bytes=-3", 10).unwrap(), 7..10);
        assert!(part_of("bytes=10-", 10).is_err());
        assert!(part_of("bytes=0-", 0).is_err());
        assert!(part_of("lines=1-2", 10).is_err());
    }
}
