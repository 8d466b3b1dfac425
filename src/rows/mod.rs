//! The tools and operations as `build.rs` wrote them from `specs/`: static, nothing to parse.

mod row;

pub use row::*;

/// Text of the binary.
pub type Text = &'static str;
/// A list of the binary.
pub type List<T> = &'static [T];

include!(concat!(env!("OUT_DIR"), "/tables.rs"));
