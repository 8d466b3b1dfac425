//! The tool call on whose behalf requests are sent.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::usage::Usage;
use crate::trace::Trace;

/// One tool call, under which its requests are logged, counted and cancelled.
#[derive(Debug, Clone)]
pub struct Call {
    /// A new id for each call, in its log lines and in the answer's `_meta`.
    pub id: Arc<str>,
    /// The tool's name.
    pub tool: Arc<str>,
    /// The client's name and version, where it tells them.
    pub client: Option<Arc<str>>,
    /// Fires when the client cancels. A request that would change something and still waits to be sent is then
    /// given up. A request that begins afterwards is sent, because it stops what the call has started.
    pub cancel: CancellationToken,
    /// Its requests wait for no turn: a sign of life is asked for when everything else hangs.
    pub urgent: bool,
    /// The time for one request, where its body is so large that the usual time may not do.
    pub request_time: Option<Duration>,
    /// The end of the whole call, whatever it has still to ask; none for what cleans up after it.
    pub until: Option<Instant>,
    /// Its requests are only the means to what was asked for: a gate lets them pass.
    pub means: bool,
    /// Its requests so far, shared by all that act on its behalf.
    pub usage: Arc<Usage>,
    /// Its span, where there is a collector of them.
    pub trace: Option<Trace>,
}

impl Call {
    /// Creates a call of `tool` with a new id.
    #[must_use]
    pub fn new(tool: &str) -> Self {
        Self {
            // Unique, not secret: no call to the system is spent on it.
            id: uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes())
                .into_uuid()
                .to_string()
                .into(),
            tool: tool.into(),
            client: None,
            cancel: CancellationToken::new(),
            urgent: false,
            request_time: None,
            until: None,
            means: false,
            usage: Arc::default(),
            trace: None,
        }
    }
}
