//! `sync_repo_and_run_notebook`: brings a Git folder up to date, then runs a notebook of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Behaviour;
use super::git_folder::{self, Checkout, GitFolder};
use super::run_notebook;
use super::run_output::Outputs;
use super::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Synced>("sync_repo_and_run_notebook", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

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
    /// Leave out for serverless
    #[serde(default)]
    existing_cluster_id: Option<String>,
    /// Widgets by name
    #[serde(default)]
    base_parameters: Map<String, Value>,
    /// Seconds to wait, at most 45
    #[serde(default)]
    #[schemars(range(min = 0))]
    wait: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
struct Synced {
    repo: GitFolder,
    #[serde(flatten)]
    run: Outputs,
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
    let notebook_path = if path.starts_with('/') {
        path
    } else {
        format!("{}/{path}", folder.path)
    };
    let notebook = run_notebook::Arguments {
        notebook_path,
        existing_cluster_id: arguments.existing_cluster_id,
        base_parameters: arguments.base_parameters,
        wait: arguments.wait,
    };
    let mut answer = run_notebook::run(context, notebook).await?;
    let repo = structured(&folder)?;
    answer.text = format!("repo: {repo}\n{}", answer.text);
    if let Some(object) = answer.structured.as_object_mut() {
        object.insert("repo".to_owned(), repo);
    }
    Ok(answer)
}
