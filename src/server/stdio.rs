//! The server on stdin and stdout: JSON-RPC lines until the client closes them or a signal comes.

use std::time::Duration;

use rmcp::service::{QuitReason, ServerInitializeError, ServiceExt};
use rmcp::transport::stdio_pipes;
use tokio_util::sync::CancellationToken;

use super::Server;
use crate::error::Error;

/// The time that cancelled calls have to stop their work upstream once the client is gone.
const FAREWELL: Duration = Duration::from_secs(10);

/// Serves one client on stdin and stdout, until the client is gone or a signal comes.
///
/// # Errors
/// When the session cannot begin, or the service ends other than by the client or a signal.
pub async fn serve_stdio(server: Server) -> Result<(), Error> {
    let stop = CancellationToken::new();
    let on_signal = stop.clone();
    tokio::spawn(async move {
        signalled().await;
        tracing::info!("stopping on a signal");
        on_signal.cancel();
    });
    let fault = |reason: String| Error::Internal { reason };
    let running = match server.clone().serve_with_ct(stdio_pipes(), stop).await {
        Ok(running) => running,
        // A client may only probe, or go away before it says anything.
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => {
            return Ok(());
        }
        Err(error) => return Err(fault(format!("no MCP session: {error}"))),
    };
    let reason = running
        .waiting()
        .await
        .map_err(|error| fault(error.to_string()))?;
    if tokio::time::timeout(FAREWELL, server.finish())
        .await
        .is_err()
    {
        tracing::warn!("calls were still under way at the end");
    }
    match reason {
        QuitReason::JoinError(error) => Err(fault(error.to_string())),
        _ => Ok(()),
    }
}

#[cfg(unix)]
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut hang_up)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn signalled() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
