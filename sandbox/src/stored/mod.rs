//! The files of volumes and of DBFS, which REST and SQL read alike.

mod folders;

use std::sync::Arc;

use axum::body::Bytes;
use parking_lot::Mutex;

use crate::clock::Millis;
use crate::collections::Collections;

pub(crate) use folders::{Entry, Folders, Refusal, fits};

/// The files of the workspace.
#[derive(Default)]
pub(crate) struct Stored {
    collections: Arc<Collections>,
    /// The files of all volumes, by their whole path.
    pub(crate) volumes: Mutex<Folders>,
    /// The files of DBFS.
    pub(crate) dbfs: Mutex<Folders>,
}

/// A file with its path.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) bytes: Bytes,
    pub(crate) modified: Millis,
}

impl Stored {
    /// No files yet, in the volumes of these collections.
    pub(crate) fn new(collections: Arc<Collections>) -> Self {
        Self {
            collections,
            ..Self::default()
        }
    }

    /// The full name of the volume that a path leads into; `None` if the path names none.
    pub(crate) fn volume_of(path: &str) -> Option<String> {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        if parts.next() != Some("Volumes") {
            return None;
        }
        let parts: Vec<&str> = parts.take(3).collect();
        (parts.len() == 3).then(|| parts.join("."))
    }

    /// True if this volume exists.
    pub(crate) fn has_volume(&self, full_name: &str) -> bool {
        self.collections.find("Volume", full_name).is_some()
    }

    /// The entries of a folder, or the file alone, as SQL names paths: `/Volumes/…`, `dbfs:/…` or `/…` of DBFS.
    ///
    /// # Errors
    /// Fails if nothing is there.
    pub(crate) fn list(&self, path: &str) -> Result<Vec<(String, Entry)>, Refusal> {
        let path = path.strip_prefix("dbfs:").unwrap_or(path);
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let path = format!("/{}", parts.join("/"));
        if parts.first() != Some(&"Volumes") {
            return self.dbfs.lock().list(&path);
        }
        let volume = Self::volume_of(&path).filter(|name| self.has_volume(name));
        let Some(_) = volume else {
            return Err(Refusal::Missing(path));
        };
        match self.volumes.lock().list(&path) {
            // Nothing has been put into the volume yet.
            Err(Refusal::Missing(_)) if parts.len() == 4 => Ok(Vec::new()),
            found => found,
        }
    }

    /// The files at and below a path, by path. Names that begin with `_` or `.` are left out below a folder, as
    /// readers of data files do. A name may be a pattern with `*`, `?`, `[…]` and `{a,b}`.
    ///
    /// # Errors
    /// Fails if nothing is there.
    pub(crate) fn files(&self, path: &str) -> Result<Vec<File>, Refusal> {
        let fixed = path.split('/').position(folders::is_pattern);
        let Some(fixed) = fixed else {
            let mut found = Vec::new();
            self.gather(path, &mut found)?;
            return Ok(found);
        };
        let parts: Vec<&str> = path.split('/').collect();
        let (folder, pattern) = parts.split_at_checked(fixed).unwrap_or((&parts, &[]));
        let mut found = Vec::new();
        self.matching(&folder.join("/"), pattern, &mut found)?;
        if found.is_empty() {
            return Err(Refusal::Missing(path.to_owned()));
        }
        Ok(found)
    }

    fn matching(
        &self,
        folder: &str,
        pattern: &[&str],
        found: &mut Vec<File>,
    ) -> Result<(), Refusal> {
        let Some((first, rest)) = pattern.split_first() else {
            return self.gather(folder, found);
        };
        if first.is_empty() {
            return self.matching(folder, rest, found);
        }
        for (path, _) in self.list(folder)? {
            let name = path.rsplit('/').next().unwrap_or_default();
            let hidden = name.starts_with(['_', '.']) && !first.starts_with(['_', '.']);
            if !hidden && folders::fits(name, first) {
                self.matching(&path, rest, found)?;
            }
        }
        Ok(())
    }

    fn gather(&self, path: &str, found: &mut Vec<File>) -> Result<(), Refusal> {
        for (inside, entry) in self.list(path)? {
            let name = inside.rsplit('/').next().unwrap_or_default();
            let named =
                inside.trim_matches('/') == path.trim_start_matches("dbfs:").trim_matches('/');
            if name.starts_with(['_', '.']) && !named {
                continue;
            }
            match entry.bytes {
                Some(bytes) => found.push(File {
                    path: inside,
                    bytes,
                    modified: entry.modified,
                }),
                None => self.gather(&inside, found)?,
            }
        }
        Ok(())
    }
}
