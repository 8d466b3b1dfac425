//! Words for waiting: how the end of work is known, and what differs for one tool.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::At;

/// Rules by which the answer of a polled operation tells that work has ended, where the specs have none or
/// others.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Poll {
    /// Operations that start such work and of which the specs do not say so: each with the parameters of the
    /// polled operation, from `request.<argument>` or `response.<field>`.
    #[serde(default)]
    pub starts: IndexMap<At<String>, At<IndexMap<String, String>>>,
    /// Parameters of the polled operation that always have the same value, as JSON.
    #[serde(default)]
    pub always: IndexMap<String, At<serde_json::Value>>,
    /// Operations that the specs poll in vain: the state tells nothing about what they do.
    #[serde(default)]
    pub except: Vec<At<String>>,
    /// Field of the polled answer that says the state in one word; as with `message`, several may be joined by `|`.
    pub state: Option<String>,
    /// Field with the service's own words about the state.
    pub message: Option<String>,
    /// States that mean it went as asked.
    pub success: Option<Vec<String>>,
    /// States that mean it did not.
    pub failure: Option<Vec<String>>,
    /// Instead of `success` and `failure`, where one field does not tell: the first match decides, and nothing
    /// matching means it goes on.
    #[serde(default)]
    pub until: Vec<At<Until>>,
    /// Counts finished parts for progress.
    pub progress: Option<Progress>,
    /// Operation that a cancelled call sends, with the same parameters.
    pub cancel: Option<At<String>>,
    /// Tool that tells later how it went; the one of the polled operation when left out.
    pub resume: Option<At<String>>,
    /// Tool that says why it failed, with the arguments of `resume`; without it, `resume` does.
    pub explain: Option<At<String>>,
}

/// The waiting of one tool, where it differs from the rules.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Wait {
    /// States that mean it went as asked.
    pub success: Option<Vec<String>>,
    /// States that mean it did not.
    pub failure: Option<Vec<String>>,
    /// Field with the service's own words about the state; empty for none.
    pub message: Option<String>,
    /// Argument for the seconds to wait at most; `wait` when left out. The user's setting stays the bound.
    #[serde(default = "within")]
    pub within: String,
    /// Argument for the seconds between two questions.
    pub every: Option<String>,
}

/// The name in every tool that does not choose another.
fn within() -> String {
    "wait".to_owned()
}

/// A condition on the polled answer and what it means.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Until {
    /// Dotted path into the polled answer; the state when left out.
    pub field: Option<String>,
    /// Its values.
    pub r#in: Vec<String>,
    /// Further fields that must match too.
    #[serde(default)]
    pub and: IndexMap<String, Vec<String>>,
    /// The outcome.
    pub is: Outcome,
}

/// An end of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As asked.
    Success,
    /// Not as asked; the answer is an error.
    Failure,
}

/// Parts of the work, counted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Progress {
    /// Field that holds the parts.
    pub items: String,
    /// Field of a part that says its state.
    pub field: String,
    /// States of a finished part.
    pub done: Vec<String>,
}
