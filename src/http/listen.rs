//! Connections: bounded in number and time, and the order in which all of it ends.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Serving;
use super::routes::{Shared, routes};
use crate::server::{Server, signals};

/// Connections at a time.
const CONNECTIONS: usize = 1_024;
/// The time for the first byte of a connection.
const FIRST_BYTE: Duration = Duration::from_secs(15);
/// The time for the headers of a request, and between two requests. It is above the idle time of common proxies.
const HEADERS: Duration = Duration::from_secs(75);
/// The time for connections to close by themselves at the end.
const CLOSED: Duration = Duration::from_secs(1);
/// The time for cancelled calls to stop their work.
const STOPPED: Duration = Duration::from_secs(2);
/// Wait after a connection that could not be taken, such as for want of file handles.
const AFTER_FAULT: Duration = Duration::from_millis(100);

/// Serves connections until a signal comes. Then no call begins any more; those under way end within the drain, or are
/// cancelled in the workspace.
pub(super) async fn until_signal(server: Server, serving: &Serving, listener: TcpListener) {
    let signalled = signals();
    tokio::pin!(signalled);
    let end = CancellationToken::new();
    let shared = Shared::new(server.clone());
    let router = routes(&shared, serving, end.clone());
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            (place, accepted) = accepted => match (place, accepted) {
                (Ok(place), Ok((stream, _))) => connect(stream, router.clone(), place, &graceful),
                (_, Err(error)) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    sleep(AFTER_FAULT).await;
                }
                (Err(_), _) => break,
            },
            () = &mut signalled => break,
        }
    }
    tracing::info!("stopping on a signal");
    shared.draining.store(true, Ordering::Relaxed);
    drop(listener);
    shared.answering.close();
    let _ = timeout(serving.drain, shared.answering.wait()).await;
    server.leave();
    end.cancel();
    let _ = timeout(CLOSED, graceful.shutdown()).await;
    let _ = timeout(STOPPED, server.finish()).await;
}

fn connect(
    stream: TcpStream,
    router: Router,
    place: OwnedSemaphorePermit,
    graceful: &GracefulShutdown,
) {
    let _ = stream.set_nodelay(true);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .keep_alive_interval(Some(HEADERS));
    let watcher = graceful.watcher();
    tokio::spawn(async move {
        // hyper does not time a connection that never sends a byte.
        let begun = timeout(FIRST_BYTE, stream.peek(&mut [0])).await;
        if !matches!(begun, Ok(Ok(1..))) {
            return;
        }
        let service = TowerToHyperService::new(router);
        let connection = builder
            .serve_connection(TokioIo::new(stream), service)
            .into_owned();
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended");
        }
        drop(place);
    });
}
