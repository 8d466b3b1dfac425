//! Starting and stopping a sandbox.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, mpsc};

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::faults::{Fault, Faults};
use crate::generic::Generic;
use crate::identity::Identity;
use crate::server::{Server, serve};
use crate::services::{self, DEFAULT_WAREHOUSE_ID, Parts, Results};
use crate::shared::Shared;

/// DataFusion plans recursively, and deeply so in debug builds.
const STACK: usize = 16 << 20;
const SQL_THREADS: usize = 2;

/// The options of a sandbox.
#[derive(Debug, Clone)]
pub struct Options {
    /// The loopback address to listen on. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// The speed of the workspace: states move this many times faster than in the real service.
    pub speed: f64,
    /// Rows in one chunk of a statement's result.
    pub chunk_rows: usize,
    /// Seconds in which a link to a part of a result can be followed.
    pub link_seconds: u64,
    /// Seconds in which the result of a statement can be read after its end.
    pub result_seconds: u64,
    /// Runs Python commands and notebooks for real, with the rights of this process.
    pub allow_python: bool,
    /// Failures on demand.
    pub faults: Vec<Fault>,
    /// Turns an answer that the spec does not allow into a 500. For tests of the sandbox itself.
    pub check_answers: bool,
}

impl Default for Options {
    /// Any free port of 127.0.0.1, real speed, 1,000 rows a chunk; links live 899 s and results an hour, as there.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            speed: 1.0,
            chunk_rows: 1000,
            link_seconds: 899,
            result_seconds: 3_600,
            allow_python: false,
            faults: Vec::new(),
            check_answers: false,
        }
    }
}

/// The reason why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is reachable from elsewhere.
    #[error(
        "the sandbox listens on loopback addresses only: {0}\nhint: use `127.0.0.1:0` for a free port"
    )]
    NotLoopback(SocketAddr),
    /// The speed is zero, negative or not a number.
    #[error("the speed must be above zero: {0}\nhint: 1 is real time, 100 a hundred times faster")]
    Speed(f64),
    /// The address cannot be listened on.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The system has no threads left.
    #[error("cannot start the sandbox's threads: {0}")]
    Threads(#[from] std::io::Error),
    /// The imported OpenAPI documents do not fit the services.
    #[error("cannot serve the imported OpenAPI documents: {0}")]
    Spec(String),
    /// The workspace cannot be filled.
    #[error("cannot fill the workspace: {0}")]
    Seed(String),
}

/// A Databricks workspace on loopback.
#[derive(Debug)]
pub struct Sandbox;

/// A running sandbox. It has threads of its own and stops when it is dropped.
#[derive(Debug)]
pub struct Running {
    identity: Identity,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a sandbox, and returns as soon as it listens.
    ///
    /// # Errors
    /// Fails if the options are wrong, the address is taken, or the documents do not fit the services.
    pub fn start(options: Options) -> Result<Running, Error> {
        if !options.listen.ip().is_loopback() {
            return Err(Error::NotLoopback(options.listen));
        }
        if !(options.speed.is_finite() && options.speed > 0.0) {
            return Err(Error::Speed(options.speed));
        }
        let (stop, stopped) = oneshot::channel();
        let (started, starting) = mpsc::channel();
        let named = || std::thread::Builder::new().name("sandbox".to_owned());
        let thread = named().spawn(move || {
            if let Err(error) = run(options, &started, stopped) {
                // Nobody hears it if nobody waits for the start any more.
                let _ = started.send(Err(error));
            }
        })?;
        let no_answer = || Error::Seed("the sandbox's thread ended early".to_owned());
        let identity = starting.recv().map_err(|_| no_answer())??;
        Ok(Running {
            identity,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

/// Serves until `stopped`, and reports the start to `started`.
fn run(
    options: Options,
    started: &mpsc::Sender<Result<Identity, Error>>,
    stopped: oneshot::Receiver<()>,
) -> Result<(), Error> {
    // SQL has threads of its own, so that a busy statement never delays its cancel.
    let sql = Builder::new_multi_thread()
        .worker_threads(SQL_THREADS)
        .thread_name("sandbox-sql")
        .thread_stack_size(STACK)
        .enable_all()
        .build()?;
    let http = Builder::new_current_thread().enable_all().build()?;
    let served = http.block_on(async {
        let (listener, server) = open(options, sql.handle()).await?;
        if started.send(Ok(server.identity.clone())).is_ok() {
            // A stop does not wait for open connections.
            tokio::select! {
                ended = serve(listener, server) => ended?,
                _ = stopped => {}
            }
        }
        Ok(())
    });
    sql.shutdown_background();
    served
}

async fn open(options: Options, sql: &Handle) -> Result<(TcpListener, Server), Error> {
    let listen = options.listen;
    let unavailable = |source| Error::Listen { listen, source };
    let listener = TcpListener::bind(listen).await.map_err(unavailable)?;
    let host = format!("http://{}", listener.local_addr().map_err(unavailable)?);
    let opened = Shared::new(host, Clock::new(options.speed), sql.clone());
    let seed = |error: &dyn std::fmt::Display| Error::Seed(error.to_string());
    let shared = sql.spawn(opened).await.map_err(|error| seed(&error))?;
    let mut shared = shared.map_err(|error| seed(&error))?;
    shared.allow_python = options.allow_python;
    let shared = Arc::new(shared);
    let millis = |seconds: u64| i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX / 4);
    let results = Results {
        chunk_rows: options.chunk_rows,
        link_lives: millis(options.link_seconds),
        lives: millis(options.result_seconds),
    };
    let parts = Parts::new(shared.clone(), results);
    let routes = services::routes(&parts).map_err(|error| Error::Spec(error.to_string()))?;
    let server = Server {
        clock: shared.clock,
        identity: shared.identity.clone(),
        generic: Generic::beside(&routes, &shared),
        routes,
        statements: parts.statements,
        faults: Faults::new(options.faults),
        storage: parts.storage,
        check_answers: options.check_answers,
    };
    Ok((listener, server))
}

impl Running {
    /// The address of the workspace: `http://127.0.0.1:PORT`.
    pub fn host(&self) -> &str {
        &self.identity.host
    }

    /// The bearer token that opens the workspace.
    pub fn token(&self) -> &str {
        &self.identity.token
    }

    /// The id of the warehouse that runs from the start.
    pub fn warehouse_id(&self) -> &str {
        DEFAULT_WAREHOUSE_ID
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
