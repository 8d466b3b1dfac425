//! What becomes of the work of calls when their client goes.

use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::settings::{Given, setting};

/// The value of the setting that leaves work alone.
const LEAVE: &str = "leave";

/// How the session stands with its client, shared by all of its calls.
#[derive(Debug, Clone, Default)]
pub struct Leaving {
    /// Work goes on without its client.
    leave: bool,
    /// Fires when the client has gone or is to be left, and cancels the calls.
    pub gone: CancellationToken,
    /// Fires when what is then still to be done is too late.
    pub over: CancellationToken,
}

impl Leaving {
    /// A session with its client, as the settings want it to end.
    ///
    /// # Errors
    /// The setting does not take its value.
    pub fn of(given: &Given) -> Result<Self, Error> {
        let on: Option<String> = given.read(setting::ON_DISCONNECT)?;
        Ok(Self {
            leave: on.as_deref() == Some(LEAVE),
            ..Self::default()
        })
    }

    /// True where a call was cancelled because its client has gone, and its work is to go on all the same.
    #[must_use]
    pub fn leaves_work(&self) -> bool {
        self.leave && self.gone.is_cancelled()
    }
}
