//! A Git folder as the repos behaviours show it, and checking out in it.

use databricks_client::types::{
    Int64, ReposUpdateRequest, WorkspaceCreateRepoResponse, WorkspaceGetRepoResponse,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::typed::id_as_text;
use crate::context::Context;
use crate::error::Error;
use crate::transport::typed_answer;

/// A Git folder of the workspace.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct GitFolder {
    #[serde(serialize_with = "id_as_text")]
    #[schemars(with = "String")]
    pub(super) id: i64,
    #[serde(default)]
    pub(super) path: String,
    /// Absent where a tag is checked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) branch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
}

/// A branch or a tag to check out; neither means the latest commit of the branch it is on.
#[derive(Debug, Default)]
pub(super) struct Checkout {
    pub(super) branch: Option<String>,
    pub(super) tag: Option<String>,
}

impl GitFolder {
    /// Reads the answer to `repos.create`.
    pub(super) fn created(answer: WorkspaceCreateRepoResponse) -> Result<Self, Error> {
        Ok(Self {
            id: id("repos.create", answer.id)?,
            path: answer.path.unwrap_or_default(),
            branch: answer.branch,
            commit: answer.head_commit_id,
            url: answer.url,
        })
    }

    fn got(answer: WorkspaceGetRepoResponse) -> Result<Self, Error> {
        Ok(Self {
            id: id("repos.get", answer.id)?,
            path: answer.path.unwrap_or_default(),
            branch: answer.branch,
            commit: answer.head_commit_id,
            url: answer.url,
        })
    }
}

fn id(operation: &str, id: Option<Int64>) -> Result<i64, Error> {
    id.map(i64::from).ok_or_else(|| Error::Answer {
        operation: operation.to_owned(),
        reason: "it has no `id`".to_owned(),
    })
}

async fn get(context: &Context, id: i64) -> Result<GitFolder, Error> {
    let called = context.client().repos_get(id).await;
    GitFolder::got(typed_answer("repos.get", called)?)
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
            let branch = folder.branch.clone().filter(|branch| !branch.is_empty());
            Some(branch.ok_or_else(on_none)?)
        }
        _ => wanted.branch,
    };
    let update = ReposUpdateRequest {
        branch,
        tag: wanted.tag,
    };
    let called = context.client().repos_update(id, &update).await;
    typed_answer("repos.update", called)?;
    get(context, id).await
}
