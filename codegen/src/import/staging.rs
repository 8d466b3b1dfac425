//! Reads and replaces `specs/databricks` as a whole: either all documents are new, or none.

use std::fs;
use std::path::{Path, PathBuf};

use super::document::{Documents, text};
use super::error::Error;
use super::wheel::sha256;

/// The documents under `specs/databricks`; empty if the folder is absent.
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

/// A digest of every file under `specs/databricks`: its name and its bytes, in the order of the names.
pub(crate) fn digest(specs: &Path) -> Result<String, Error> {
    let folder = specs.join("databricks");
    let mut paths = Vec::new();
    for entry in fs::read_dir(&folder).map_err(Error::io(&folder))? {
        paths.push(entry.map_err(Error::io(&folder))?.path());
    }
    paths.sort();
    let mut parts = Vec::new();
    for path in paths {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let bytes = fs::read(&path).map_err(Error::io(&path))?;
        parts.push((name.unwrap_or_default(), sha256(&bytes)));
    }
    Ok(sum(parts))
}

/// The digest that [`digest`] gives once `documents` are written.
pub(crate) fn digest_of(documents: &Documents) -> String {
    let parts = documents.iter();
    sum(parts.map(|(file, document)| (file.clone(), sha256(text(document).as_bytes()))))
}

fn sum(parts: impl IntoIterator<Item = (String, String)>) -> String {
    let lines = parts
        .into_iter()
        .map(|(name, hash)| format!("{hash}  {name}\n"));
    sha256(lines.collect::<String>().as_bytes())
}

/// The folders in use while `specs` is replaced.
struct Places {
    current: PathBuf,
    staged: PathBuf,
    old: PathBuf,
    pin: PathBuf,
    staged_pin: PathBuf,
    note: PathBuf,
    staged_note: PathBuf,
}

/// Writes `documents`, `SOURCE.toml` and, where there is one, the note on what changed beside the old ones, then
/// swaps; undoes all on failure.
pub(crate) fn replace(
    specs: &Path,
    documents: &Documents,
    pin: &str,
    note: Option<&str>,
) -> Result<(), Error> {
    let places = Places {
        current: specs.join("databricks"),
        staged: specs.join(".databricks.new"),
        old: specs.join(".databricks.old"),
        pin: specs.join("SOURCE.toml"),
        staged_pin: specs.join(".SOURCE.toml.new"),
        note: specs.join("DRIFT.md"),
        staged_note: specs.join(".DRIFT.md.new"),
    };
    remove(&places.staged)?;
    remove(&places.old)?;
    let outcome = stage(&places, documents, pin, note).and_then(|()| swap(&places));
    if outcome.is_err() {
        // The first error is the one to report; a leftover is removed by the next import.
        let _ = remove(&places.staged);
        let _ = fs::remove_file(&places.staged_pin);
        let _ = fs::remove_file(&places.staged_note);
    }
    outcome?;
    if note.is_some() {
        fs::rename(&places.staged_note, &places.note).map_err(Error::io(&places.note))?;
    }
    remove(&places.old)
}

fn remove(folder: &Path) -> Result<(), Error> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Error::io(folder))?;
    }
    Ok(())
}

fn stage(
    places: &Places,
    documents: &Documents,
    pin: &str,
    note: Option<&str>,
) -> Result<(), Error> {
    fs::create_dir_all(&places.staged).map_err(Error::io(&places.staged))?;
    for (file, document) in documents {
        let path = places.staged.join(file);
        fs::write(&path, text(document)).map_err(Error::io(&path))?;
    }
    if let Some(note) = note {
        fs::write(&places.staged_note, note).map_err(Error::io(&places.staged_note))?;
    }
    fs::write(&places.staged_pin, pin).map_err(Error::io(&places.staged_pin))
}

fn swap(places: &Places) -> Result<(), Error> {
    let had_documents = places.current.exists();
    if had_documents {
        fs::rename(&places.current, &places.old).map_err(Error::io(&places.current))?;
    }
    let swapped = fs::rename(&places.staged, &places.current)
        .map_err(Error::io(&places.current))
        .and_then(|()| fs::rename(&places.staged_pin, &places.pin).map_err(Error::io(&places.pin)));
    if swapped.is_err() {
        remove(&places.current)?;
        if had_documents {
            fs::rename(&places.old, &places.current).map_err(Error::io(&places.old))?;
        }
    }
    swapped
}
