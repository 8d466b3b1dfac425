//! Reads and replaces `specs/databricks` as a whole: either every document is new or none is.

use std::fs;
use std::path::Path;

use super::document::{Documents, text};
use super::error::Error;

/// The documents under `specs/databricks`; none if the folder is absent.
pub(crate) fn read(specs: &Path) -> Result<Documents, Error> {
    let folder = specs.join("databricks");
    let mut documents = Documents::new();
    if !folder.exists() {
        return Ok(documents);
    }
    for entry in fs::read_dir(&folder).map_err(Error::io(&folder))? {
        let path = entry.map_err(Error::io(&folder))?.path();
        let Some(file) = path
            .file_name()
            .and_then(|n| n.to_str())
            .filter(|n| n.ends_with(".json"))
        else {
            continue;
        };
        let content = fs::read_to_string(&path).map_err(Error::io(&path))?;
        let document = serde_json::from_str(&content).map_err(|e| Error::BadDocument {
            file: file.to_owned(),
            reason: e.to_string(),
        })?;
        documents.insert(file.to_owned(), document);
    }
    Ok(documents)
}

/// Writes `documents` and `SOURCE.toml` beside the old ones, then swaps.
pub(crate) fn replace(specs: &Path, documents: &Documents, pin: &str) -> Result<(), Error> {
    let (current, staged, old) = (
        specs.join("databricks"),
        specs.join(".databricks.new"),
        specs.join(".databricks.old"),
    );
    let (pin_path, staged_pin) = (specs.join("SOURCE.toml"), specs.join(".SOURCE.toml.new"));
    for leftover in [&staged, &old] {
        if leftover.exists() {
            fs::remove_dir_all(leftover).map_err(Error::io(leftover))?;
        }
    }
    fs::create_dir_all(&staged).map_err(Error::io(&staged))?;
    for (file, document) in documents {
        let path = staged.join(file);
        fs::write(&path, text(document)).map_err(Error::io(&path))?;
    }
    fs::write(&staged_pin, pin).map_err(Error::io(&staged_pin))?;
    if current.exists() {
        fs::rename(&current, &old).map_err(Error::io(&current))?;
    }
    if let Err(error) = fs::rename(&staged, &current) {
        if old.exists() {
            fs::rename(&old, &current).map_err(Error::io(&old))?;
        }
        return Err(Error::Io {
            path: current,
            source: error,
        });
    }
    fs::rename(&staged_pin, &pin_path).map_err(Error::io(&pin_path))?;
    if old.exists() {
        fs::remove_dir_all(&old).map_err(Error::io(&old))?;
    }
    Ok(())
}
