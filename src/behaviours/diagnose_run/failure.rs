//! The tasks of a run that failed by themselves, each with what it says of its failure.

use std::future::Future;
use std::pin::Pin;

use databricks_client::types::{JobsRun, JobsRunTask};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::run_output;
use super::super::run_standing::Standing;
use super::super::trace;
use super::class::Class;
use super::compute::{self, Evidence};
use super::unrefreshed::Named;
use crate::context::Context;
use crate::shape;
use crate::transport::typed_answer;

/// Failed tasks of one run that are looked at.
const TASKS: usize = 3;
/// Failed iterations of one task that are looked at.
const ITERATIONS: usize = 2;
/// Runs within runs that are followed.
const DEPTH: usize = 2;
/// Characters of a message.
const MESSAGE: usize = 500;

/// A task that failed by itself, not because of another.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Failure {
    /// Its key, after those of the tasks that it runs in.
    pub(super) task: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run_id: Option<String>,
    pub(super) class: Class,
    /// The service's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
    /// The service's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
    /// The innermost exception.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<String>,
    /// The line that failed, as it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) trace: Vec<String>,
    /// What cluster, libraries and pipeline say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) evidence: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
}

/// The failures of a run, and what goes with them.
#[derive(Debug, Default)]
pub(super) struct Failures {
    pub(super) failures: Vec<Failure>,
    /// Tasks that did not run because of them.
    pub(super) not_run: Vec<String>,
    pub(super) not_assessed: Vec<String>,
    /// Tasks that failed or did not run, whose tables are as they were.
    pub(super) tasks: Vec<Named>,
}

/// A run or a task that leads to the tasks in question, and how deep it stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Way {
    keys: Vec<String>,
    depth: usize,
}

impl Way {
    fn to(&self, key: &str) -> String {
        let keys = self.keys.iter().map(String::as_str);
        keys.chain([key]).collect::<Vec<_>>().join(" > ")
    }

    fn within(&self, key: &str) -> Self {
        let mut keys = self.keys.clone();
        keys.push(key.to_owned());
        Self {
            keys,
            depth: self.depth + 1,
        }
    }
}

/// Looks at the tasks that failed by themselves. Runs within runs are followed, so this calls itself.
pub(super) fn of_run<'a>(
    context: &'a Context,
    run: &'a JobsRun,
    way: Way,
) -> Pin<Box<dyn Future<Output = Failures> + Send + 'a>> {
    Box::pin(async move {
        let mut all = Failures::default();
        let mut roots = Vec::new();
        for task in run_output::latest(run) {
            let standing = Standing::of(task);
            match standing.rank() {
                0 => roots.push(task),
                1 => {
                    all.not_run.push(way.to(key(task)));
                    all.tasks.push(Named::of(way.to(key(task)), task));
                }
                _ => {}
            }
        }
        if roots.len() > TASKS {
            let others = roots.iter().skip(TASKS).map(|task| way.to(key(task)));
            let others: Vec<String> = others.collect();
            let others = format!("tasks that failed too: {}", others.join(", "));
            all.not_assessed.push(shape::one_line(&others, MESSAGE));
        }
        for task in roots.into_iter().take(TASKS) {
            of_task(context, task, &way, &mut all).await;
        }
        all
    })
}

fn key(task: &JobsRunTask) -> &str {
    task.task_key.as_deref().unwrap_or("?")
}

/// Looks at one failed task: its iterations or its child run, where it has such, else the task itself.
async fn of_task(context: &Context, task: &JobsRunTask, way: &Way, all: &mut Failures) {
    if task.for_each_task.is_some() && of_iterations(context, task, way, all).await {
        return;
    }
    let (failure, child) = alone(context, task, way, &mut all.not_assessed).await;
    if let Some(child) = child.filter(|_| way.depth < DEPTH) {
        match run_output::run(context, child).await {
            Ok(run) => {
                let found = of_run(context, &run, way.within(key(task))).await;
                all.not_run.extend(found.not_run);
                all.not_assessed.extend(found.not_assessed);
                all.tasks.extend(found.tasks);
                if !found.failures.is_empty() {
                    all.failures.extend(found.failures);
                    return;
                }
            }
            Err(error) => {
                let by = &failure.task;
                let missing = format!("run {child}, which {by} began: {error}");
                all.not_assessed.push(missing);
            }
        }
    }
    if child.is_none() {
        all.tasks.push(Named::of(failure.task.clone(), task));
    }
    all.failures.push(failure);
}

