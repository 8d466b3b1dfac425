//! The surroundings of a call: its workspace, its cancellation, its way to report progress.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use databricks_client::Client;
use rmcp::{Peer, RoleServer};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::cache::{Cache, Lives};
use crate::catalog::Wait;
use crate::config::Settings;
use crate::connect::Connections;
use crate::error::Error;
use crate::hints::Absent;
use crate::leaving::Leaving;
use crate::local::Roots;
use crate::notify::Notifier;
use crate::opened::AllOpened;
use crate::shape::ANSWER_BYTES;
use crate::shelf::Shelf;
use crate::tally::Tally;
use crate::transfers::Transfers;
use crate::transport::{Call, Limits, Pace, Transport};
use crate::vitals::Vitals;
use crate::warehouse::DefaultWarehouse;

pub use crate::progress::Progress;

/// Questions after the state of work that all waits of one workspace send in a second.
const POLLS_PER_SECOND: f64 = 20.0;

/// Bytes of all whole answers that one workspace keeps.
const KEPT_BYTES: usize = 32 << 20;

/// Time for the client to tell its roots.
const ROOTS_WITHIN: Duration = Duration::from_secs(5);

/// A workspace that tools talk to.
#[derive(Debug)]
pub struct Workspace {
    /// The pipe.
    pub transport: Arc<Transport>,
    /// The warehouse of calls that name none.
    pub warehouse: DefaultWarehouse,
    /// Counts of the calls to it.
    pub tally: Tally,
    /// Execution contexts that are to be closed.
    pub opened: AllOpened,
    /// Turns of the waits that ask for the state of work.
    pub polls: Pace,
    /// The time from the begin of a call to its answer, whatever it waits for.
    pub answer_within: Duration,
    /// Uploads and downloads that outlast their call.
    pub transfers: Transfers,
    /// Answers that are kept for seconds.
    pub cache: Cache,
    /// Whole answers that cannot be asked for again, by their ids.
    pub kept: Shelf<Arc<str>>,
    /// Its id, where it is configured or was asked for already.
    pub id: OnceCell<String>,
    /// Whose credential it is, once that was asked for.
    pub identity: OnceCell<String>,
}

impl Workspace {
    /// Opens a workspace with the default limits; nothing is sent yet.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        Self::open_with(settings, &Connections::default(), Limits::default())
    }

    /// Opens a workspace; nothing is sent yet.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn open_with(
        settings: &Settings,
        connections: &Connections,
        limits: Limits,
    ) -> Result<Self, Error> {
        Ok(Self {
            answer_within: limits.answer_within,
            cache: Cache::new(if limits.keeps {
                Lives::of(&limits.lives)
            } else {
                Lives::none()
            }),
            transport: Arc::new(Transport::new(settings, connections, limits)?),
            warehouse: DefaultWarehouse::new(settings.warehouse_id.clone()),
            tally: Tally::default(),
            opened: AllOpened::default(),
            polls: Pace::new(POLLS_PER_SECOND),
            transfers: Transfers::default(),
            kept: Shelf::new(KEPT_BYTES),
            id: OnceCell::new_with(settings.workspace_id.clone()),
            identity: OnceCell::new(),
        })
    }
}

/// One call under way.
#[derive(Debug)]
pub struct Context {
    /// The workspace it goes to.
    pub workspace: Arc<Workspace>,
    /// The id and the tool that its requests are logged and counted under.
    pub call: Call,
    /// Fires when the client cancels.
    pub cancel: CancellationToken,
    /// Tells the client how it goes.
    pub progress: Progress,
    /// The time of its begin.
    pub since: Instant,
    /// The longest time from then to its answer, whatever it waits for.
    pub within: Duration,
    /// Its client takes a task for an answer.
    pub as_task: bool,
    /// The tools that are not served beside the one that is called.
    pub absent: Absent,
    /// Work that it has started and stopped waiting for.
    pub left: Left,
    /// The folders of this machine that it may use.
    pub roots: LocalRoots,
    /// How the session stands with its client.
    pub leaving: Leaving,
    /// Where its answer stays whole, if it is one that cannot be asked for again.
    pub whole: Option<Whole>,
    /// Bytes that its answer may take.
    pub room: usize,
    /// Whoever is told the end of long work.
    pub notifier: Notifier,
    /// The state of the process.
    pub vitals: Arc<Vitals>,
}

/// An answer before it was cut.
#[derive(Debug, Default)]
pub struct Whole(Mutex<Option<Value>>);

