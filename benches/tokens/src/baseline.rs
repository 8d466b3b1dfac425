//! The committed baseline of token counts by tool: `tests/tokens.json`.

use std::path::Path;

use indexmap::IndexMap;

use crate::measure::{Cost, Group};

/// Path relative to the repository root.
pub(crate) const PATH: &str = "tests/tokens.json";

/// A failure to read or write the baseline.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{PATH}`: {0}\nhint: run `make tokens ACCEPT=1` in the root of the repository")]
    File(#[from] std::io::Error),
    #[error("`{PATH}` cannot be read: {0}\nhint: run `make tokens ACCEPT=1`")]
    Text(#[from] serde_json::Error),
}

/// Token counts by tool.
#[derive(Debug, Default)]
pub(crate) struct Baseline(pub(crate) IndexMap<String, usize>);

impl Baseline {
    pub(crate) fn of(costs: &[Cost]) -> Self {
        let rows = costs.iter();
        Self(rows.map(|cost| (cost.tool.clone(), cost.tokens)).collect())
    }

    pub(crate) fn read() -> Result<Self, Error> {
        Self::read_from(Path::new(PATH))
    }

    pub(crate) fn read_from(path: &Path) -> Result<Self, Error> {
        Ok(Self(serde_json::from_str(&std::fs::read_to_string(path)?)?))
    }

    pub(crate) fn write(&self) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(&self.0)?;
        Ok(std::fs::write(PATH, text + "\n")?)
    }

    /// The total of a group, without the tools that have no count.
    pub(crate) fn of_group(&self, group: &Group, measured: &[Cost]) -> usize {
        let members = measured.iter().filter(|cost| group.has(cost));
        members.filter_map(|cost| self.0.get(&cost.tool)).sum()
    }
}
