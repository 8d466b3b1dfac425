//! `effects.yaml` as it is written: what operations do, by verb, and the reviewed exceptions.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::At;

/// The whole file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Effects {
    /// The effect of an operation without an exception, by its verb.
    pub verbs: IndexMap<String, Effect>,
    /// The exceptions.
    pub exceptions: Vec<Exception>,
}

/// Operations that do something else than their verb says.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Exception {
    /// Their effect.
    pub effect: Effect,
    /// The argument, by dots also a nested one, with which alone they have it.
    pub when: Option<String>,
    /// Why.
    pub reason: String,
    /// The operations, by id.
    pub operations: Vec<At<String>>,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Adds, or changes what can be changed back.
    Write,
    /// Deletes, replaces or stops.
    Destroy,
    /// Answers with a secret, a token or a password.
    Reveal,
    /// Changes who may do what.
    Grant,
}
