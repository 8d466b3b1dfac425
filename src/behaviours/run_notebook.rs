//! `run_notebook`: runs a notebook of the workspace or of a Git repository once, and tells what it returned.

use databricks_client::types::JobsGitSourceSent;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::notebook::{self, How, Notebook};
use super::run_output::Outputs;
use super::typed::arguments;
use super::{Behaviour, git_provider};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Outputs>("run_notebook", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    })
    .checking(check);

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Such as /Users/me@example.com/etl
    notebook_path: String,
    /// Its repository
    #[serde(default)]
    git_url: Option<String>,
    #[serde(default)]
    git_provider: Option<String>,
    #[serde(default)]
    branch: Option<String>,
    #[serde(default)]
    tag: Option<String>,
    #[serde(default)]
    commit: Option<String>,
    #[serde(flatten)]
    how: How,
}

/// Refuses what the service would refuse only after it has started a run.
fn check(given: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let asked: Arguments = arguments(Value::Object(given.clone()))?;
    let mut problems = asked.how.problems();
    let states = [&asked.branch, &asked.tag, &asked.commit];
    let named = states.into_iter().flatten().count();
    match &asked.git_url {
        None if named > 0 => problems.push(
            "`branch`, `tag` and `commit` need `git_url`; for a Git folder of the workspace, leave them out or use sync_repo_and_run_notebook"
                .to_owned(),
        ),
        Some(_) if named != 1 => problems.push(
            "with `git_url`, give one of `branch`, `tag` and `commit`".to_owned(),
        ),
        Some(url) if asked.git_provider.is_none() && git_provider::of(url).is_none() => {
            problems.push(format!(
                "`git_url` does not tell the provider: give `git_provider`, one of {}",
                git_provider::ALL.join(", ")
            ));
        }
        _ => {}
    }
    if problems.is_empty() {
        return Ok(given);
    }
    Err(Error::Arguments {
        tool: "run_notebook".to_owned(),
        problems,
    })
}

async fn call(context: &Context, asked: Arguments) -> Result<Answer, Error> {
    let git = asked.git_url.map(|git_url| {
        let guessed = || git_provider::of(&git_url).unwrap_or_default().to_owned();
        JobsGitSourceSent {
            git_provider: asked.git_provider.unwrap_or_else(guessed).into(),
            git_branch: asked.branch,
            git_tag: asked.tag,
            git_commit: asked.commit,
            git_snapshot: None,
            git_url,
        }
    });
    let path = match &git {
        // From the root of the repository.
        Some(_) => asked.notebook_path.trim_start_matches('/').to_owned(),
        None => asked.notebook_path,
    };
    notebook::run(context, Notebook { path, git }, asked.how).await
}
