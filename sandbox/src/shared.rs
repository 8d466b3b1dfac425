//! What services share: the clock, who and where the workspace is, the SQL engine, the resources.

use std::sync::{Arc, OnceLock, Weak};

use tokio::runtime::Handle;
use uuid::Uuid;

use crate::clock::Clock;
use crate::collections::Collections;
use crate::services::{Statements, Workspace};
use crate::sql::{Engine, Metastore, SqlError, seed};

/// The one user of the workspace.
pub(crate) const USER: &str = "you@example.com";
/// The user's id.
pub(crate) const USER_ID: i64 = 4_821_907_365;
/// The one metastore of the workspace.
pub(crate) const METASTORE: &str = "3f1c7a52-9d0e-4b6b-8f57-2f4f6a1d9c30";

/// Where the workspace is and how it is entered.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// `http://127.0.0.1:PORT`
    pub(crate) host: String,
    /// The bearer token.
    pub(crate) token: String,
    /// The workspace id.
    pub(crate) workspace_id: u64,
}

/// What every service may use.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) identity: Identity,
    pub(crate) engine: Engine,
    /// The resources of every declared kind.
    pub(crate) collections: Collections,
    pub(crate) statements: Statements,
    pub(crate) workspace: Arc<Workspace>,
    /// Rows in one chunk of a statement's result.
    pub(crate) chunk_rows: usize,
    /// Where statements run: threads with large stacks, apart from those that answer requests.
    pub(crate) sql: Handle,
    itself: OnceLock<Weak<Self>>,
}

impl Shared {
    /// A freshly seeded workspace.
    ///
    /// # Errors
    /// When a seed contradicts itself.
    pub(crate) async fn new(
        host: String,
        speed: f64,
        chunk_rows: usize,
        sql: Handle,
    ) -> Result<Self, SqlError> {
        let engine = Engine::new(Arc::new(Metastore::default()), USER)?;
        seed::fill(&engine).await?;
        let clock = Clock::new(speed);
        let token = format!("dapi{}", Uuid::new_v4().simple());
        let identity = Identity {
            host,
            token,
            workspace_id: 7_405_612_345_678_901,
        };
        Ok(Self {
            clock,
            itself: OnceLock::new(),
            collections: Collections::default(),
            statements: Statements::default(),
            workspace: Arc::new(Workspace::new(clock)),
            identity,
            engine,
            chunk_rows: chunk_rows.max(1),
            sql,
        })
    }

    /// Lets it be handed to tasks: see [`Self::handle`].
    pub(crate) fn share(self) -> Arc<Self> {
        let shared = Arc::new(self);
        // Nobody else has it yet.
        let _ = shared.itself.set(Arc::downgrade(&shared));
        shared
    }

    /// Itself, for a task that outlives the call; `None` when the sandbox ends.
    pub(crate) fn handle(&self) -> Option<Arc<Self>> {
        self.itself.get()?.upgrade()
    }
}
