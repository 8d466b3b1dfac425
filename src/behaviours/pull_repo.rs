//! `pull_repo`: brings a Git folder to the latest commit of its branch.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Behaviour;
use super::git_folder::{self, Checkout, GitFolder};
use super::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, GitFolder>("pull_repo", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// `id` of list_repos
    repo_id: i64,
    /// Leave out for the one it is on
    #[serde(default)]
    branch: Option<String>,
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let wanted = Checkout {
        branch: arguments.branch,
        tag: None,
    };
    let folder = git_folder::check_out(context, arguments.repo_id, wanted).await?;
    Ok(Answer::json(structured(&folder)?))
}
