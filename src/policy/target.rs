//! A thing that a call is about, which is looked at before the user is asked.

use serde_json::{Map, Value};

/// A thing that a call deletes, replaces or changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The operation that takes the thing away.
    pub operation: &'static str,
    /// Its arguments, as the service names them.
    pub arguments: Map<String, Value>,
    /// The thing's name, where the question names several.
    pub name: Option<String>,
    /// Another operation that takes it away, where it may be of another kind: it is missing if it is neither.
    pub or_else: Option<&'static str>,
    /// What it means if the thing does not exist.
    pub if_missing: IfMissing,
}

/// The meaning of a call about a thing that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMissing {
    /// It cannot be done: that is told instead of a question.
    Fails,
    /// It takes nothing away: nobody is asked.
    TakesNothing,
    /// It does other things too: the question says that this one is not there.
    Said,
}
