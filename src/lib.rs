//! MCP server that gives any AI agent a Databricks workspace, as a part of another program.
//!
//! [`Server::builder`] makes a server from settings or a credential, with tools of that program beside its own
//! ([`OwnTool`]), and [`Server::serve_on`] serves it over any transport of rmcp; the examples `embed` and `own_tool`
//! show both. What the root of this crate names is the interface that versions promise. The modules are the program's
//! own: the binary, the tests and the benches reach into them, and they change without notice.
//!
//! Rooms, each using only those before it:
//! - [`error`], everything that can go wrong, as sentences
//! - [`redact`], no secret leaves this program
//! - [`log`], lines to stderr that never hold up a call
//! - `clock`, the time that waits go by
//! - `agent`, what the `User-Agent` tells of the surroundings
//! - [`settings`], one table of all that can be set, and the layers that fill it
//! - [`local`], files of this machine that calls may use
//! - [`connect`], TLS, proxies, the name we go by
//! - [`notify`], webhooks that are told the end of long work
//! - [`trace`], spans for a collector of OpenTelemetry
//! - [`latency`], times and their percentiles
//! - [`auth`], credentials
//! - [`config`], a workspace from its settings: host and credential
//! - [`catalog`], the tools and operations as `build.rs` wrote them from `specs/`
//! - [`transport`], the one pipe for HTTP
//! - `warehouse`, where SQL runs when a call does not say
//! - `hints`, the tools that errors name
//! - [`shape`], fewer fields, bounded answers
//! - [`tally`], how the calls went
//! - [`vitals`], what the process serves and how busy it is
//! - `opened`, sessions on clusters that are to be closed
//! - [`transfers`], uploads and downloads that outlast their call
//! - [`leaving`], what becomes of work when the client goes
//! - `progress`, what clients are told meanwhile
//! - `shelf`, things that are kept for a while
//! - `cache`, answers that are kept for seconds
//! - [`context`], what every call has
//! - [`workspaces`], one of them, or several by name
//! - [`stores`], files of volumes, DBFS and the workspace tree
//! - `waiting`, for work that goes on in the workspace
//! - `engine`, operations from plans: requests, pages, answers
//! - [`api`], all operations: searching, describing, planning
//! - [`policy`], what may happen: refused, asked about or allowed
//! - `stakes`, what a question to the user is about
//! - [`behaviours`], tools written by hand
//! - [`tools`], the inventory, and the life of one call
//! - `resources`, what is in a workspace, by its address
//! - `playbooks`, ways to do a task with several tools
//! - [`completions`], values that begin as the caller has begun
//! - [`server`], MCP over stdio and other transports
//! - [`http`], MCP over HTTP
//! - `embed`, the server as a part of another program

// Hidden: only the binary, the tests, the benches and the fuzz targets of this repository use them.

mod agent;
#[doc(hidden)]
pub mod api;
#[doc(hidden)]
pub mod auth;
#[doc(hidden)]
pub mod behaviours;
mod cache;
#[doc(hidden)]
pub mod catalog;
mod clock;
#[doc(hidden)]
pub mod completions;
#[doc(hidden)]
pub mod config;
#[doc(hidden)]
pub mod connect;
#[doc(hidden)]
pub mod context;
mod embed;
mod engine;
#[doc(hidden)]
pub mod error;
mod hints;
#[doc(hidden)]
pub mod http;
#[doc(hidden)]
pub mod latency;
#[doc(hidden)]
pub mod leaving;
#[doc(hidden)]
pub mod local;
#[doc(hidden)]
pub mod log;
#[doc(hidden)]
pub mod notify;
mod opened;
mod playbooks;
#[doc(hidden)]
pub mod policy;
mod progress;
#[doc(hidden)]
pub mod redact;
mod resources;
#[doc(hidden)]
pub mod server;
#[doc(hidden)]
pub mod settings;
#[doc(hidden)]
pub mod shape;
mod shelf;
mod stakes;
#[doc(hidden)]
pub mod stores;
#[doc(hidden)]
pub mod tally;
#[doc(hidden)]
pub mod tools;
#[doc(hidden)]
pub mod trace;
#[doc(hidden)]
pub mod transfers;
#[doc(hidden)]
pub mod transport;
#[doc(hidden)]
pub mod vitals;
mod waiting;
mod warehouse;
#[doc(hidden)]
pub mod workspaces;

pub use auth::{Credential, Headers};
pub use behaviours::{Caller, OwnTool};
pub use embed::Builder;
pub use error::Error;
/// The library of the protocol, in the version that this crate serves with.
pub use rmcp;
pub use server::Server;
