//! The committed counts that growth is measured from: `tests/tokens.json`, tool by tool.

use std::path::Path;

use indexmap::IndexMap;

use crate::measure::{Cost, Group};

/// From the root of the repository.
pub(crate) const PATH: &str = "tests/tokens.json";

/// Why the baseline cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{PATH}`: {0}\nhint: run `make tokens ACCEPT=1` from the root of the repository")]
    File(#[from] std::io::Error),
    #[error("`{PATH}` cannot be read: {0}\nhint: run `make tokens ACCEPT=1`")]
    Text(#[from] serde_json::Error),
}

/// Tokens by tool.
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

    /// What the tools of a group cost, those that have no row left out.
    pub(crate) fn of_group(&self, group: &Group, measured: &[Cost]) -> usize {
        let members = measured.iter().filter(|cost| group.has(cost));
        members.filter_map(|cost| self.0.get(&cost.tool)).sum()
    }
}
