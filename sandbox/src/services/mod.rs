//! The services of the workspace, one file each.
//!
//! # Declaring a collection
//!
//! Resources that are made, shown, listed, changed and removed need no functions: declare their
//! [`Kind`](crate::kinds::Kind) and serve it. `storage` and `queries` do nothing else.
//!
//! ```text
//! Kind::new("Instance pool", "instance_pool_id", Ids::Uuid)   // the word in messages, the id's field
//!     .create("instance_pools.create")
//!     .get("instance_pools.get")
//!     .list("instance_pools.list")
//!     .replace("instance_pools.edit")                         // or .update: merges, update_mask, new_name
//!     .delete("instance_pools.delete")
//!     .unique("instance_pool_name")
//!     .moves("state", &[("STARTING", 4.0), ("ACTIVE", 0.0)])  // seconds in the real service
//!     .defaults(json!({"min_idle_instances": 0}))
//!     .seed(json!({"instance_pool_name": "Shared pool", ...}))
//!     .act("...", |shared, call, item| ...)                   // what else one can do with it
//!     .serve(on, shared);
//! ```
//!
//! The spec says the rest: an answer shows the fields its schema has, with the stamps it knows
//! (`created_at`, `owner` …), alone or in the one object or array that holds them; parameters named as
//! fields filter lists; an operation without an answer answers `{}`. Another name of the id in calls is
//! `.argument("endpoint_name", "name")`; what lives under another resource says `.parent("Pipeline")`.
//! Other services find the resources by the word: `shared.collections.find("Instance pool", id)`.
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
//! 2. Add its line to [`ALL`], with the document that has its operations.
//!
//! An operation is named by its `operationId`; verb, path, parameters and the check of every request
//! come from `specs/databricks/<document>.json`, so a function sees only calls the spec admits:
//! `call.path("id")`, `call.query::<MyQuery>()?`, `call.body::<MyBody>()?` (serde structs of the
//! fields wanted). It returns `Ok(json!({...}).into())`, `Reply::empty()` or an [`ApiError`]; fields
//! that are null are left out of what is sent. A function that has to wait registers with
//! `on.on_async`, one that the spec lacks with `on.on_beyond_spec`.
//! Lists go through [`page`](crate::http::page). States that move are computed from the time since
//! something happened (`clock.takes(seconds)`), never by background tasks, so that `--speed` and
//! tests hold for them too. What two services share lives in [`Shared`](crate::shared::Shared).
//! The tour in `tests/workspace/tour.rs` holds every answer to the spec: add the new operations to it.
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

pub(crate) use statements::Statements;
pub(crate) use warehouses::DEFAULT_ID as DEFAULT_WAREHOUSE_ID;
use workspace::Workspace;

/// Everything that services are made from: what all share, and the state of services that others use.
pub(crate) struct Parts {
    shared: Arc<Shared>,
    pub(crate) statements: Arc<Statements>,
    workspace: Arc<Workspace>,
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
    ("compute", |on, of| clusters::serve(on, &of.shared)),
    ("compute", |on, of| pools::serve(on, &of.shared)),
    ("dashboards", |on, of| dashboards::serve(on, &of.shared)),
    ("dashboards", |on, of| {
        genie::serve(on, &of.shared, &of.statements)
    }),
    ("database", |on, of| {
        postgres::serve_instances(on, &of.shared)
    }),
    ("dataquality", |on, of| quality::serve(on, &of.shared)),
    ("files", |on, of| files::serve(on, &of.shared)),
    ("iam", |on, of| iam::serve(on, &of.shared)),
    ("jobs", |on, of| jobs::serve(on, &of.shared, &of.workspace)),
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
    /// The parts of a new workspace; a chunk of a statement's result holds `chunk_rows` rows.
    pub(crate) fn new(shared: Arc<Shared>, chunk_rows: usize) -> Self {
        Self {
            statements: Arc::new(Statements::new(shared.clone(), chunk_rows)),
            workspace: Arc::new(Workspace::new(shared.clock)),
            shared,
        }
    }
}

/// The operations of every service.
///
/// # Errors
/// When a service registers an operation that its document does not have.
pub(crate) fn routes(parts: &Parts) -> Result<Vec<Route>, SpecError> {
    let documents: Vec<&str> = ALL.iter().map(|(document, _)| *document).collect();
    let mut operations = Operations::of(&documents)?;
    for (document, serve) in ALL {
        operations.turn_to(document);
        serve(&mut operations, parts);
    }
    operations.routes()
}
