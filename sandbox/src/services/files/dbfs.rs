//! DBFS, the older file store: whole files, parts of files, and files written block by block.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::http::{ApiError, Call, Reply};
use crate::operations::Operations;
use crate::shared::Shared;
use crate::stored::{Entry, Refusal, Stored};

/// The largest put, block or read, in bytes.
const LARGEST: usize = 1 << 20;
/// The bytes of a read that sets no length.
const USUAL: usize = 1 << 19;
const FIRST_HANDLE: i64 = 7_904_256_000;
const README: &str = "# Databricks Datasets\n\nThe sandbox has none of them, but this file.\n";

struct Dbfs {
    clock: Clock,
    stored: Arc<Stored>,
    open: Mutex<Open>,
}

/// Files being written.
#[derive(Default)]
struct Open {
    given: i64,
    /// Path and content by handle.
    files: BTreeMap<i64, (String, Vec<u8>)>,
}

impl Open {
    /// Forgets the files at and below a path, which is gone.
    fn forget(&mut self, path: &str) {
        let below = format!("{path}/");
        self.files
            .retain(|_, (open, _)| open != path && !open.starts_with(&below));
    }
}

#[derive(Deserialize)]
struct ByPath {
    path: String,
    offset: Option<usize>,
    length: Option<usize>,
    #[serde(default)]
    overwrite: bool,
    #[serde(default)]
    recursive: bool,
    #[serde(default)]
    contents: String,
}

#[derive(Deserialize)]
struct ByHandle {
    handle: i64,
    #[serde(default)]
    data: String,
}

#[derive(Deserialize)]
struct Move {
    source_path: String,
    destination_path: String,
}

/// Registers the operations.
pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    let clock = shared.clock;
    let stored = shared.stored.clone();
    let mut folders = stored.dbfs.lock();
    let now = clock.now();
    // In an empty tree, nothing is in the way.
    let _ = folders.make_folder("/FileStore", now);
    let _ = folders.make_folder("/tmp", now);
    let _ = folders.write(
        "/databricks-datasets/README.md",
        Bytes::from_static(README.as_bytes()),
        false,
        now,
    );
    drop(folders);
    let dbfs = Arc::new(Dbfs {
        clock,
        stored,
        open: Mutex::default(),
    });
    on.on("dbfs.list", &dbfs, Dbfs::list);
    on.on("dbfs.get_status", &dbfs, Dbfs::get_status);
    on.on("dbfs.read", &dbfs, Dbfs::read);
    on.on("dbfs.put", &dbfs, Dbfs::put);
    on.on("dbfs.mkdirs", &dbfs, Dbfs::mkdirs);
    on.on("dbfs.delete", &dbfs, Dbfs::delete);
    on.on("dbfs.move", &dbfs, Dbfs::rename);
    on.on("dbfs.create", &dbfs, Dbfs::create);
    on.on("dbfs.add_block", &dbfs, Dbfs::add_block);
    on.on("dbfs.close", &dbfs, Dbfs::close);
}

impl Dbfs {
    fn list(&self, call: &Call) -> Result<Reply, ApiError> {
        let path = absolute(&call.query::<ByPath>()?.path)?;
        let found = self.stored.dbfs.lock().list(&path).map_err(refused)?;
        let files: Vec<Value> = found
            .iter()
            .map(|(path, entry)| describe(path, entry))
            .collect();
        Ok(json!({"files": (!files.is_empty()).then_some(files)}).into())
    }

    fn get_status(&self, call: &Call) -> Result<Reply, ApiError> {
        let path = absolute(&call.query::<ByPath>()?.path)?;
        let entry = self.stored.dbfs.lock().get(&path).map_err(refused)?;
        Ok(describe(&path, &entry).into())
    }

    fn read(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ByPath = call.query()?;
        let path = absolute(&query.path)?;
        let (bytes, _) = self.stored.dbfs.lock().file(&path).map_err(refused)?;
        let length = query.length.unwrap_or(USUAL);
        if length > LARGEST {
            let message = format!("The read length {length} exceeds {LARGEST}.");
            return Err(ApiError::bad_request("MAX_READ_SIZE_EXCEEDED", message));
        }
        let from = query.offset.unwrap_or(0).min(bytes.len());
        let part = bytes.slice(from..(from + length).min(bytes.len()));
        Ok(json!({"bytes_read": part.len(), "data": STANDARD.encode(part)}).into())
    }

