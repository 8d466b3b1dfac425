//! A fault in one call ends that call, never the server.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::error::Error;

/// Runs a call; a panic in it becomes its error. What it may leave half done is its own: calls share
/// nothing but the connection pool and the chosen warehouse, which keep no state of a call.
pub(super) async fn isolated<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match AssertUnwindSafe(call).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(panic) => {
            let said = panic.downcast_ref::<&str>().map(ToString::to_string);
            let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
            Err(Error::Internal {
                reason: format!("the call broke down: {}", said.unwrap_or_default()),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    #[tokio::test]
    async fn a_panic_is_the_error_of_its_call() {
        let outcome: Result<(), Error> = isolated(async { panic!("index out of range") }).await;
        assert_eq!(
            outcome.unwrap_err().to_string(),
            "internal error: the call broke down: index out of range"
        );
        assert_eq!(isolated(async { Ok(7) }).await.unwrap(), 7);
    }
}
