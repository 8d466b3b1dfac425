//! What was last uploaded from a folder, so that the next upload sends only what changed.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The record of one folder of this machine and one of a store, kept in the folder of states. Where it cannot be read
/// or written, everything counts as changed.
#[derive(Debug, Default)]
pub struct Synced {
    file: Option<PathBuf>,
    files: BTreeMap<String, Version>,
}

/// A file as it was uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
    /// The time that the store gave it, in seconds since 1970.
    pub modified: Option<i64>,
}

impl Synced {
    /// Reads the record of this name in the folder of states; none counts as empty.
    #[must_use]
    pub fn read(states: Option<&Path>, name: &str) -> Self {
        let file = states.map(|states| states.join("databricks-mcp").join("synced").join(name));
        let text = file.as_ref().and_then(|file| std::fs::read(file).ok());
        let files = text.and_then(|text| serde_json::from_slice(&text).ok());
        Self {
            files: files.unwrap_or_default(),
            file,
        }
    }

    /// True if this very version of the file was uploaded last, and the store has not changed it since.
    #[must_use]
    pub fn has(&self, path: &str, version: &Version) -> bool {
        version.modified.is_some() && self.files.get(path) == Some(version)
    }

    /// Notes a version that was uploaded.
    pub fn note(&mut self, path: String, version: Version) {
        self.files.insert(path, version);
    }

    /// Writes the record, at once and for its owner only.
    ///
    /// # Errors
    /// The disk refuses; then everything counts as changed the next time.
    pub fn write(&self) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let folder = file.parent().unwrap_or(file);
        std::fs::create_dir_all(folder)?;
        let mut draft = tempfile::Builder::new()
            .prefix(".synced")
            .tempfile_in(folder)?;
        draft.write_all(&serde_json::to_vec(&self.files)?)?;
        draft.persist(file).map(|_| ()).map_err(|error| error.error)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_the_version_that_was_noted_is_the_same() {
        let states = tempfile::tempdir().unwrap();
        let version = |sha256: &str, modified| Version {
            sha256: sha256.to_owned(),
            modified,
        };
        let mut synced = Synced::read(Some(states.path()), "a");
        synced.note("x".to_owned(), version("1", Some(7)));
        synced.note("y".to_owned(), version("1", None));
        synced.write().unwrap();
        let again = Synced::read(Some(states.path()), "a");
        assert!(again.has("x", &version("1", Some(7))));
        assert!(!again.has("x", &version("2", Some(7))));
        assert!(!again.has("x", &version("1", Some(8))));
        assert!(!again.has("y", &version("1", None)));
        assert!(!Synced::read(Some(states.path()), "b").has("x", &version("1", Some(7))));
        std::fs::write(states.path().join("databricks-mcp/synced/a"), "{broken").unwrap();
        assert!(!Synced::read(Some(states.path()), "a").has("x", &version("1", Some(7))));
    }
}