    fn put(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ByPath = call.body()?;
        let bytes = block(&body.contents)?;
        self.write(&absolute(&body.path)?, bytes, body.overwrite)
    }

    fn write(&self, path: &str, bytes: Vec<u8>, overwrite: bool) -> Result<Reply, ApiError> {
        let now = self.clock.now();
        let written = self
            .stored
            .dbfs
            .lock()
            .write(path, bytes.into(), overwrite, now);
        written.map_err(refused)?;
        Ok(Reply::empty())
    }

    fn mkdirs(&self, call: &Call) -> Result<Reply, ApiError> {
        let path = absolute(&call.body::<ByPath>()?.path)?;
        let made = self.stored.dbfs.lock().make_folder(&path, self.clock.now());
        made.map_err(refused)?;
        Ok(Reply::empty())
    }

    fn delete(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ByPath = call.body()?;
        let path = absolute(&body.path)?;
        let deleted = self.stored.dbfs.lock().delete(&path, body.recursive);
        deleted.map_err(refused)?;
        self.open.lock().forget(&path);
        Ok(Reply::empty())
    }

    fn rename(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Move = call.body()?;
        let (from, to) = (
            absolute(&body.source_path)?,
            absolute(&body.destination_path)?,
        );
        let moved = self.stored.dbfs.lock().rename(&from, &to, self.clock.now());
        moved.map_err(refused)?;
        self.open.lock().forget(&from);
        Ok(Reply::empty())
    }

    fn create(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ByPath = call.body()?;
        let path = absolute(&body.path)?;
        self.write(&path, Vec::new(), body.overwrite)?;
        let mut open = self.open.lock();
        open.given += 1;
        let handle = FIRST_HANDLE + open.given;
        open.files.insert(handle, (path, Vec::new()));
        Ok(json!({"handle": handle}).into())
    }

    fn add_block(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ByHandle = call.body()?;
        let bytes = block(&body.data)?;
        let mut open = self.open.lock();
        let written = open
            .files
            .get_mut(&body.handle)
            .ok_or_else(|| no_handle(body.handle))?;
        written.1.extend(bytes);
        Ok(Reply::empty())
    }

    fn close(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ByHandle = call.body()?;
        let written = self.open.lock().files.remove(&body.handle);
        let (path, bytes) = written.ok_or_else(|| no_handle(body.handle))?;
        self.write(&path, bytes, true)
    }
}

fn no_handle(handle: i64) -> ApiError {
    ApiError::not_found(format!("There is no open stream with the handle {handle}."))
}

fn block(text: &str) -> Result<Vec<u8>, ApiError> {
    let bytes = STANDARD
        .decode(text)
        .map_err(|error| ApiError::invalid(format!("The data is not base64: {error}")))?;
    if bytes.len() > LARGEST {
        let message = format!("The data is longer than {LARGEST} bytes.");
        return Err(ApiError::bad_request("MAX_BLOCK_SIZE_EXCEEDED", message));
    }
    Ok(bytes)
}

fn describe(path: &str, entry: &Entry) -> Value {
    json!({
        "path": path,
        "is_dir": entry.is_folder(),
        "file_size": entry.size(),
        "modification_time": entry.modified,
    })
}

fn absolute(path: &str) -> Result<String, ApiError> {
    let path = path.strip_prefix("dbfs:").unwrap_or(path);
    if !path.starts_with('/') {
        return Err(ApiError::invalid(format!("Path must be absolute: {path}")));
    }
    Ok(format!("/{}", path.trim_matches('/')))
}

fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Missing(path) => {
            ApiError::not_found(format!("No file or directory exists on path {path}."))
        }
        Refusal::Exists(path) => ApiError::already_exists(format!(
            "A file or directory already exists at the input path {path}."
        )),
        Refusal::IsFolder(path) => {
            ApiError::invalid(format!("The path is a directory, not a file: {path}"))
        }
        Refusal::NotEmpty(path) => ApiError::bad_request(
            "IO_ERROR",
            format!("{path} is a non-empty directory; delete it with recursive."),
        ),
    }
}
