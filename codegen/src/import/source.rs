//! `specs/SOURCE.toml`: the wheel and the overlay behind the committed documents.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::wheel::Wheel;

/// The content of `SOURCE.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourcePin {
    /// Package name on PyPI.
    pub package: String,
    /// Package version.
    pub version: String,
    /// File name of the wheel.
    pub file: String,
    /// Lower-case hex SHA-256 of the wheel.
    pub sha256: String,
    /// Day of the wheel's newest file, `YYYY-MM-DD`.
    pub date: String,
    /// Lower-case hex SHA-256 of `overlay.yaml` at the time of the import.
    pub overlay_sha256: String,
    /// Lower-case hex SHA-256 of the documents that the import wrote, which proves them without the wheel.
    #[serde(default)]
    pub documents_sha256: String,
}

const HEADER: &str = "# Where specs/databricks comes from. Written by `codegen import`.\n";

impl SourcePin {
    pub(crate) fn of(wheel: &Wheel, overlay_sha256: String, documents_sha256: String) -> SourcePin {
        SourcePin {
            package: wheel.package.clone(),
            version: wheel.version.clone(),
            file: wheel.file.clone(),
            sha256: wheel.sha256.clone(),
            date: wheel.date.clone(),
            overlay_sha256,
            documents_sha256,
        }
    }

    /// Reads `SOURCE.toml`; `None` if it does not exist yet.
    ///
    /// # Errors
    /// Fails if the file cannot be read or is not a pin.
    pub fn read(specs: &Path) -> Result<Option<SourcePin>, Error> {
        let path = specs.join("SOURCE.toml");
        if !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        let pin = toml::from_str(&text);
        pin.map(Some).map_err(|e| Error::Config {
            file: "SOURCE.toml".to_owned(),
            reason: e.to_string(),
        })
    }

    pub(crate) fn text(&self) -> Result<String, Error> {
        let body = toml::to_string(self).map_err(|e| Error::Config {
            file: "SOURCE.toml".to_owned(),
            reason: e.to_string(),
        })?;
        Ok(format!("{HEADER}{body}"))
    }

    /// Refuses a wheel of the pinned version with another hash, since a released wheel never changes.
    pub(crate) fn check(&self, wheel: &Wheel) -> Result<(), Error> {
        if self.version == wheel.version
            && self.package == wheel.package
            && self.sha256 != wheel.sha256
        {
            return Err(Error::WrongHash {
                file: wheel.file.clone(),
                actual: wheel.sha256.clone(),
                pinned: self.sha256.clone(),
            });
        }
        Ok(())
    }
}
