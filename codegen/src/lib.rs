//! Turns the Databricks API documents in `specs/` and the tool manifest into the code that
//! `databricks-mcp` compiles.
//!
//! Rooms, each using only those before it:
//! - [`catalog`], the types of what the server compiles in, owned here and static there
//! - [`spec`], the API documents in memory: operations, parameters, schemas
//! - [`manifest`], the tool manifest, read with the place of every entry
//! - [`tables`], both joined to the tools that `build.rs` compiles in
//! - `client`, the typed client for operations that behaviours call
//! - `import`, the documents written from the wheel of `databricks-sdk`
//! - `generate`, every generated file, written or compared

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
