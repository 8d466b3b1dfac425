//! What each tool costs a model, as `make tokens` counted it.

use std::path::Path;

use indexmap::IndexMap;

use super::Error;
use crate::tables::Tables;

/// From the root of the repository.
pub(super) const PATH: &str = "tests/tokens.json";

/// Tokens by tool.
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

    /// The tools that have no count.
    pub(super) fn uncounted(&self, tables: &Tables) -> Vec<String> {
        let names = tables.tools.0.iter().map(|row| &row.name);
        names
            .filter(|name| !self.0.contains_key(*name))
            .map(|name| format!("`{name}`"))
            .collect()
    }

    /// What one tool costs, in words.
    pub(super) fn of(&self, tool: &str) -> String {
        self.0
            .get(tool)
            .map_or_else(|| "not counted".to_owned(), ToString::to_string)
    }

    /// How many tools these toolsets have, and what they cost.
    pub(super) fn of_toolsets(&self, tables: &Tables, toolsets: &[String]) -> (usize, u32) {
        let rows = tables.tools.0.iter();
        let members: Vec<_> = rows.filter(|row| toolsets.contains(&row.toolset)).collect();
        let counts = members.iter().filter_map(|row| self.0.get(&row.name));
        (members.len(), counts.sum())
    }
}
