//! A Git folder as the repos behaviours show it, and checking out in it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::steps;
use crate::context::Context;
use crate::error::Error;

/// A Git folder of the workspace.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct GitFolder {
    pub(super) id: i64,
    #[serde(default)]
    pub(super) path: String,
    /// Absent where a tag is checked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) branch: Option<String>,
    #[serde(
        default,
        rename(deserialize = "head_commit_id"),
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) commit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
}

/// What to check out: a branch, a tag, or the latest commit of the branch it is on.
#[derive(Debug, Default)]
pub(super) struct Checkout {
    pub(super) branch: Option<String>,
    pub(super) tag: Option<String>,
}

/// Reads the service's description.
pub(super) fn read(operation: &str, response: Value) -> Result<GitFolder, Error> {
    serde_json::from_value(response).map_err(|error| Error::Answer {
        operation: operation.to_owned(),
        reason: error.to_string(),
    })
}

async fn get(context: &Context, id: i64) -> Result<GitFolder, Error> {
    let found = steps::send(context, "repos.get", json!({ "repo_id": id })).await?;
    read("repos.get", found.response)
}

/// Checks out, and tells where the folder stands then.
pub(super) async fn check_out(
    context: &Context,
    id: i64,
    wanted: Checkout,
) -> Result<GitFolder, Error> {
    let branch = match &wanted {
        Checkout {
            branch: None,
            tag: None,
        } => {
            let folder = get(context, id).await?;
            let on_none = || Error::Arguments {
                tool: context.call.tool.to_string(),
                problems: vec![format!(
                    "missing argument `branch`: `{}` is on no branch now",
                    folder.path
                )],
            };
            Some(
                folder
                    .branch
                    .clone()
                    .filter(|branch| !branch.is_empty())
                    .ok_or_else(on_none)?,
            )
        }
        _ => wanted.branch,
    };
    let update = json!({ "repo_id": id, "branch": branch, "tag": wanted.tag });
    steps::send(context, "repos.update", update).await?;
    get(context, id).await
}
