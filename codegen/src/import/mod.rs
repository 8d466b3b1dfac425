//! Reads the `databricks-sdk` wheel statically and writes the API facts to `specs/databricks/`.
//!
//! wheel -> module (operations, schemas, waiters) -> api (ids, paths, overlay) -> document -> verify -> staging

mod annotation;
mod api;
mod document;
mod documentation;
mod drift;
mod error;
mod figures;
mod kept;
mod manifest_uses;
mod model;
mod module;
mod operation;
mod operation_object;
mod overlay;
mod pagination;
mod python;
mod references;
mod resource_name;
mod schema;
mod source;
mod staging;
mod statements;
mod verify;
mod waiter;
mod waiting;
mod wheel;

use std::path::Path;

pub use drift::{Change, Drift, Section};
pub use error::{Error, Stale};
pub use figures::{Figures, STYLES};
pub use source::SourcePin;

/// The result of an import.
#[derive(Debug)]
pub struct Report {
    /// The wheel and overlay that were read.
    pub source: SourcePin,
    /// The figures of the documents.
    pub figures: Figures,
    /// The version that was replaced, and the changes; `None` at the first import.
    pub drift: Option<(String, Drift)>,
}

/// Reads the wheel at `wheel`, a file or a folder that holds it, and replaces `specs/databricks/`,
/// `specs/SOURCE.toml` and, for a new version, `specs/DRIFT.md`.
///
/// # Errors
/// Fails if anything is missing, unreadable or inconsistent. `specs` is then unchanged.
pub fn import(wheel: &Path, specs: &Path) -> Result<Report, Error> {
    let pinned = SourcePin::read(specs)?;
    let wheel = wheel::open(wheel)?;
    if let Some(pinned) = &pinned {
        pinned.check(&wheel)?;
    }
    let overlay_text = overlay_text(specs)?;
    let overlay = overlay::Overlay::parse(&overlay_text)?;
    let modules: Result<Vec<_>, Error> = wheel
        .modules
        .iter()
        .map(|(name, file, text)| module::read(name, file, text))
        .collect();
    let api = api::assemble(modules?, &overlay)?;
    let documents = document::documents(&api)?;
    verify::verify(&documents)?;
    let source = SourcePin::of(
        &wheel,
        wheel::sha256(overlay_text.as_bytes()),
        staging::digest_of(&documents),
    );
    let before = staging::read(specs)?;
    let drift = match pinned {
        Some(pinned) if !before.is_empty() => {
            let manifest = manifest_uses::read(specs)?;
            let drift = Drift::between(&before, &documents, &manifest)?;
            Some((pinned.version, drift))
        }
        _ => None,
    };
    let note = match &drift {
        Some((from, drift)) => kept::note(specs, from, &source, drift)?,
        None => None,
    };
    staging::replace(specs, &documents, &source.text()?, note.as_deref())?;
    let figures = Figures::count(&documents);
    Ok(Report {
        source,
        figures,
        drift,
    })
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} {}", self.source.package, self.source.version)?;
        write!(f, "{}", self.figures)?;
        match &self.drift {
            Some((version, drift)) => write!(
                f,
                "\n\n{}",
                kept::text(version, &self.source.version, drift)
            ),
            None => Ok(()),
        }
    }
}

/// Counts the committed documents under `specs`.
///
/// # Errors
/// Fails if a document cannot be read or the documents contradict each other.
pub fn figures(specs: &Path) -> Result<Figures, Error> {
    let documents = staging::read(specs)?;
    verify::verify(&documents)?;
    Ok(Figures::count(&documents))
}

/// Proves without the wheel that the committed documents are those that the import wrote.
///
/// # Errors
/// Fails if a document was edited, added or removed, or cannot be read.
pub fn documents_are_imported(specs: &Path) -> Result<(), Error> {
    let Some(pin) = SourcePin::read(specs)? else {
        return Ok(());
    };
    if staging::digest(specs)? == pin.documents_sha256 {
        Ok(())
    } else {
        Err(Error::EditedDocuments {
            version: pin.version,
        })
    }
}

/// True if the committed documents were imported with the present `overlay.yaml`.
///
/// # Errors
/// Fails if a file cannot be read or `SOURCE.toml` is not a pin.
pub fn overlay_is_current(specs: &Path) -> Result<bool, Error> {
    let current = wheel::sha256(overlay_text(specs)?.as_bytes());
    Ok(SourcePin::read(specs)?.is_some_and(|pin| pin.overlay_sha256 == current))
}

fn overlay_text(specs: &Path) -> Result<String, Error> {
    let path = specs.join("overlay.yaml");
    if !path.exists() {
        return Ok(String::new());
    }
    std::fs::read_to_string(&path).map_err(Error::io(&path))
}
