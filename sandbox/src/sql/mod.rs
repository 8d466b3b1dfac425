//! Runs Databricks SQL over tables in memory and returns Arrow rows.
//!
//! `engine` runs a statement over the tables of `metastore` and over `files`, `values` and `types` write the result as the
//! service does, and `seed` fills the metastore.

mod commands;
mod copying;
mod definitions;
mod dialect;
mod engine;
mod error;
mod files;
mod functions;
mod growing;
mod metastore;
mod named_types;
mod names;
mod parse;
mod ranges;
mod registered;
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
