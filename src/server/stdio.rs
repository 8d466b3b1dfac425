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
/// Fails if no session can be established, or if the task that serves it dies.
pub async fn serve_stdio(server: Server) -> Result<(), Error> {
    let stop = CancellationToken::new();
    let on_signal = stop.clone();
    // The handlers are installed before the first line is read, so that no signal kills the process under a client.
    let signalled = signals();
    tokio::spawn(async move {
        signalled.await;
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

/// Installs the handlers of the signals that ask to stop, and returns a future of the first such signal.
#[cfg(unix)]
fn signals() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = signal(SignalKind::terminate());
    let hang_up = signal(SignalKind::hangup());
    let interrupt = signal(SignalKind::interrupt());
    async move {
        let (Ok(mut terminate), Ok(mut hang_up), Ok(mut interrupt)) =
            (terminate, hang_up, interrupt)
        else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// Returns a future of the signal that asks to stop.
#[cfg(not(unix))]
async fn signals() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
