//! The services of the workspace, one file each.
//!
//! An operation that none of them answers is answered by [`generic`](crate::generic) from its schemas: what is
//! created at a path is shown, listed, changed and deleted there. A service is written only for behaviour beyond
//! that: states that move, names that must exist, text that is run.
//!
//! # Declaring a kind of resource
//!
//! Resources that are created, shown, listed, changed and deleted need no functions. Declare their
//! [`Kind`](crate::kinds::Kind) and serve it; `storage` and `queries` do nothing else.
//!
//! ```text
//! Kind::new("Instance pool", "instance_pool_id", Ids::Uuid)   // the word in messages, the field of the id
//!     .create("instance_pools.create")
//!     .get("instance_pools.get")
//!     .list("instance_pools.list")
//!     .replace("instance_pools.edit")                         // or .update: merges, update_mask, new_name
//!     .delete("instance_pools.delete")
//!     .unique("instance_pool_name")
//!     .moves("state", &[("STARTING", 4.0), ("ACTIVE", 0.0)])  // seconds in the real service
//!     .defaults(json!({"min_idle_instances": 0}))
//!     .seed(json!({"instance_pool_name": "Shared pool", ...}))
//!     .act("...", |shared, call, item| ...)                   // any other action on a resource
//!     .serve(on, shared);
//! ```
//!
//! The spec says the rest. An answer shows the fields of its schema and the stamps it has (`created_at`,
//! `owner` …), either alone or in the one object or array that holds them. Parameters named like fields filter
//! lists. An operation without an answer answers `{}`. If calls have another name for the id, say
//! `.argument("endpoint_name", "name")`; if a resource lives under another, say `.parent("Pipeline")`. Other
//! services find resources by the word: `shared.collections.find("Instance pool", id)`.
//!
//! # Adding a service
//!
//! 1. Write `services/<name>.rs`: a state behind a mutex, one function for each operation, and
//!
//!    ```text
//!    pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
//!        let state = Arc::new(Things::new(shared));
//!        on.on("things.create", &state, Things::create);
//!        on.on("things.get", &state, Things::get);
//!    }
//!    ```
//!
//! 2. Add its line to [`ALL`], with the document of its operations. A service that uses the state of another
//!    receives it there, as `genie` receives the statements.
//!
//! An operation is named by its `operationId`. Its verb, path, parameters and checks come from
//! `specs/databricks/<document>.json`, so a function sees only calls that the spec admits. It reads them with
//! `call.path("id")`, `call.query::<MyQuery>()?` and `call.body::<MyBody>()?`, whose types are serde structs of
//! the fields it needs. It returns `Ok(json!({...}).into())`, `Reply::empty()` or an [`ApiError`]; null fields
//! are not sent. Register a function that waits with `on.on_async`, and an operation that the spec lacks with
//! `on.on_beyond_spec`.
//!
//! Lists go through [`page`](crate::http::page). Moving states are computed from the time since an event
//! (`clock.takes(seconds)`), never by background tasks, so that `--speed` and the tests hold for them too.
//! `tests/workspace/tour.rs` checks every answer against the spec: add the new operations to it.
//!
//! [`ApiError`]: crate::http::ApiError

mod apps;
mod catalogs;
mod clusters;
mod dashboards;
mod files;
mod genie;
mod git_credentials;
mod grants;
mod iam;
mod jobs;
mod mlflow;
mod model_registry;
mod pipelines;
mod pools;
mod postgres;
mod quality;
mod queries;
mod secrets;
mod serving;
mod settings;
mod sharing;
mod statements;
mod storage;
mod vector_search;
mod warehouses;
mod workspace;

use std::sync::Arc;

use crate::operations::{Operations, Route};
use crate::shared::Shared;
use crate::spec::SpecError;

use clusters::Clusters;
pub(crate) use files::Storage;
pub(crate) use statements::{Results, Statements};
pub(crate) use warehouses::DEFAULT_ID as DEFAULT_WAREHOUSE_ID;
use workspace::Workspace;