impl Whole {
    /// Notes the answer.
    pub fn note(&self, answer: Value) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }

    /// The answer, which is then not noted any more.
    #[must_use]
    pub fn take(&self) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The folders of this machine that a call may use: those of the client, where it declares some, or the configured.
#[derive(Debug, Clone, Default)]
pub struct LocalRoots {
    /// The configured ones.
    pub configured: Roots,
    /// The client that declares its own.
    pub client: Option<Peer<RoleServer>>,
}

impl LocalRoots {
    /// Finds the folders, which may mean to ask the client.
    ///
    /// # Errors
    /// The client declares that it has some, and does not tell them.
    #[expect(deprecated, reason = "clients of the earlier protocol declare roots")]
    pub async fn find(&self) -> Result<Roots, Error> {
        let Some(client) = &self.client else {
            return Ok(self.configured.clone());
        };
        let untold = |reason: String| Error::Local {
            path: "roots".to_owned(),
            reason: format!("the client did not tell the folders it shares: {reason}"),
            hint: None,
        };
        let told = tokio::time::timeout(ROOTS_WITHIN, client.list_roots()).await;
        let told = told.map_err(|_| untold("no answer came".to_owned()))?;
        let told = told.map_err(|error| untold(error.to_string()))?;
        Ok(self
            .configured
            .of_client(told.roots.iter().map(|root| root.uri.as_str())))
    }
}

/// Work that goes on in the workspace and whose id the client has not been told yet.
#[derive(Debug, Default)]
pub struct Left(Mutex<Vec<(&'static Wait, Map<String, Value>)>>);

impl Left {
    /// Notes work by its wait and its ids.
    pub fn note(&self, wait: &'static Wait, ids: Map<String, Value>) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        left.push((wait, ids));
    }

    /// All of it.
    #[must_use]
    pub fn all(&self) -> Vec<(&'static Wait, Map<String, Value>)> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// All of it, which is then not noted any more.
    #[must_use]
    pub fn take(&self) -> Vec<(&'static Wait, Map<String, Value>)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Context {
    /// A call that begins now.
    #[must_use]
    pub fn new(
        workspace: Arc<Workspace>,
        call: Call,
        cancel: CancellationToken,
        progress: Progress,
    ) -> Self {
        Self {
            within: workspace.answer_within,
            workspace,
            call: Call {
                cancel: cancel.clone(),
                ..call
            },
            cancel,
            progress,
            since: Instant::now(),
            as_task: false,
            absent: Absent::default(),
            left: Left::default(),
            roots: LocalRoots::default(),
            leaving: Leaving::default(),
            whole: None,
            room: ANSWER_BYTES,
            notifier: Notifier::default(),
            vitals: Arc::default(),
        }
    }

    /// The typed client, which sends through the workspace's pipe on behalf of this call.
    #[must_use]
    pub fn client(&self) -> Client {
        self.workspace.transport.typed(&self.call)
    }

    /// The same call for work that goes on without it, until `cancel` fires.
    #[must_use]
    pub fn on_its_own(&self, cancel: CancellationToken) -> Self {
        let mut own = self.uncancelled();
        own.call.cancel = cancel.clone();
        own.cancel = cancel;
        own
    }

    /// The same call out of reach of a cancel: to clean up what it has started.
    #[must_use]
    pub fn uncancelled(&self) -> Self {
        let cancel = CancellationToken::new();
        Self {
            workspace: Arc::clone(&self.workspace),
            call: Call {
                cancel: cancel.clone(),
                until: None,
                ..self.call.clone()
            },
            cancel,
            progress: Progress::Silent,
            absent: self.absent.clone(),
            since: self.since,
            within: self.within,
            as_task: self.as_task,
            left: Left::default(),
            roots: self.roots.clone(),
            leaving: self.leaving.clone(),
            whole: None,
            room: self.room,
            notifier: self.notifier.clone(),
            vitals: Arc::clone(&self.vitals),
        }
    }

    /// The same call for requests that are only the means to what was asked for, whatever the user has excluded: the
    /// state and the end of work that the call has started, a look before a question, an id of the workspace or of the
    /// user, and what the call itself has half written. Nothing that the caller asks to see or to do goes by it.
    #[must_use]
    pub fn as_means(&self) -> Self {
        let mut means = self.part(self.room);
        means.call.means = true;
        means
    }

    /// One of several parts of the same call: it is cancelled with it, and its answer may take `room` bytes.
    #[must_use]
    pub fn part(&self, room: usize) -> Self {
        let mut part = self.uncancelled();
        part.call = self.call.clone();
        part.cancel = self.cancel.clone();
        part.room = room;
        part
    }
}
