//! A Databricks workspace on your own machine: the REST API over real SQL.
//!
//! Everything is in memory and gone when the sandbox ends.
//!
//! Rooms, each using only those before it:
//! - `clock`, the time, on which states may move faster than in the real service
//! - `http`, what passes between the server and the services: calls, replies, errors
//! - `faults`, failures on demand
//! - `spec`, the imported OpenAPI documents, to which every request is held
//! - `operations`, the operations that are answered, each with its function
//! - `identity`, the user, the address and the token of the workspace
//! - `python`, commands and notebooks run for real where that is allowed
//! - `collections`, the resources of every kind
//! - `stored`, the files of volumes and DBFS
//! - `sql`, statements run for real by DataFusion over tables in memory
//! - `shared`, what every service is given
//! - `kinds`, resources that a service only declares, in about ten lines
//! - `generic`, every operation that no service answers, from its schemas
//! - `services`, one file for each service, and their wiring
//! - `server`, authentication, routing, checks and answers
//! - `running`, starting and stopping

mod clock;
mod collections;
mod faults;
mod generic;
mod http;
mod identity;
mod kinds;
mod operations;
mod python;
mod running;
mod server;
mod services;
mod shared;
mod spec;
mod sql;
mod stored;

pub use faults::Fault;
pub use running::{Error, Options, Running, Sandbox};