/// The parts that services are made from: the things all share, and the states that more than one service uses.
pub(crate) struct Parts {
    shared: Arc<Shared>,
    pub(crate) statements: Arc<Statements>,
    pub(crate) storage: Arc<Storage>,
    workspace: Arc<Workspace>,
    clusters: Arc<Clusters>,
}

/// The document of a service's operations, and the function that registers them.
type Service = (&'static str, fn(&mut Operations, &Parts));

/// Every service. Its operations stand in `specs/databricks/<document>.json`.
const ALL: &[Service] = &[
    ("aisearch", |on, of| {
        vector_search::ai_search::serve(on, &of.shared)
    }),
    ("apps", |on, of| apps::serve(on, &of.shared)),
    ("catalog", |on, of| catalogs::serve(on, &of.shared)),
    ("catalog", |on, of| grants::serve(on, &of.shared)),
    ("catalog", |on, of| storage::serve(on, &of.shared)),
    ("compute", |on, of| {
        clusters::serve(on, &of.shared, &of.clusters)
    }),
    ("compute", |on, of| pools::serve(on, &of.shared)),
    ("dashboards", |on, of| dashboards::serve(on, &of.shared)),
    ("dashboards", |on, of| {
        genie::serve(on, &of.shared, &of.statements)
    }),
    ("database", |on, of| {
        postgres::serve_instances(on, &of.shared)
    }),
    ("dataquality", |on, of| quality::serve(on, &of.shared)),
    ("files", |on, of| files::serve(on, &of.shared, &of.storage)),
    ("iam", |on, of| iam::serve(on, &of.shared)),
    ("jobs", |on, of| {
        jobs::serve(on, &of.shared, &of.workspace, &of.clusters)
    }),
    ("ml", |on, of| mlflow::serve(on, &of.shared)),
    ("ml", |on, of| model_registry::serve(on, &of.shared)),
    ("pipelines", |on, of| pipelines::serve(on, &of.shared)),
    ("postgres", |on, of| postgres::serve(on, &of.shared)),
    ("serving", |on, of| serving::serve(on, &of.shared)),
    ("settings", |on, of| settings::serve(on, &of.shared)),
    ("sharing", |on, of| sharing::serve(on, &of.shared)),
    ("sql", |on, of| queries::serve(on, &of.shared)),
    ("sql", |on, of| statements::serve(on, &of.statements)),
    ("sql", |on, of| {
        let statements = of.statements.clone();
        warehouses::serve(on, &of.shared, move |id| statements.cancel_on(id));
    }),
    ("workspace", |on, of| git_credentials::serve(on, &of.shared)),
    ("workspace", |on, of| secrets::serve(on, &of.shared)),
    ("vectorsearch", |on, of| {
        vector_search::serve(on, &of.shared)
    }),
    ("workspace", |on, of| workspace::serve(on, &of.workspace)),
];

impl Parts {
    /// The parts of a new workspace.
    pub(crate) fn new(shared: Arc<Shared>, results: Results) -> Self {
        Self {
            statements: Arc::new(Statements::new(shared.clone(), results)),
            storage: Arc::new(Storage::new(shared.clone())),
            workspace: Arc::new(Workspace::new(shared.clock)),
            clusters: Arc::new(Clusters::new(shared.clock)),
            shared,
        }
    }
}

/// The operations of every service.
///
/// # Errors
/// Fails if a service registers an operation that its document does not have.
pub(crate) fn routes(parts: &Parts) -> Result<Vec<Route>, SpecError> {
    let documents: Vec<&str> = ALL.iter().map(|(document, _)| *document).collect();
    let mut operations = Operations::of(&documents)?;
    for (document, serve) in ALL {
        operations.turn_to(document);
        serve(&mut operations, parts);
    }
    operations.routes()
}
