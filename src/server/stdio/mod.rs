//! The server on stdin and stdout: JSON-RPC lines until the client closes them or a signal comes.

mod fault;
mod flow;
mod initialize;
mod lines;
mod output;
mod tool_call;

use std::sync::Arc;
use std::time::Duration;

use rmcp::transport::stdio_pipes;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Server;
use super::session::{FAREWELL, LAST_NAMES, serve};
use crate::error::Error;
use flow::Flow;
use lines::Lines;
use output::Output;

/// The time that cancelled calls have after a signal: whoever sends one does not wait long before the next, which kills.
const SIGNALLED_FAREWELL: Duration = Duration::from_millis(2_000);
/// The time that the client has to read the last answers.
const LAST_LINES: Duration = Duration::from_millis(300);

/// Serves one client on stdin and stdout, until the client is gone or a signal comes.
///
/// # Errors
/// Fails if no session can be established, or if the task that serves it dies.
pub async fn serve_stdio(server: Server) -> Result<(), Error> {
    let (stop, over) = (server.leaving.gone.clone(), server.leaving.over.clone());
    let signal = CancellationToken::new();
    let (on_signal, on_close, stopped_by) = (stop.clone(), stop.clone(), signal.clone());
    // The handlers are installed before the first line is read, so that no signal kills the process under a client.
    let signalled = signals();
    tokio::spawn(async move {
        signalled.await;
        tracing::info!("stopping on a signal");
        stopped_by.cancel();
        on_signal.cancel();
    });
    tokio::spawn(async move {
        output::closed().await;
        tracing::info!("stopping, since the client has closed stdout");
        on_close.cancel();
    });
    let flow = Arc::new(Flow::default());
    let (input, writer) = stdio_pipes();
    let output = Output::start(writer, Arc::clone(&flow), stop.clone());
    let lines = Lines::new(input, output.clone(), flow, stop.clone());
    let patience = async {
        stop.cancelled().await;
        tokio::select! {
            () = sleep(FAREWELL) => {}
            () = async { signal.cancelled().await; sleep(SIGNALLED_FAREWELL).await } => {}
        }
        over.cancel();
        sleep(LAST_NAMES).await;
    };
    let served = tokio::select! {
        served = serve(server, lines, stop.clone()) => served,
        () = patience => {
            tracing::warn!("calls were still under way at the end");
            Ok(())
        }
    };
    // A client that does not read does not hold up the end.
    let _ = timeout(LAST_LINES, output.drained()).await;
    served
}

/// The door for `tests/fuzz/targets/line.rs`: the depth, the number of values and the id of a line that comes in
/// pieces.
#[cfg(fuzzing)]
#[doc(hidden)]
pub fn fuzz_line(line: &[u8], piece: usize) -> (usize, usize, Option<serde_json::Value>) {
    let mut scan = super::message::Scan::default();
    for piece in line.chunks(piece.max(1)) {
        scan.feed(piece);
    }
    (scan.deepest, scan.values, scan.id())
}

/// Installs the handlers of the signals that ask to stop, and returns a future of the first such signal.
#[cfg(unix)]
pub(crate) fn signals() -> impl Future<Output = ()> {
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
pub(crate) async fn signals() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
