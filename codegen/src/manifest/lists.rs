//! Words of a list: its pages, and what the service cannot do: keep some rows, order them, go down into folders.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::At;

/// The pages of a list. Leave out what the specs know: rows and tokens.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Paginate {
    /// Field of the answer that holds the rows.
    pub items: Option<String>,
    /// The continuation token.
    pub token: Option<Token>,
    /// Parameter for rows per request.
    pub size: Option<String>,
    /// The most that `size` may be; the service's own bound.
    pub size_maximum: Option<u32>,
    /// Rows in an answer when the caller gives no `limit`.
    pub limit: Option<u32>,
    /// Further arguments, by which rows are kept that the service cannot tell apart.
    #[serde(default)]
    pub narrow: IndexMap<At<String>, Narrow>,
    /// The argument `order`.
    pub order: Option<Order>,
    /// The argument `recursive`.
    pub descend: Option<Descend>,
}

/// The way of the continuation token.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Token {
    /// Parameter that carries it.
    pub request: String,
    /// Field of the answer that holds it.
    pub response: String,
}

/// An argument that keeps the rows of which a shown field fits it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
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
#[schemars(deny_unknown_fields)]
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
#[schemars(deny_unknown_fields)]
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
