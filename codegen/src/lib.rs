//! Turns the Databricks API facts in `specs/` and the tool manifest into what `databricks-mcp` compiles.

#[cfg(feature = "import")]
pub mod import;
pub mod spec;
