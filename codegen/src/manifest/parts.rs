//! Words of an answer for what further operations tell: about its parts, or about what was written.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{At, Field};

/// Fields that another operation adds to each part of a shown list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Each {
    /// Shown field that holds the parts; when left out, the answer itself with the caller's arguments is the one part.
    pub of: Option<String>,
    /// The operation, which only reads.
    pub operation: At<String>,
    /// Its parameters, each from `part.<field>` or `answer.<field>` as they are shown, or `request.<argument>`.
    pub with: IndexMap<String, String>,
    /// Only for parts whose shown field has one of these values; of an empty list, any value.
    #[serde(default)]
    pub when: IndexMap<String, Vec<String>>,
    /// Not for parts whose shown field has one of these values; of an empty list, any value.
    #[serde(default)]
    pub unless: IndexMap<String, Vec<String>>,
    /// Parts that are asked for at most; one when left out.
    pub first: Option<u32>,
    /// Name in the part, and the field of the operation's answer.
    pub fields: IndexMap<String, At<Field>>,
    /// Those of the fields that say why work failed: they are added to the error.
    #[serde(default)]
    pub explains: Vec<String>,
}

/// One object that the service answers with in pages.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Paged {
    /// Parameter that asks for a page.
    pub request: String,
    /// Field of the answer that holds the token of the next.
    pub response: String,
}

/// Parameters of which the service takes a misspelt one in silence: they are held to what another tool shows.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Checked {
    /// Tool that shows what is run.
    pub by: At<String>,
    /// Argument of both that names it.
    pub named: String,
    /// Argument that must have no other names than the answer has at the path.
    pub names: IndexMap<String, String>,
    /// Tasks in the service's answer.
    pub tasks: String,
    /// Arguments whose names the tasks may tell.
    pub of_tasks: IndexMap<String, OfTasks>,
}

/// An argument for all tasks of one kind.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OfTasks {
    /// Field that a task of the kind has.
    pub kind: String,
    /// Object within, whose names are known to be used.
    pub used: String,
}
