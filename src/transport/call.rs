//! The tool call on whose behalf requests are sent.

use std::sync::Arc;

/// One tool call: what its requests are logged and counted under.
#[derive(Debug, Clone)]
pub struct Call {
    /// New for each call; stands in its log lines and in the answer's `_meta`.
    pub id: Arc<str>,
    /// The tool's name.
    pub tool: Arc<str>,
}

impl Call {
    /// A call of `tool` with a new id.
    #[must_use]
    pub fn new(tool: &str) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string().into(),
            tool: tool.into(),
        }
    }
}
