//! Words of a list for what the service cannot do: keep some rows, put them in an order, go down into folders.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::At;

/// An argument that keeps the rows of which a shown field fits it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Narrow {
    /// Shown field that is looked at.
    pub r#in: String,
    /// The way in which the field fits.
    pub by: By,
    /// Its meaning, for an agent.
    pub describe: Option<String>,
}

/// The way in which a field fits an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The text holds it, whatever the case.
    Part,
    /// The last segment of the path holds it, whatever the case.
    FileName,
    /// The tags have it: a key, or `key=value`.
    Tag,
}

/// An argument `order`, by which the first rows are those that are largest in a shown field.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The value for the service's own order.
    pub listed: String,
    /// Further values, each with the shown field whose largest values come first.
    pub by: IndexMap<String, String>,
    /// Rows that are read at most to find the largest.
    pub among: u32,
}

/// An argument `recursive`, by which the rows of folders within the folder follow.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Descend {
    /// Argument that names the folder.
    pub folder: String,
    /// Shown field with the path of a row.
    pub path: String,
    /// Shown field that tells whether a row is a folder, and its values for folders.
    pub when: IndexMap<String, At<Vec<String>>>,
    /// Folders that are read at most.
    pub folders: u32,
}
