//! The server on a pipe within the process: for programs that are the client of their own server.

use rmcp::service::{QuitReason, ServiceExt};
use tokio::io::DuplexStream;

use super::Server;
use crate::error::Error;

/// Serves the client at the other end of `pipe` until it closes its end, then waits until cancelled calls have stopped
/// their work upstream.
///
/// # Errors
/// Fails if no session can be established, or if the task that serves it dies.
pub async fn serve_pipe(server: Server, pipe: DuplexStream) -> Result<(), Error> {
    let fault = |reason: String| Error::Internal { reason };
    let gone = server.leaving.gone.clone();
    let running = server
        .clone()
        .serve_with_ct(pipe, gone.clone())
        .await
        .map_err(|error| fault(format!("no MCP session: {error}")))?;
    let reason = running
        .waiting()
        .await
        .map_err(|error| fault(error.to_string()))?;
    gone.cancel();
    server.finish().await;
    match reason {
        QuitReason::JoinError(error) => Err(fault(error.to_string())),
        _ => Ok(()),
    }
}
