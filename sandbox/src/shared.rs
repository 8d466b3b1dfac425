//! The things that every service receives: clock, identity, SQL engine, resources.

use std::sync::Arc;

use tokio::runtime::Handle;
use uuid::Uuid;

use crate::clock::Clock;
use crate::collections::Collections;
use crate::identity::{Identity, USER};
use crate::sql::{Engine, Metastore, SqlError, seed};
use crate::stored::Stored;

/// The workspace as every service sees it. A clone is another handle to the same workspace.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) identity: Identity,
    pub(crate) engine: Arc<Engine>,
    /// The resources of every declared kind.
    pub(crate) collections: Arc<Collections>,
    /// The files of volumes and DBFS.
    pub(crate) stored: Arc<Stored>,
    /// Runs statements on threads with large stacks, apart from those that answer requests.
    pub(crate) sql: Handle,
    /// True if Python may be run for real.
    pub(crate) allow_python: bool,
}

impl Shared {
    /// Fills a new workspace.
    ///
    /// # Errors
    /// Fails if a seed contradicts itself.
    pub(crate) async fn new(host: String, clock: Clock, sql: Handle) -> Result<Self, SqlError> {
        let collections = Arc::<Collections>::default();
        let stored = Arc::new(Stored::new(collections.clone()));
        let engine = Engine::new(Arc::new(Metastore::default()), stored.clone(), USER)?;
        seed::fill(&engine).await?;
        let identity = Identity {
            host,
            token: format!("dapi{}", Uuid::new_v4().simple()),
            workspace_id: 7_405_612_345_678_901,
        };
        Ok(Self {
            clock,
            identity,
            engine: Arc::new(engine),
            collections,
            stored,
            sql,
            allow_python: false,
        })
    }
}
