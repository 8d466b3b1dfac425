//! Files of volumes through the Files API, and DBFS.

mod dbfs;
mod links;
mod paths;
mod storage;
mod uploads;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::{ApiError, Call, Reply, page};
use crate::operations::Operations;
use crate::shared::Shared;
use crate::stored::{Entry, Refusal};
use paths::{in_volume, is_volume, refused};

pub(crate) use storage::Storage;

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

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>, storage: &Arc<Storage>) {
    dbfs::serve(on, shared);
    storage::serve(on, storage);
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
        let path = in_volume(&self.shared, call.path("directory_path"))?;
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
        let path = in_volume(&self.shared, call.path("file_path"))?;
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
        let path = in_volume(&self.shared, call.path("file_path"))?;
        let (bytes, modified) = self
            .shared
            .stored
            .volumes
            .lock()
            .file(&path)
            .map_err(refused)?;
        let part = call.conditions.part(bytes.len(), modified)?;
        Ok(Reply::File {
            bytes,
            part,
            modified,
        })
    }

    fn delete(&self, call: &Call) -> Result<Reply, ApiError> {
        let path = in_volume(&self.shared, call.path("file_path"))?;
        let mut folders = self.shared.stored.volumes.lock();
        folders.file(&path).map_err(refused)?;
        folders.delete(&path, false).map_err(refused)?;
        Ok(Reply::Done)
    }

    /// The folder that the call names.
    fn folder(&self, call: &Call) -> Result<String, ApiError> {
        let path = in_volume(&self.shared, call.path("directory_path"))?;
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
