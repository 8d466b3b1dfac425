//! Says what an import changed, which tools and behaviours of the manifest it touches, and what to do next.

mod change;
mod fields;
mod look;
mod operations;
mod schemas;
mod side;
mod text;

pub use change::{Change, Section};

use super::document::Documents;
use super::error::Error;
use super::manifest_uses::Manifest;
use look::Look;
use side::Side;

/// The difference between two imports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// Every change, in the order of the report.
    pub changes: Vec<Change>,
}

impl Drift {
    /// Compares the documents before and after.
    pub(crate) fn between(
        before: &Documents,
        after: &Documents,
        manifest: &Manifest,
    ) -> Result<Drift, Error> {
        let (old, new) = (Side::of(before)?, Side::of(after)?);
        let look = Look::new(&old, &new, manifest);
        let mut changes = operations::all(&look);
        changes.extend(schemas::all(&look));
        // What is to be done comes first within its section.
        changes.sort_by(|a, b| {
            let key = |change: &Change| (change.section, change.next.is_empty());
            key(a).cmp(&key(b)).then_with(|| a.subject.cmp(&b.subject))
        });
        Ok(Drift { changes })
    }

    /// Returns true if nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}
