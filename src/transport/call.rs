//! The tool call on whose behalf requests are sent.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

/// One tool call: what its requests are logged and counted under, and when they are no longer wanted.
#[derive(Debug, Clone)]
pub struct Call {
    /// New for each call; stands in its log lines and in the answer's `_meta`.
    pub id: Arc<str>,
    /// The tool's name.
    pub tool: Arc<str>,
    /// Fires when the client cancels. A request that would change something and is still waiting to be
    /// sent is then given up; one that begins afterwards goes out, for it stops what the call has started.
    pub cancel: CancellationToken,
}

impl Call {
    /// A call of `tool` with a new id, which nobody has cancelled.
    #[must_use]
    pub fn new(tool: &str) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string().into(),
            tool: tool.into(),
            cancel: CancellationToken::new(),
        }
    }
}
