//! Starting, following, repairing and stopping runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::describe::run_type;
use super::job::{Failure, Fate, Job, Program, Task, check, list, normal, text};
use super::run::{Run, TaskRun};
use super::{ByJob, CHILDREN, Jobs, limit, with_children};
use crate::clock::Millis;
use crate::http::{ApiError, Call, Reply, page};

/// The longest idempotency token, in characters.
const LONGEST_TOKEN: usize = 64;

#[derive(Deserialize)]
pub(super) struct ByRun {
    pub(super) run_id: i64,
}

#[derive(Deserialize)]
struct ListRuns {
    job_id: Option<i64>,
    limit: Option<i64>,
    page_token: Option<String>,
    #[serde(default)]
    active_only: bool,
    #[serde(default)]
    completed_only: bool,
    #[serde(default)]
    expand_tasks: bool,
    run_type: Option<String>,
    start_time_from: Option<Millis>,
    start_time_to: Option<Millis>,
}

#[derive(Deserialize)]
struct RunNow {
    job_id: i64,
    idempotency_token: Option<String>,
    #[serde(default)]
    job_parameters: BTreeMap<String, String>,
    #[serde(default)]
    only: Vec<String>,
}

#[derive(Deserialize)]
struct Submit {
    run_name: Option<String>,
    idempotency_token: Option<String>,
    #[serde(flatten)]
    settings: Map<String, Value>,
}

#[derive(Deserialize)]
struct RepairRun {
    run_id: i64,
    latest_repair_id: Option<i64>,
    #[serde(default)]
    rerun_all_failed_tasks: bool,
    #[serde(default)]
    rerun_dependent_tasks: bool,
    #[serde(default)]
    rerun_tasks: Vec<String>,
    #[serde(default)]
    job_parameters: BTreeMap<String, String>,
}

impl Jobs {
    pub(super) fn run_now(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: RunNow = call.body()?;
        let job = self.job(body.job_id)?;
        let tasks = job.tasks(&[]);
        let unknown = |key: &&String| tasks.iter().all(|task| task.key != **key);
        if let Some(unknown) = body.only.iter().find(unknown) {
            return Err(ApiError::invalid(format!(
                "Task {unknown} does not exist in the job."
            )));
        }
        let parameters = body.job_parameters.into_iter().collect();
        self.start(&job, body.idempotency_token, parameters, &body.only)
    }

    pub(super) fn submit(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Submit = call.body()?;
        let mut settings = body.settings;
        let name = body.run_name.unwrap_or_else(|| "Untitled".to_owned());
        settings.insert("name".to_owned(), json!(name));
        let settings = normal(Value::Object(settings));
        check(&settings)?;
        self.check_clusters(&settings)?;
        if list(&settings, "tasks").next().is_none() {
            return Err(ApiError::invalid("Missing required field: tasks"));
        }
        let job = Job {
            id: self.ids.lock().next(),
            created: self.clock.now(),
            settings,
            fates: BTreeMap::new(),
            past_runs: 0,
            once: true,
        };
        self.start(&job, body.idempotency_token, Vec::new(), &[])
    }

    /// Starts a run, or finds the run that this token started before.
    fn start(
        &self,
        job: &Job,
        token: Option<String>,
        parameters: Vec<(String, String)>,
        only: &[String],
    ) -> Result<Reply, ApiError> {
        let token = token.filter(|token| !token.is_empty());
        if token
            .as_ref()
            .is_some_and(|token| token.len() > LONGEST_TOKEN)
        {
            return Err(ApiError::invalid(format!(
                "idempotency_token is longer than {LONGEST_TOKEN} characters."
            )));
        }
        let mut runs = self.runs.lock();
        if let Some(run) = runs
            .iter()
            .find(|r| token.is_some() && r.idempotency_token == token)
        {
            return Ok(json!({"run_id": run.id, "number_in_job": run.number}).into());
        }
        let tasks = self.foreseen(job, only);
        let job = Arc::new(job.clone());
        let number = 1 + runs.iter().filter(|run| run.job.id == job.id).count();
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let now = self.clock.now();
        let mut run = Run::new(&job, number, now, tasks, &mut self.ids.lock(), self.clock);
        run.idempotency_token = token;
        run.job_parameters = parameters;
        run.by_hand = true;
        let answer = if job.once {
            json!({"run_id": run.id})
        } else {
            json!({"run_id": run.id, "number_in_job": number})
        };
        runs.append(&mut run.children);
        self.perform(&mut run);
        runs.push(run);
        Ok(answer.into())
    }

