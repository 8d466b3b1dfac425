//! One session over any transport: served to its end, then waited for until its calls have stopped their work.

use std::time::Duration;

use rmcp::RoleServer;
use rmcp::service::{QuitReason, ServerInitializeError, ServiceExt};
use rmcp::transport::IntoTransport;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Server;
use crate::error::Error;

/// The time that cancelled calls have to stop their work upstream once the client is gone.
pub(super) const FAREWELL: Duration = Duration::from_secs(10);
/// The time after that to name what could not be stopped.
pub(super) const LAST_NAMES: Duration = Duration::from_millis(200);

impl Server {
    /// Serves one client over a transport of rmcp, such as the end of a pipe, until the client is gone. Calls that are
    /// then under way are cancelled, and their work in the workspace is stopped, within ten seconds.
    ///
    /// A server is for one client: it remembers what its session had to do with, and ends with it.
    ///
    /// # Errors
    /// Fails if no session can be established, or if the task that serves it dies.
    pub async fn serve_on<T, E, A>(self, transport: T) -> Result<(), Error>
    where
        T: IntoTransport<RoleServer, E, A>,
        E: std::error::Error + Send + Sync + 'static,
    {
        let (gone, over) = (self.leaving.gone.clone(), self.leaving.over.clone());
        // Whoever drops the session has left it too.
        let _gone = gone.clone().drop_guard();
        let patience = async {
            gone.cancelled().await;
            sleep(FAREWELL).await;
            over.cancel();
            sleep(LAST_NAMES).await;
        };
        tokio::select! {
            served = serve(self, transport, gone.clone()) => served,
            () = patience => {
                tracing::warn!("calls were still under way at the end");
                Ok(())
            }
        }
    }
}

/// Serves a session to its end, and waits for its calls.
pub(super) async fn serve<T, E, A>(
    server: Server,
    transport: T,
    stop: CancellationToken,
) -> Result<(), Error>
where
    T: IntoTransport<RoleServer, E, A>,
    E: std::error::Error + Send + Sync + 'static,
{
    let fault = |reason: String| Error::Internal { reason };
    let running = match server.clone().serve_with_ct(transport, stop.clone()).await {
        Ok(running) => running,
        // A client may only probe, or go away before it says anything.
        Err(
            ServerInitializeError::ConnectionClosed(_)
            | ServerInitializeError::Cancelled
            | ServerInitializeError::TransportError { .. },
        ) => return Ok(()),
        Err(error) => return Err(fault(format!("no MCP session: {error}"))),
    };
    let reason = running
        .waiting()
        .await
        .map_err(|error| fault(error.to_string()))?;
    stop.cancel();
    server.finish().await;
    match reason {
        QuitReason::JoinError(error) => Err(fault(error.to_string())),
        _ => Ok(()),
    }
}
