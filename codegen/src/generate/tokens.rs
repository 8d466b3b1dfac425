//! The token count of each tool, as `make tokens` wrote it.

use std::path::Path;

use indexmap::IndexMap;

use super::Error;
use crate::tables::Tables;

/// The baseline, relative to the repository root.
pub(super) const PATH: &str = "tests/tokens.json";

/// Token counts by tool.
pub(super) struct Tokens(IndexMap<String, u32>);

impl Tokens {
    pub(super) fn read(root: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(root.join(PATH)).map_err(|error| Error::Tokens {
            reason: error.to_string(),
        })?;
        let counts = serde_json::from_str(&text).map_err(|error| Error::Tokens {
            reason: error.to_string(),
        })?;
        Ok(Self(counts))
    }

    /// The tools without a count, in backticks.
    pub(super) fn uncounted(&self, tables: &Tables) -> Vec<String> {
        let names = tables.tools.0.iter().map(|row| &row.name);
        names
            .filter(|name| !self.0.contains_key(*name))
            .map(|name| format!("`{name}`"))
            .collect()
    }
}
