//! Kinds: a declaration of about ten lines answers every operation on a kind of resource.
//!
//! `kind` is the declaration, `serve` registers its operations over a collection, `answer` and `list` show
//! the resources as the spec of each operation says, and `filter` reads the filters of lists.

mod answer;
mod filter;
mod kind;
mod list;
mod serve;

pub(crate) use answer::OPERATION;
pub(crate) use filter::{Filter, like};
pub(crate) use kind::Kind;
