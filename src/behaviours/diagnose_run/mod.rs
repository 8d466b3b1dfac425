//! `diagnose_run`: why a run failed, by reads alone, in one answer.

mod class;
mod compute;
mod diagnosis;
mod failure;
mod history;
mod unrefreshed;
mod written;

use databricks_client::types::JobsRun;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Behaviour;
use super::run_output;
use super::run_standing::Standing;
use super::typed::arguments;
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Answer};
use class::Class;
use diagnosis::{Diagnosis, Repair};
use failure::{Failure, Way};

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Diagnosis>("diagnose_run", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Of the whole run, as in list_job_runs
    run_id: i64,
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let run = run_output::with_repairs(context, arguments.run_id).await?;
    let standing = Standing::new(run.status.as_ref(), run.state.as_ref());
    let mut diagnosis = Diagnosis {
        run_id: arguments.run_id.to_string(),
        job_id: run.job_id.map(|id| i64::from(id).to_string()),
        state: standing.state.clone(),
        result: standing.result.clone(),
        summary: String::new(),
        failures: Vec::new(),
        not_run: Vec::new(),
        not_refreshed: Vec::new(),
        occurrence: None,
        changed: Vec::new(),
        repair: None,
        not_assessed: Vec::new(),
        url: run.run_page_url.clone().filter(|url| !url.is_empty()),
    };
    let found = failure::of_run(context, &run, Way::default()).await;
    diagnosis.failures = found.failures;
    diagnosis.not_run = found.not_run;
    diagnosis.not_assessed = found.not_assessed;
    diagnosis.not_assessed.extend(run_output::missing(&run));
    if !standing.is_bad() && diagnosis.failures.is_empty() {
        diagnosis.summary = match standing.state.as_deref() {
            Some("TERMINATED") => "It did not fail".to_owned(),
            state => format!(
                "It has not ended: {}",
                state.unwrap_or("its state is unknown")
            ),
        };
        return diagnosis::answer(diagnosis);
    }
    let keys: Vec<&str> = diagnosis
        .failures
        .iter()
        .filter_map(|failure| failure.task.split(" > ").next())
        .collect();
    let history = history::of(context, &run, &keys).await;
    let unrefreshed = unrefreshed::of(context, &found.tasks).await;
    diagnosis.occurrence = history.occurrence;
    diagnosis.changed = history.changed;
    diagnosis.not_assessed.extend(history.not_assessed);
    diagnosis.not_refreshed = unrefreshed.found;
    diagnosis.not_assessed.extend(unrefreshed.not_assessed);
    diagnosis.summary = summary(&diagnosis.failures, &standing);
    // A run that goes on may be repaired only once it has ended.
    diagnosis.repair = standing
        .is_bad()
        .then(|| repair(&run, &standing, &diagnosis.failures))
        .flatten();
    diagnosis::answer(diagnosis)
}

/// The answer in one sentence.
fn summary(failures: &[Failure], standing: &Standing) -> String {
    let Some(first) = failures.first() else {
        let said = standing.message.as_deref().or(standing.code.as_deref());
        let said = shape::one_line(said.unwrap_or("the service gives no reason"), 300);
        return format!("No task failed by itself: {said}");
    };
    let words = [&first.cause, &first.message, &first.code];
    let said = words.into_iter().flatten().next();
    let said = shape::one_line(
        said.map_or("the service gives no reason", String::as_str),
        300,
    );
    let at = first.line.as_deref().map(|line| format!(", at {line}"));
    let others = match failures.len() {
        1 => String::new(),
        count => format!("; {} failed besides", count - 1),
    };
    format!(
        "Task {} failed: {said}{}{others}",
        first.task,
        at.unwrap_or_default()
    )
}

/// A repair of a run of a job.
fn repair(run: &JobsRun, standing: &Standing, failures: &[Failure]) -> Option<Repair> {
    let run_id = run.run_id.map(i64::from)?;
    run.job_id.map(i64::from).filter(|id| *id != 0)?;
    let class = failures.first().map_or_else(
        || {
            Class::of(
                standing.code.as_deref(),
                None,
                standing.message.as_deref().unwrap_or_default(),
            )
        },
        |first| first.class,
    );
    let mut arguments = json!({ "run_id": run_id.to_string(), "rerun_all_failed_tasks": true });
    let latest = run
        .repair_history
        .iter()
        .flatten()
        .rev()
        .find_map(|one| one.id);
    if let (Some(latest), Some(arguments)) = (latest, arguments.as_object_mut()) {
        let latest = Value::String(i64::from(latest).to_string());
        arguments.insert("latest_repair_id".to_owned(), latest);
    }
    Some(Repair {
        tool: "repair_run",
        arguments,
        advice: class.advice(),
    })
}
