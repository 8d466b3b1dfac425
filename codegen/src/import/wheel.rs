//! Opens the wheel: its version, its hash and the text of its service modules.

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::error::Error;

const SERVICES: &str = "databricks/sdk/service/";

/// The parts of a wheel that the importer uses.
#[derive(Debug)]
pub(crate) struct Wheel {
    pub(crate) file: String,
    pub(crate) package: String,
    pub(crate) version: String,
    pub(crate) sha256: String,
    /// Day of the release: the newest date among the archive's entries.
    pub(crate) date: String,
    /// Module name, file inside the wheel and text, by name.
    pub(crate) modules: Vec<(String, String, String)>,
}

/// The lower-case hex SHA-256 of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The wheel in a folder, which must hold one of `databricks-sdk`; a file is the wheel itself.
fn find(path: &Path) -> Result<PathBuf, Error> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(Error::io(path))? {
        let name = entry.map_err(Error::io(path))?.file_name();
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("databricks_sdk-") && name.ends_with(".whl") {
            found.push(name);
        }
    }
    found.sort();
    match found.as_slice() {
        [one] => Ok(path.join(one)),
        _ => Err(Error::NotOneWheel {
            path: path.to_owned(),
            found,
        }),
    }
}

/// Reads the wheel at `path`, a file or a folder that holds it.
pub(crate) fn open(path: &Path) -> Result<Wheel, Error> {
    let path = &find(path)?;
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let not_a_wheel = |reason: String| Error::NotAWheel {
        path: path.to_owned(),
        reason,
    };
    let hash = sha256(&bytes);
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|e| not_a_wheel(e.to_string()))?;
    let names: Vec<String> = archive
        .file_names()
        .filter_map(|name| name.ok().map(|n| n.into_owned()))
        .collect();
    let information = |wanted: &str| {
        let found = names
            .iter()
            .find(|n| n.ends_with(&format!(".dist-info/{wanted}")));
        found
            .cloned()
            .ok_or_else(|| not_a_wheel(format!("it holds no `{wanted}`")))
    };
    let metadata = text(&mut archive, &information("METADATA")?, path)?;
    let record = text(&mut archive, &information("RECORD")?, path)?;
    let header = |wanted: &str| {
        let value = metadata
            .lines()
            .take_while(|l| !l.is_empty())
            .find_map(|l| l.strip_prefix(wanted)?.strip_prefix(": "));
        value
            .map(str::to_owned)
            .ok_or_else(|| not_a_wheel(format!("its metadata names no `{wanted}`")))
    };
    let (package, version) = (header("Name")?, header("Version")?);
    let mut modules = Vec::new();
    for listed in record.lines().filter_map(|line| line.split(',').next()) {
        let Some(module) = listed
            .strip_prefix(SERVICES)
            .and_then(|m| m.strip_suffix(".py"))
        else {
            continue;
        };
        if module.starts_with('_') || module.contains('/') {
            continue;
        }
        if !names.iter().any(|n| n == listed) {
            return Err(Error::MissingModule {
                module: listed.to_owned(),
                needed_by: "the wheel's RECORD".to_owned(),
            });
        }
        modules.push((
            module.to_owned(),
            listed.to_owned(),
            text(&mut archive, listed, path)?,
        ));
    }
    if modules.is_empty() {
        return Err(not_a_wheel(format!(
            "it holds no modules under `{SERVICES}`"
        )));
    }
    modules.sort();
    let file = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let date = newest(&mut archive);
    Ok(Wheel {
        file,
        package,
        version,
        sha256: hash,
        date,
        modules,
    })
}

fn text(
    archive: &mut ZipArchive<Cursor<Vec<u8>>>,
    name: &str,
    path: &Path,
) -> Result<String, Error> {
    let broken = |reason: String| Error::NotAWheel {
        path: path.to_owned(),
        reason: format!("`{name}`: {reason}"),
    };
    let mut file = archive.by_name(name).map_err(|e| broken(e.to_string()))?;
    let mut text = String::new();
    file.read_to_string(&mut text)
        .map_err(|e| broken(e.to_string()))?;
    Ok(text)
}

fn newest(archive: &mut ZipArchive<Cursor<Vec<u8>>>) -> String {
    let mut newest = String::new();
    for index in 0..archive.len() {
        let date = archive.by_index(index).ok().and_then(|f| f.last_modified());
        if let Some(date) = date {
            newest = newest.max(format!(
                "{:04}-{:02}-{:02}",
                date.year(),
                date.month(),
                date.day()
            ));
        }
    }
    newest
}
