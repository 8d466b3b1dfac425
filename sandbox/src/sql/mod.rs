//! SQL for real: Databricks SQL in, Arrow rows out, over tables in memory.
//!
//! `engine` runs a statement; `metastore` holds what it runs over; `values` and `types` write the
//! answer as the service does; `seed` fills the metastore.

mod commands;
mod definitions;
mod dialect;
mod engine;
mod error;
mod functions;
mod metastore;
mod names;
mod parse;
mod rewrite;
mod rows;
pub(crate) mod seed;
mod session;
mod statement;
mod table_clauses;
pub(crate) mod types;
pub(crate) mod values;

pub(crate) use engine::{Engine, Work};
pub(crate) use error::SqlError;
pub(crate) use metastore::{Catalog, Facts, INFORMATION_SCHEMA, Metastore, Table};
pub(crate) use rewrite::Parameter;
pub(crate) use rows::Rows;