/// Looks at the first iterations of a task that failed. Returns whether there are any.
async fn of_iterations(
    context: &Context,
    task: &JobsRunTask,
    way: &Way,
    all: &mut Failures,
) -> bool {
    let Some(run_id) = task.run_id.map(i64::from) else {
        return false;
    };
    let run = match run_output::run(context, run_id).await {
        Ok(run) => run,
        Err(error) => {
            let name = way.to(key(task));
            all.not_assessed
                .push(format!("iterations of {name}: {error}"));
            return false;
        }
    };
    let iterations = run.iterations.unwrap_or_default();
    let bad = iterations
        .iter()
        .filter(|iteration| Standing::of(iteration).rank() == 0);
    let (failed, of) = (bad.clone().count(), iterations.len());
    let within = way.within(key(task));
    let mut count = Some(format!(
        "{failed} of {} of {} failed",
        shape::counted(of, "iteration"),
        key(task)
    ));
    for iteration in bad.take(ITERATIONS) {
        let (mut failure, _) = alone(context, iteration, &within, &mut all.not_assessed).await;
        // All of them run the same code.
        if count.is_some() {
            all.tasks.push(Named::of(failure.task.clone(), iteration));
        }
        failure.evidence.splice(0..0, count.take());
        all.failures.push(failure);
    }
    failed > 0
}

/// What a task says of its failure, with its cluster and its pipeline where they may explain it; and the run of
/// another job that it began.
async fn alone(
    context: &Context,
    task: &JobsRunTask,
    way: &Way,
    not_assessed: &mut Vec<String>,
) -> (Failure, Option<i64>) {
    let standing = Standing::of(task);
    let ended = task
        .status
        .as_ref()
        .and_then(|status| status.termination_details.as_ref());
    let kind = ended.and_then(|ended| Some(ended.type_.as_ref()?.to_string()));
    let name = way.to(key(task));
    let mut read = trace::Trace::default();
    let mut child = None;
    if let Some(run_id) = task.run_id.filter(|_| standing.has_begun()) {
        let called = context.client().jobs_get_run_output(run_id.into()).await;
        match typed_answer("jobs.get_run_output", called) {
            Ok(output) => {
                read = trace::read(output.error.as_deref(), output.error_trace.as_deref());
                let began = output.run_job_output.as_ref();
                child = began.and_then(|began| began.get("run_id")?.as_i64());
            }
            Err(error) => not_assessed.push(format!("output of {name}: {error}")),
        }
    }
    let said = [read.cause.as_deref(), standing.message.as_deref()];
    let said = said.into_iter().flatten().collect::<Vec<_>>().join("\n");
    let class = Class::of(standing.code.as_deref(), kind.as_deref(), &said);
    let mut evidence = Evidence::default();
    let instance = task.cluster_instance.as_ref();
    let cluster = instance.and_then(|instance| instance.cluster_id.as_ref());
    let since = task.start_time.map(i64::from);
    if let Some(cluster) = cluster.or(task.existing_cluster_id.as_ref())
        && class.is_of_compute()
    {
        let until = task.end_time.map(i64::from);
        evidence = compute::of_cluster(context, cluster, (since, until)).await;
    }
    let pipeline = task.pipeline_task.as_ref();
    if let Some(pipeline) = pipeline.and_then(|pipeline| pipeline.pipeline_id.as_ref()) {
        let found = compute::of_pipeline(context, pipeline, since).await;
        evidence.found.extend(found.found);
        evidence.not_assessed.extend(found.not_assessed);
    }
    not_assessed.append(&mut evidence.not_assessed);
    // A pipeline's own error tells more than "the update failed".
    let by_pipeline = evidence
        .found
        .first()
        .filter(|_| pipeline.is_some() && read.cause.is_none());
    let failure = Failure {
        task: name,
        run_id: task.run_id.map(|id| i64::from(id).to_string()),
        class: by_pipeline.map_or(class, |said| Class::of(None, kind.as_deref(), said)),
        code: standing.code.or(standing.result),
        message: standing
            .message
            .map(|message| shape::one_line(&message, MESSAGE)),
        cause: read.cause.or_else(|| by_pipeline.cloned()),
        line: read.line,
        trace: read.excerpt,
        evidence: evidence.found,
        url: task.run_page_url.clone().filter(|url| !url.is_empty()),
    };
    (failure, child)
}
