//! MCP server that gives any AI agent a Databricks workspace.
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
//! - [`warehouse`], where SQL runs when a call does not say
//! - [`hints`], the tools that errors name
//! - [`shape`], fewer fields, bounded answers
//! - [`tally`], how the calls went
//! - [`vitals`], what the process serves and how busy it is
//! - [`opened`], sessions on clusters that are to be closed
//! - [`transfers`], uploads and downloads that outlast their call
//! - [`leaving`], what becomes of work when the client goes
//! - [`progress`], what clients are told meanwhile
//! - [`shelf`], things that are kept for a while
//! - [`cache`], answers that are kept for seconds
//! - [`context`], what every call has
//! - [`workspaces`], one of them, or several by name
//! - [`stores`], files of volumes, DBFS and the workspace tree
//! - [`waiting`], for work that goes on in the workspace
//! - [`engine`], operations from plans: requests, pages, answers
//! - [`api`], all operations: searching, describing, planning
//! - [`policy`], what may happen: refused, asked about or allowed
//! - [`stakes`], what a question to the user is about
//! - [`behaviours`], tools written by hand
//! - [`tools`], the inventory, and the life of one call
//! - [`resources`], what is in a workspace, by its address
//! - [`playbooks`], ways to do a task with several tools
//! - [`completions`], values that begin as the caller has begun
//! - [`server`], MCP over stdio
//! - [`http`], MCP over HTTP

mod agent;
pub mod api;
pub mod auth;
pub mod behaviours;
pub mod cache;
pub mod catalog;
mod clock;
pub mod completions;
pub mod config;
pub mod connect;
pub mod context;
pub mod engine;
pub mod error;
pub mod hints;
pub mod http;
pub mod latency;
pub mod leaving;
pub mod local;
pub mod log;
pub mod notify;
pub mod opened;
pub mod playbooks;
pub mod policy;
pub mod progress;
pub mod redact;
pub mod resources;
pub mod server;
pub mod settings;
pub mod shape;
pub mod shelf;
pub mod stakes;
pub mod stores;
pub mod tally;
pub mod tools;
pub mod trace;
pub mod transfers;
pub mod transport;
pub mod vitals;
pub mod waiting;
pub mod warehouse;
pub mod workspaces;
