//! Work on local files, which must not hold up the thread that serves the client.

use crate::error::Error;

/// Runs what blocks on a thread for that.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(Error::Internal {
            reason: error.to_string(),
        })
    })
}
