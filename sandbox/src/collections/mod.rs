//! Collections: the resources of the workspace, kept in memory by kind.
//!
//! An `item` is one resource, `ids` makes what identifies it, `rules` says how the resources of a kind are
//! named and found, and a `collection` keeps all resources of one kind.

mod collection;
mod ids;
mod item;
mod rules;

pub(crate) use collection::{Collection, Collections, is, text};
pub(crate) use ids::Ids;
pub(crate) use item::{Item, Step, set};
pub(crate) use rules::Rules;
