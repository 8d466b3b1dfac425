//! A Databricks workspace on your own machine: the REST API over real SQL.
//!
//! `services` has one file for each service of the workspace, `collections` keeps the resources that
//! services only declare, `sql` runs statements, `spec` holds every request to the imported OpenAPI
//! documents, `http` carries it all. Everything is in memory and gone when the sandbox ends.

mod clock;
mod collections;
mod http;
mod running;
mod services;
mod shared;
mod spec;
mod sql;

pub use running::{Error, Options, Running, Sandbox};
