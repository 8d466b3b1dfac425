//! Tools written by hand, where a plan of requests cannot say it: one file each, one line in [`ALL`].
//!
//! A behaviour's argument struct is its input schema and its answer struct its output schema; name,
//! description and access stand in the manifest.

mod above_volumes;
mod api_call;
mod api_describe;
mod api_search;
mod blocking;
mod cancel_transfer;
mod chunks;
mod clear_cache;
mod command;
mod compute;
mod copy_file;
mod copying;
mod create_repo;
mod diagnose_run;
mod download_file;
mod encoding;
mod execute_sql;
mod execute_sql_multi;
mod export_run;
mod get_run_output;
mod get_statement;
mod get_transfer;
mod git_folder;
mod git_provider;
mod guards;
mod health;
mod json_rows;
mod links;
mod list_files;
mod metrics;
mod missing_name;
mod move_file;
mod notebook;
mod notebooks;
mod own;
mod pull_repo;
mod putting;
mod result_rows;
mod run_notebook;
mod run_output;
mod run_standing;
mod saved_result;
mod saved_table;
mod schema;
mod sql_page;
mod statement;
mod status;
mod submission;
mod sync_repo_and_run_notebook;
mod trace;
mod transfer;
mod typed;
mod update_permissions;
mod upload_file;

use std::future::Future;
use std::pin::Pin;

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;

pub use command::close_opened;
pub(crate) use own::OwnCode;
pub use own::{Caller, OwnTool};
pub use result_rows::{ResultRows, result_rows};
pub use submission::warehouse_to_choose;

/// A call that a behaviour is serving.
type Serving<'a> = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send + 'a>>;

/// Checks of arguments beyond their schema; they come back as they are sent.
type Check = fn(Map<String, Value>) -> Result<Map<String, Value>, Error>;

/// A tool written by hand.
#[derive(Debug)]
pub struct Behaviour {
    /// As the manifest names it.
    pub name: &'static str,
    /// JSON schema of the arguments.
    pub input_schema: fn() -> JsonObject,
    /// JSON schema of the structured answer.
    pub output_schema: fn() -> JsonObject,
    /// Checks arguments that fit the input schema for what the schema cannot say, before the user is asked.
    pub check: Check,
    /// The list whose items it judges one by one: a wrong one must not refuse the others. Its items are objects.
    pub alone: Option<&'static str>,
    /// Serves one call with validated arguments.
    pub call: for<'a> fn(&'a Context, Value) -> Serving<'a>,
}

/// Every behaviour.
static ALL: &[Behaviour] = &[
    api_call::BEHAVIOUR,
    api_describe::BEHAVIOUR,
    api_search::BEHAVIOUR,
    cancel_transfer::BEHAVIOUR,
    clear_cache::BEHAVIOUR,
    command::CANCEL,
    command::CREATE,
    command::EXECUTE,
    command::SIMPLE,
    command::STATUS,
    copy_file::BEHAVIOUR,
    create_repo::BEHAVIOUR,
    diagnose_run::BEHAVIOUR,
    download_file::BEHAVIOUR,
    execute_sql::BEHAVIOUR,
    execute_sql_multi::BEHAVIOUR,
    export_run::BEHAVIOUR,
    get_run_output::BEHAVIOUR,
    get_statement::BEHAVIOUR,
    get_transfer::BEHAVIOUR,
    health::BEHAVIOUR,
    list_files::BEHAVIOUR,
    metrics::BEHAVIOUR,
    move_file::BEHAVIOUR,
    notebooks::EDIT,
    notebooks::EXPORT,
    notebooks::IMPORT,
    pull_repo::BEHAVIOUR,
    run_notebook::BEHAVIOUR,
    status::BEHAVIOUR,
    sync_repo_and_run_notebook::BEHAVIOUR,
    update_permissions::BEHAVIOUR,
    upload_file::BEHAVIOUR,
];

/// The behaviour of this name.
///
/// # Errors
/// The manifest names one that the code does not have: a fault of the build.
pub fn find(name: &str) -> Result<&'static Behaviour, Error> {
    let found = ALL.iter().find(|behaviour| behaviour.name == name);
    found.ok_or_else(|| Error::Internal {
        reason: format!("behaviour `{name}` is in the manifest but not in the code"),
    })
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
            check: Ok,
            alone: None,
            call,
        }
    }

    /// The same behaviour, which judges the items of this list one by one.
    const fn judging_alone(mut self, list: &'static str) -> Self {
        self.alone = Some(list);
        self
    }

    /// The same behaviour, with arguments checked by this too.
    const fn checking(mut self, check: Check) -> Self {
        self.check = check;
        self
    }
}
