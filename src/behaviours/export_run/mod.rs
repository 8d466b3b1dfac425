//! `export_run`: the notebook of a run as it ran, cell by cell, as text.

mod cells;
mod model;

use databricks_client::JobsExportRunParams;
use databricks_client::types::JobsExportRunOutput;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::typed::{arguments, id_as_text, structured};
use super::{Behaviour, run_output};
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Answer, Window};
use crate::transport::typed_answer;
use model::Model;

pub(super) use cells::{cut, output, without_tags};

const OPERATION: &str = "jobs.export_run";

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Exported>("export_run", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Of a run, or of one task in get_run
    run_id: i64,
    /// `next_offset` of the previous answer
    #[serde(default)]
    offset: u64,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
struct Exported {
    /// Of the task whose notebook it is.
    #[serde(serialize_with = "id_as_text")]
    #[schemars(with = "String")]
    run_id: i64,
    notebook: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    language: String,
    cells: usize,
    /// Numbers of the cells that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<usize>,
    /// Code, outputs and errors of the cells.
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<usize>,
    total_characters: usize,
}

async fn call(context: &Context, asked: Arguments) -> Result<Answer, Error> {
    let (run_id, exported) = match export(context, asked.run_id).await {
        // The service exports tasks only.
        Err(refused @ Error::Api { status: 400, .. }) => {
            let Some(task) = only_notebook(context, asked.run_id).await? else {
                return Err(refused);
            };
            (task, export(context, task).await?)
        }
        exported => (asked.run_id, exported?),
    };
    let views = exported.views.unwrap_or_default();
    let mut read = views
        .iter()
        .filter_map(|view| Some((view.name.clone(), Model::of(view.content.as_deref()?)?)));
    let Some((name, model)) = read.next() else {
        return Err(Error::Answer {
            operation: OPERATION.to_owned(),
            reason:
                "it holds no notebook that can be read; get_run_output tells what the run returned"
                    .to_owned(),
        });
    };
    let whole = cells::text(&model);
    let offset = usize::try_from(asked.offset).unwrap_or(usize::MAX);
    let Window { part, total } = Window::of(&whole, offset);
    let end = offset.saturating_add(part.chars().count());
    let exported = Exported {
        run_id,
        notebook: name.unwrap_or(model.name.clone()),
        language: model.language.clone(),
        cells: model.cells.len(),
        failed: cells::failed(&model),
        text: part,
        next_offset: (end < total).then_some(end),
        total_characters: total,
    };
    Ok(Answer::new(said(&exported, offset), structured(&exported)?))
}

fn said(exported: &Exported, offset: usize) -> String {
    let failed = match exported.failed.as_slice() {
        [] => String::new(),
        failed => {
            let failed: Vec<String> = failed.iter().map(ToString::to_string).collect();
            format!(", failed: cell {}", failed.join(", "))
        }
    };
    let mut text = format!(
        "{} as run {} ran it: {}{failed}\n{}",
        exported.notebook,
        exported.run_id,
        shape::counted(exported.cells, "cell"),
        exported.text
    );
    if let Some(next) = exported.next_offset {
        text.push_str(&format!(
            "\n[characters {offset} to {next} of {}; `offset: {next}` goes on]",
            exported.total_characters
        ));
    }
    text
}

async fn export(context: &Context, run_id: i64) -> Result<JobsExportRunOutput, Error> {
    let client = context.client();
    let called = client.jobs_export_run(JobsExportRunParams {
        run_id,
        views_to_export: None,
    });
    typed_answer(OPERATION, called.await)
}

/// The run of the only task of a run that runs a notebook; nothing where none does.
async fn only_notebook(context: &Context, run_id: i64) -> Result<Option<i64>, Error> {
    let run = run_output::run(context, run_id).await?;
    let tasks = run_output::latest(&run);
    let notebooks: Vec<(i64, &str)> = tasks
        .into_iter()
        .filter(|task| task.notebook_task.is_some())
        .filter_map(|task| {
            let id = i64::from(task.run_id?);
            (id != run_id).then_some((id, task.task_key.as_deref().unwrap_or_default()))
        })
        .collect();
    match notebooks.as_slice() {
        [] => Ok(None),
        [(only, _)] => Ok(Some(*only)),
        several => {
            let named: Vec<String> = several
                .iter()
                .map(|(id, key)| format!("{key} {id}"))
                .collect();
            Err(Error::Arguments {
                tool: "export_run".to_owned(),
                problems: vec![format!(
                    "`run_id` {run_id} has several notebooks: give the run_id of one of its tasks: {}",
                    named.join(", ")
                )],
            })
        }
    }
}
