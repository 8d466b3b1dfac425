//! Tools written by hand, where a plan of requests cannot say it: one file each, one line in [`ALL`].
//!
//! A behaviour's argument struct is its input schema and its answer struct its output schema; name,
//! description and access stand in the manifest.

mod api_call;
mod api_describe;
mod api_search;
mod consequence;
mod create_repo;
mod deleting;
mod execute_command_simple;
mod execute_sql;
mod get_run_output;
mod get_statement;
mod git_folder;
mod health;
mod missing_name;
mod pull_repo;
mod reading;
mod run_notebook;
mod run_output;
mod schema;
mod sql_page;
mod statement;
mod sync_repo_and_run_notebook;

use std::future::Future;
use std::pin::Pin;

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::catalog::{Door, ToolSpec};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;

/// A call that a behaviour is serving.
type Serving<'a> = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send + 'a>>;

/// A tool written by hand.
#[derive(Debug)]
pub struct Behaviour {
    /// As the manifest names it.
    pub name: &'static str,
    /// JSON schema of the arguments.
    pub input_schema: fn() -> JsonObject,
    /// JSON schema of the structured answer.
    pub output_schema: fn() -> JsonObject,
    /// Serves one call with validated arguments.
    pub call: for<'a> fn(&'a Context, Value) -> Serving<'a>,
}

/// Every behaviour.
static ALL: &[Behaviour] = &[
    api_call::BEHAVIOUR,
    api_describe::BEHAVIOUR,
    api_search::BEHAVIOUR,
    create_repo::BEHAVIOUR,
    execute_command_simple::BEHAVIOUR,
    execute_sql::BEHAVIOUR,
    get_run_output::BEHAVIOUR,
    get_statement::BEHAVIOUR,
    health::BEHAVIOUR,
    pull_repo::BEHAVIOUR,
    run_notebook::BEHAVIOUR,
    sync_repo_and_run_notebook::BEHAVIOUR,
];

/// The behaviour of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Behaviour> {
    ALL.iter().find(|behaviour| behaviour.name == name)
}

/// The operation that a tool is there to send: that of its plan, or the first that a behaviour names.
pub fn operations(tool: &'static ToolSpec) -> impl Iterator<Item = &'static str> {
    let planned = match &tool.door {
        Door::Table(plan) => Some(plan.request.operation),
        Door::Behaviour(_) => tool.operations.first().copied(),
    };
    planned.into_iter()
}

impl Behaviour {
    /// A behaviour whose schemas come from its types.
    const fn new<Arguments: JsonSchema, Output: JsonSchema>(
        name: &'static str,
        call: for<'a> fn(&'a Context, Value) -> Serving<'a>,
    ) -> Self {
        Self {
            name,
            input_schema: schema::input::<Arguments>,
            output_schema: schema::output::<Output>,
            call,
        }
    }
}

/// Reads validated arguments into their struct.
fn arguments<Arguments: DeserializeOwned>(value: Value) -> Result<Arguments, Error> {
    serde_json::from_value(value).map_err(|error| Error::Internal {
        reason: format!("arguments that passed their schema do not fit their struct: {error}"),
    })
}

/// The structured form of an answer.
fn structured<Output: Serialize>(output: &Output) -> Result<Value, Error> {
    serde_json::to_value(output).map_err(|error| Error::Internal {
        reason: format!("an answer cannot be written as JSON: {error}"),
    })
}
