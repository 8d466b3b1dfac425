//! The form of what the server compiles and unpacks, owned here and static there.

/// The rows' types, shared with the server.
#[path = "../../src/catalog/answer_spec.rs"]
pub mod answer_spec;
/// The facts of operations, shared with the server.
#[path = "../../src/catalog/facts.rs"]
pub mod facts;
/// The rows' types, shared with the server.
#[path = "../../src/catalog/list_spec.rs"]
pub mod list_spec;
/// The rows' types, shared with the server.
#[path = "../../src/catalog/request_spec.rs"]
pub mod request_spec;
/// Schemas by name, shared with the server.
#[path = "../../src/catalog/schema.rs"]
pub mod schema;
/// The rows' types, shared with the server.
#[path = "../../src/catalog/tool_spec.rs"]
pub mod tool_spec;

/// Owned text; prints as a Rust string.
pub type Text = String;

/// A list that prints as a Rust slice.
#[derive(Clone)]
pub struct List<T>(pub Vec<T>);

impl<T: std::fmt::Debug> std::fmt::Debug for List<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("&")?;
        f.debug_list().entries(&self.0).finish()
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

fn text(text: &str) -> Text {
    text.to_owned()
}

fn list<T>(items: Vec<T>) -> List<T> {
    List(items)
}
