//! Turns the Databricks API facts in `specs/` and the tool manifest into what `databricks-mcp` compiles.

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
