//! The tools and operations as `build.rs` wrote them from `specs/`: static, nothing to parse.

mod tool_spec;

pub use tables::{OPERATIONS, PRESETS, TOOLS, TOOLSETS};
pub use tool_spec::*;

/// Text of the binary.
pub type Text = &'static str;
/// A list of the binary.
pub type List<T> = &'static [T];

/// The rows themselves; variants stand there without their enum.
mod tables {
    #![allow(
        unused_imports,
        reason = "a small manifest need not use every kind of everything"
    )]
    use super::tool_spec::{
        Access::*, BindFrom::*, Door::*, Format::*, Kind::*, Next::*, Outcome::*, Place::*,
        Source::*, *,
    };

    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}
