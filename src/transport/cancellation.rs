//! Cancelled calls: a request that still waits to be sent is given up.

use http::Method;
use tokio_util::sync::CancellationToken;

use super::call::Call;
use crate::error::Error;

/// The cancellation that a request obeys.
///
/// A request that only reads obeys none. A caller that waits for the outcome of some work still needs its answer,
/// and any other caller can drop the request at any time.
pub(super) struct Cancellation<'a>(Option<&'a CancellationToken>);

impl<'a> Cancellation<'a> {
    /// The cancellation for a request of `call` that begins now.
    pub(super) fn of(call: &'a Call, verb: &Method) -> Self {
        let obeys = !verb.is_safe() && !call.cancel.is_cancelled();
        Self(obeys.then_some(&call.cancel))
    }

    /// Waits, and returns nothing if the call is cancelled first.
    pub(super) async fn or_cancelled<T>(&self, wait: impl Future<Output = T>) -> Option<T> {
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

/// The error of a call that was cancelled before attempt number `attempt`.
pub(super) fn unsent(operation: &str, attempt: u32) -> Error {
    let again = if attempt == 1 { "" } else { " again" };
    Error::Cancelled {
        what: format!("`{operation}` was not sent{again}"),
    }
}

/// The error of a call that was cancelled while it waited to be sent again after `error`.
pub(super) fn unsent_again(operation: &str, error: &Error) -> Error {
    Error::Cancelled {
        what: format!("`{operation}` was not sent again after this: {error}"),
    }
}
