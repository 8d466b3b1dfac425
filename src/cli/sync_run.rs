//! `sync-run`: brings a Git folder up to date and runs a notebook of it, as the tool does.

use clap::Args;
use databricks_mcp::error::Error;
use serde_json::Map;

use super::call::{self, Allowed, Shown};
use super::exits::{self, Exit};
use super::flags::{Calling, Serving};
use super::settings::Sources;

/// The tool that does it.
const TOOL: &str = "sync_repo_and_run_notebook";

/// The command line of `sync-run`.
#[derive(Args)]
#[command(after_help = exits::HELP)]
pub(super) struct SyncRun {
    /// Id of the Git folder; `call list_repos` prints them
    #[arg(long, value_name = "ID")]
    repo_id: i64,
    /// Path of the notebook, from the Git folder or from / on
    #[arg(long, value_name = "PATH")]
    notebook_path: String,
    /// Cluster to run it on; without it, serverless compute
    #[arg(long, value_name = "ID")]
    cluster_id: Option<String>,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    serving: Serving,
    #[command(flatten)]
    calling: Calling,
}

/// Does it.
pub(super) fn run(sources: &Sources, asked: &SyncRun) -> Result<Exit, Error> {
    let allowed = Allowed {
        serving: &asked.serving,
        calling: &asked.calling,
    };
    let mut arguments = Map::new();
    arguments.insert("repo_id".to_owned(), asked.repo_id.into());
    arguments.insert(
        "notebook_path".to_owned(),
        asked.notebook_path.as_str().into(),
    );
    if let Some(cluster) = &asked.cluster_id {
        arguments.insert("existing_cluster_id".to_owned(), cluster.as_str().into());
    }
    call::one(sources, &allowed, TOOL, &asked.shown, |_, _| Ok(arguments))
}
