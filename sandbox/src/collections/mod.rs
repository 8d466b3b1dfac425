//! Collections: kinds of resource that are made, shown, listed, changed and removed in the same way,
//! each from a declaration of about ten lines.
//!
//! `kind` is the declaration, `serve` answers its operations from a `collection` of `item`s, `answer`
//! and `list` show them as the spec of each operation has it.

mod answer;
mod collection;
mod filter;
mod ids;
mod item;
mod kind;
mod list;
mod serve;

pub(crate) use answer::{OPERATION, rfc3339};
pub(crate) use collection::Collections;
pub(crate) use filter::{Filter, like};
pub(crate) use ids::Ids;
pub(crate) use item::{Item, Step};
pub(crate) use kind::Kind;
