//! `create_repo`: clones a repository as a Git folder and checks out a branch, which takes two requests.

use databricks_client::types::ReposCreateRequest;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Behaviour;
use super::git_folder::{self, Checkout, GitFolder};
use super::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;
use crate::transport::typed_answer;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, GitFolder>("create_repo", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// HTTPS address of the repository
    url: String,
    /// gitHub, gitLab, azureDevOpsServices, bitbucketCloud…
    provider: String,
    /// Target, for example /Repos/me@example.com/etl
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    branch: Option<String>,
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let Arguments {
        url,
        provider,
        path,
        branch,
    } = arguments;
    let wanted = ReposCreateRequest {
        url,
        provider,
        path,
    };
    let called = context.client().repos_create(&wanted).await;
    let mut folder = GitFolder::created(typed_answer("repos.create", called)?)?;
    if branch.is_some() && branch != folder.branch {
        let id = folder.id;
        let wanted = Checkout { branch, tag: None };
        folder = git_folder::check_out(context, id, wanted)
            .await
            .map_err(|error| half_done(id, &error))?;
    }
    Ok(Answer::json(structured(&folder)?))
}

/// The error when the folder exists, so that creating it again would fail for another reason.
fn half_done(id: i64, error: &Error) -> Error {
    Error::Failed {
        what: format!("repo_id {id}"),
        state: "created, on its default branch".to_owned(),
        message: error.to_string(),
        hint: Some("do not create it again; update_repo checks out a branch".to_owned()),
    }
}
