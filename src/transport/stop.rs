//! When a request that waits to be sent is given up because its call was cancelled.

use http::Method;
use tokio_util::sync::CancellationToken;

use super::Call;
use crate::error::Error;

/// The cancellation that a request heeds. What only reads heeds none: whoever waits for the outcome of some
/// work still needs its answer, and who does not can drop it at any time.
pub(super) struct Stop<'a>(Option<&'a CancellationToken>);

impl<'a> Stop<'a> {
    /// For a request that begins now.
    pub(super) fn of(call: &'a Call, verb: &Method) -> Self {
        let heeds = !verb.is_safe() && !call.cancel.is_cancelled();
        Self(heeds.then_some(&call.cancel))
    }

    /// Waits, unless the call is cancelled first.
    pub(super) async fn before<T>(&self, wait: impl Future<Output = T>) -> Option<T> {
        match self.0 {
            None => Some(wait.await),
            Some(cancel) => tokio::select! {
                biased;
                () = cancel.cancelled() => None,
                waited = wait => Some(waited),
            },
        }
    }
}

/// The call was cancelled before send number `send`.
pub(super) fn unsent(operation: &str, send: u32) -> Error {
    Error::Cancelled {
        what: match send {
            1 => format!("`{operation}` was not sent"),
            _ => format!("`{operation}` was not sent again"),
        },
    }
}

/// The call was cancelled while it waited to send again after `error`.
pub(super) fn again(operation: &str, error: &Error) -> Error {
    Error::Cancelled {
        what: format!("`{operation}` was not sent again after this: {error}"),
    }
}
