//! The services of the workspace, one file each.
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

mod catalogs;
mod clusters;
mod jobs;
mod me;
mod statements;
mod warehouses;
mod workspace;

use crate::http::Service;

pub(crate) use statements::Statements;
pub(crate) use warehouses::Warehouses;

/// Every service: the document of its operations, and what registers them.
pub(crate) const ALL: &[Service] = &[
    Service::new("catalog", catalogs::serve),
    Service::new("compute", clusters::serve),
    Service::new("iam", me::serve),
    Service::new("jobs", jobs::serve),
    Service::new("sql", statements::serve),
    Service::new("sql", warehouses::serve),
    Service::new("workspace", workspace::serve),
];
