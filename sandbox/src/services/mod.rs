//! The services of the workspace, one file each.
//!
//! # Declaring a collection
//!
//! Resources that are made, shown, listed, changed and removed need no functions: declare their
//! [`Kind`](crate::collections::Kind) and serve it. `storage` and `queries` do nothing else.
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
//!    pub(super) fn serve(on: &mut Operations<'_>, shared: &Arc<Shared>) {
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
pub(crate) mod warehouses;
mod workspace;

use crate::http::Service;

pub(crate) use statements::Statements;
pub(crate) use workspace::Workspace;

/// Every service: the document of its operations, and what registers them.
pub(crate) const ALL: &[Service] = &[
    Service::new("aisearch", vector_search::ai_search::serve),
    Service::new("apps", apps::serve),
    Service::new("catalog", catalogs::serve),
    Service::new("catalog", grants::serve),
    Service::new("catalog", storage::serve),
    Service::new("compute", clusters::serve),
    Service::new("compute", pools::serve),
    Service::new("dashboards", dashboards::serve),
    Service::new("dashboards", genie::serve),
    Service::new("database", postgres::serve_instances),
    Service::new("dataquality", quality::serve),
    Service::new("files", files::serve),
    Service::new("iam", iam::serve),
    Service::new("jobs", jobs::serve),
    Service::new("ml", mlflow::serve),
    Service::new("ml", model_registry::serve),
    Service::new("pipelines", pipelines::serve),
    Service::new("postgres", postgres::serve),
    Service::new("serving", serving::serve),
    Service::new("settings", settings::serve),
    Service::new("sharing", sharing::serve),
    Service::new("sql", queries::serve),
    Service::new("sql", statements::serve),
    Service::new("sql", warehouses::serve),
    Service::new("workspace", git_credentials::serve),
    Service::new("workspace", secrets::serve),
    Service::new("vectorsearch", vector_search::serve),
    Service::new("workspace", workspace::serve),
];