    /// The tasks of a job. A task whose notebook does not exist will fail; one in Python runs where that is allowed.
    fn foreseen(&self, job: &Job, only: &[String]) -> Vec<Task> {
        let mut tasks = with_children(job.tasks(only), &self.jobs.lock(), CHILDREN);
        for task in &mut tasks {
            self.foresee(job, task);
            for iteration in &mut task.iterations {
                self.foresee(job, iteration);
                // The end of a loop is planned from those of its iterations.
                iteration.program = None;
            }
        }
        tasks
    }

    fn foresee(&self, job: &Job, task: &mut Task) {
        let cluster = text(&task.settings, "existing_cluster_id");
        if !cluster.is_empty()
            && !job.fates.contains_key(&task.key)
            && let Err(error) = self.clusters.known(cluster)
        {
            // It was there when the job was made.
            let failure = Failure {
                error: String::new(),
                trace: String::new(),
                code: ("CLUSTER_ERROR", "CLIENT_ERROR"),
                message: format!("{}.", error.message),
            };
            (task.seconds, task.fate) = (0.0, Fate::Fails(failure));
            return;
        }
        let notebook = task.settings.get("notebook_task");
        let Some(notebook) = notebook.and_then(Value::as_object) else {
            return;
        };
        let path = text(notebook, "notebook_path");
        let here = text(notebook, "source") != "GIT" && path.starts_with('/');
        if here {
            task.page = self.workspace.notebook_page(path);
        }
        if !here || job.fates.contains_key(&task.key) {
            return;
        }
        if !self.workspace.has_notebook(path) {
            let error = format!("Notebook not found: {path}");
            let trace = error.clone();
            (task.seconds, task.fate) = (0.0, Fate::Fails(Failure::of_code(error, trace)));
        } else if self.shared.allow_python && self.workspace.is_python(path) {
            let parameters = notebook.get("base_parameters").and_then(Value::as_object);
            task.program = Some(Program {
                path: path.to_owned(),
                parameters: parameters.cloned().unwrap_or_default(),
            });
        }
    }

    pub(super) fn repair_run(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: RepairRun = call.body()?;
        let now = self.clock.now();
        let mut runs = self.runs.lock();
        let run = the_run(&mut runs, body.run_id)?;
        if run.is_active(now) {
            return Err(ApiError::invalid(format!(
                "The run {} cannot be repaired while it is active.",
                run.id
            )));
        }
        if run.repairs.last().map(|last| last.id) != body.latest_repair_id {
            return Err(ApiError::invalid(
                "latest_repair_id must be the id of the latest repair of the run.",
            ));
        }
        let mut keys = body.rerun_tasks;
        if let Some(unknown) = keys
            .iter()
            .find(|key| run.tasks.iter().all(|task| task.task.key != **key))
        {
            return Err(ApiError::invalid(format!(
                "Task {unknown} does not exist in the run."
            )));
        }
        if body.rerun_all_failed_tasks {
            keys.extend(run.unsuccessful(now));
        }
        if body.rerun_dependent_tasks {
            keys = run.with_dependents(&keys);
        }
        if keys.is_empty() {
            return Err(ApiError::invalid("There are no tasks to rerun."));
        }
        run.job_parameters.extend(body.job_parameters);
        let tasks = self.foreseen(&run.job, &[]);
        let again: Vec<Task> = tasks
            .into_iter()
            .filter(|task| keys.contains(&task.key))
            .collect();
        let id = run.repair(&again, now, &mut self.ids.lock());
        self.perform(run);
        let children = std::mem::take(&mut run.children);
        runs.extend(children);
        Ok(json!({"repair_id": id}).into())
    }

