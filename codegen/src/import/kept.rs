//! `specs/DRIFT.md`: the report of the last new version, kept beside the pin for those who review the change.

use std::path::Path;

use super::drift::Drift;
use super::error::Error;
use super::source::SourcePin;

const FILE: &str = "DRIFT.md";

/// The report under its heading.
pub(crate) fn text(from: &str, to: &str, drift: &Drift) -> String {
    format!("{}\n\n{drift}", heading(from, to))
}

fn heading(from: &str, to: &str) -> String {
    if from == to {
        format!("# databricks-sdk {to}, imported again")
    } else {
        format!("# databricks-sdk {from} → {to}")
    }
}

/// The new content of the file; `None` to leave it as it is. A new version replaces it. The same version, imported
/// again with another overlay, adds to it, so that what the version brought stays to be read.
pub(crate) fn note(
    specs: &Path,
    from: &str,
    source: &SourcePin,
    drift: &Drift,
) -> Result<Option<String>, Error> {
    let report = format!("{}\n", text(from, &source.version, drift));
    if from != source.version {
        return Ok(Some(report));
    }
    if drift.is_empty() {
        return Ok(None);
    }
    let path = specs.join(FILE);
    if !path.exists() {
        return Ok(Some(report));
    }
    let before = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    Ok(Some(format!("{before}\n{report}")))
}
