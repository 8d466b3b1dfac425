//! `overlay.yaml` as far as the build holds it to the documents, into which the import has taken it.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::At;

/// One correction of the API documents.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Correction {
    /// Why.
    pub reason: String,
    /// Gives an operation another path.
    pub set_path: Option<SetPath>,
    /// Names the class that holds the pages of an operation.
    pub set_page_items: Option<SetPageItems>,
    /// Adds an operation.
    pub add_operation: Option<AddOperation>,
}

/// Another path.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SetPath {
    /// The operation.
    pub operation: At<String>,
    /// Its path upstream.
    pub from: String,
    /// The right one.
    pub to: At<String>,
}

/// The class of the pages.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SetPageItems {
    /// The operation.
    pub operation: At<String>,
    /// The class.
    pub schema: String,
}

/// A further operation.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AddOperation {
    /// The module whose document gets it.
    pub module: String,
    /// HTTP method.
    pub verb: String,
    /// Path template.
    pub path: At<String>,
    /// An OpenAPI operation object.
    pub operation: Value,
}
