//! The rules of one kind of resource: what identifies it, what may not exist twice, how it changes.

use serde_json::{Map, Value};

use super::ids::Ids;
use super::item::Step;

/// The rules that all resources of a kind follow. [`Kind`](crate::kinds::Kind) documents each of them.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) word: &'static str,
    pub(crate) id: &'static str,
    pub(crate) ids: Ids,
    pub(crate) arguments: Vec<(&'static str, &'static str)>,
    pub(crate) parent: Option<&'static str>,
    pub(crate) within: &'static [&'static str],
    pub(crate) unique: Option<&'static str>,
    pub(crate) codes: (&'static str, &'static str),
    pub(crate) trash: Option<(&'static str, &'static str)>,
    pub(crate) defaults: Value,
    pub(crate) moves: Vec<(&'static str, &'static [Step])>,
}

impl Rules {
    /// The rules of a kind that has nothing particular about it.
    pub(crate) fn new(word: &'static str, id: &'static str, ids: Ids) -> Self {
        Self {
            word,
            id,
            ids,
            arguments: Vec::new(),
            parent: None,
            within: &[],
            unique: None,
            codes: ("RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS"),
            trash: None,
            defaults: Value::Object(Map::new()),
            moves: Vec::new(),
        }
    }

    /// The field that a parameter carries.
    pub(crate) fn field_of<'a>(&self, argument: &'a str) -> &'a str {
        let alias = self.arguments.iter().find(|(name, _)| *name == argument);
        alias.map_or(argument, |(_, field)| field)
    }
}
