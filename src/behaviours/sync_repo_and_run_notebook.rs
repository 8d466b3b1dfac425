//! `sync_repo_and_run_notebook`: brings a Git folder up to date, then runs a notebook of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Behaviour;
use super::git_folder::{self, Checkout, GitFolder};
use super::notebook::{self, How, Notebook};
use super::run_output::Outputs;
use super::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Synced>("sync_repo_and_run_notebook", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    })
    .checking(check);

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// `id` of list_repos
    repo_id: i64,
    /// From the Git folder, or from / on
    notebook_path: String,
    /// Leave out for the one it is on
    #[serde(default)]
    branch: Option<String>,
    /// Instead of `branch`
    #[serde(default)]
    tag: Option<String>,
    #[serde(flatten)]
    how: How,
}

#[derive(Serialize, JsonSchema)]
struct Synced {
    repo: GitFolder,
    #[serde(flatten)]
    run: Outputs,
}

/// Refuses what cannot be run before anything is checked out.
fn check(given: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let asked: Arguments = arguments(Value::Object(given.clone()))?;
    let mut problems = asked.how.problems();
    if asked.branch.is_some() && asked.tag.is_some() {
        problems.push("`branch` and `tag` exclude each other".to_owned());
    }
    if problems.is_empty() {
        return Ok(given);
    }
    Err(Error::Arguments {
        tool: "sync_repo_and_run_notebook".to_owned(),
        problems,
    })
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let wanted = Checkout {
        branch: arguments.branch,
        tag: arguments.tag,
    };
    let folder = git_folder::check_out(context, arguments.repo_id, wanted).await?;
    if context.cancel.is_cancelled() {
        return Err(Error::Cancelled {
            what: "the run, before it began".to_owned(),
        });
    }
    let path = arguments.notebook_path;
    let path = if path.starts_with('/') {
        path
    } else {
        format!("{}/{path}", folder.path)
    };
    let notebook = Notebook { path, git: None };
    let mut answer = notebook::run(context, notebook, arguments.how).await?;
    let repo = structured(&folder)?;
    answer.text = format!("repo: {repo}\n{}", answer.text);
    if let Some(object) = answer.structured.as_object_mut() {
        object.insert("repo".to_owned(), repo);
    }
    Ok(answer)
}
