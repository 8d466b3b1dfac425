//! The tools and operations as `build.rs` wrote them from `specs/`: static, nothing to parse.

mod answer_spec;
mod facts;
mod list_spec;
mod request_spec;
mod schema;
mod tool_spec;

pub use facts::{Facts, OperationFacts, PaginateFacts, ParamFacts, Style, is_time};
pub use schema::{NoField, Schemas};
pub use tables::{CHECKED, OBJECTS, OPERATIONS, PRESETS, TOKENS, TOOLS, TOOLSETS, WAITS};
pub use tool_spec::*;

/// Text of the binary.
pub type Text = &'static str;
/// A list of the binary.
pub type List<T> = &'static [T];

/// Keeps text for good; the number of parameters of all operations bounds it.
fn text(text: &str) -> Text {
    String::leak(text.to_owned())
}

/// Keeps a list for good; the number of operations bounds it.
fn list<T>(items: Vec<T>) -> List<T> {
    items.leak()
}

/// Returns the way to wait for what an operation starts; none where nothing tells when it ends.
#[must_use]
pub fn wait_of(operation: &str) -> Option<&'static Wait> {
    let found = WAITS.binary_search_by_key(&operation, |(starts, _)| starts);
    found
        .ok()
        .and_then(|index| WAITS.get(index))
        .map(|(_, wait)| wait)
}

/// Returns the parameter that makes an operation harmless to repeat, and its place; most have none.
#[must_use]
pub fn token_of(operation: &str) -> Option<(Text, Place)> {
    let found = TOKENS.binary_search_by_key(&operation, |(id, _, _)| id);
    found
        .ok()
        .and_then(|index| TOKENS.get(index))
        .map(|(_, name, place)| (*name, *place))
}

/// Returns true for an operation that only reads, also one that is sent by POST, such as a search.
#[must_use]
pub fn only_reads(operation: &str) -> bool {
    let mut known = OPERATIONS.iter();
    known.any(|known| known.id == operation && known.effect == Effect::Reads)
}

impl ToolSpec {
    /// The operations that the tool is there to send.
    pub fn primary(&self) -> impl Iterator<Item = &SentOperation> + use<'_> {
        self.operations.iter().filter(|sent| sent.primary)
    }
}

/// The plan of the table tool called `tool`.
#[must_use]
pub fn plan_of(tool: &str) -> Option<&'static Plan> {
    let tool = TOOLS.iter().find(|known| known.name == tool)?;
    match &tool.door {
        Door::Table(plan) => Some(plan),
        Door::Behaviour(_) => None,
    }
}

/// The rows themselves; variants stand there without their enum.
mod tables {
    #![allow(
        unused_imports,
        reason = "a small manifest need not use every kind of everything"
    )]
    use super::tool_spec::{
        Access::*, BindFrom::*, By::*, Door::*, Effect::*, Format::*, Kind::*, Next::*, Outcome::*,
        PartFrom::*, Place::*, Source::*, *,
    };

    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}