    pub(super) fn get_run(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ByRun = call.query()?;
        let now = self.clock.now();
        let runs = self.runs.lock();
        let (run, task) = find(&runs, query.run_id)?;
        Ok(match task {
            None => self.describe(run, now, true).into(),
            Some(task) => self.describe_task(run, task, now, true).into(),
        })
    }

    pub(super) fn list_runs(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ListRuns = call.query()?;
        if query.active_only && query.completed_only {
            return Err(ApiError::invalid(
                "Only one of active_only and completed_only can be true.",
            ));
        }
        if let Some(job) = query.job_id {
            self.job(job)?;
        }
        let now = self.clock.now();
        let runs = self.runs.lock();
        let mut found: Vec<&Run> = runs
            .iter()
            .filter(|run| {
                let active = run.is_active(now);
                query.job_id.is_none_or(|job| run.job.id == job)
                    && (!query.active_only || active)
                    && (!query.completed_only || !active)
                    && query
                        .run_type
                        .as_deref()
                        .is_none_or(|kind| kind == run_type(run))
                    && query.start_time_from.is_none_or(|from| run.started >= from)
                    && query.start_time_to.is_none_or(|to| run.started <= to)
            })
            .collect();
        found.reverse();
        let page = page(found, query.page_token.as_deref(), limit(query.limit, 25)?)?;
        let shown: Vec<Value> = page
            .items
            .iter()
            .map(|run| self.describe(run, now, query.expand_tasks))
            .collect();
        Ok(json!({
            "runs": (!shown.is_empty()).then_some(shown),
            "has_more": page.next.is_some(),
            "next_page_token": page.next,
            "prev_page_token": page.previous,
        })
        .into())
    }

    pub(super) fn cancel_run(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ByRun = call.body()?;
        let mut runs = self.runs.lock();
        let id = find(&runs, body.run_id)?.0.id;
        cancel(&mut runs, id, self.clock.now());
        self.halt(&runs);
        Ok(Reply::empty())
    }

    pub(super) fn cancel_all_runs(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Option<ByJob> = call.body().ok();
        let Some(ByJob { job_id }) = body else {
            return Err(ApiError::invalid("Missing required field: job_id"));
        };
        self.job(job_id)?;
        let now = self.clock.now();
        let mut runs = self.runs.lock();
        let of_job = runs.iter().filter(|run| run.job.id == job_id);
        let ids: Vec<i64> = of_job.map(|run| run.id).collect();
        for id in ids {
            cancel(&mut runs, id, now);
        }
        self.halt(&runs);
        Ok(Reply::empty())
    }

    pub(super) fn delete_run(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ByRun = call.body()?;
        let mut runs = self.runs.lock();
        let run = the_run(&mut runs, body.run_id)?;
        if run.is_active(self.clock.now()) {
            return Err(ApiError::invalid(format!(
                "The run {} is active: cancel it first.",
                run.id
            )));
        }
        runs.retain(|run| run.id != body.run_id);
        Ok(Reply::empty())
    }
}

/// The run with this id, and the task if the id is that of a task.
pub(super) fn find(runs: &[Run], id: i64) -> Result<(&Run, Option<&TaskRun>), ApiError> {
    let found = runs.iter().find_map(|run| {
        let all = run.tasks.iter().flat_map(TaskRun::and_iterations);
        let task = all.into_iter().find(|task| task.id == id);
        (run.id == id || task.is_some()).then_some((run, task))
    });
    found.ok_or_else(|| ApiError::invalid(format!("Run {id} does not exist.")))
}

/// Cancels a run and those that its tasks began.
fn cancel(runs: &mut [Run], id: i64, now: Millis) {
    let Ok(run) = the_run(runs, id) else {
        return;
    };
    run.cancel(now);
    let children: Vec<i64> = run.tasks.iter().filter_map(|task| task.child).collect();
    for child in children {
        cancel(runs, child, now);
    }
}

fn the_run(runs: &mut [Run], id: i64) -> Result<&mut Run, ApiError> {
    let found = runs.iter_mut().find(|run| run.id == id);
    found.ok_or_else(|| ApiError::invalid(format!("Run {id} does not exist.")))
}
