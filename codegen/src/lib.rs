//! Turns the Databricks API documents in `specs/` and the tool manifest into the code that
//! `databricks-mcp` compiles.

pub mod catalog;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "client")]
pub mod generate;
#[cfg(feature = "import")]
pub mod import;
pub mod manifest;
pub mod spec;
pub mod tables;
