//! Jobs and their runs.

mod describe;
mod job;
mod output;
mod perform;
mod plan;
mod run;
mod runs;
mod seed;
mod seed_failures;

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::clock::{Clock, Millis};
use crate::http::{ApiError, Call, Reply, page};
use crate::identity::{Identity, USER};
use crate::operations::Operations;
use crate::python::Interpreter;
use crate::shared::Shared;

use super::clusters::Clusters;
use super::workspace::Workspace;
use job::{Job, Task, check, clusters_of, merged, normal, remove};
use run::{Ids, Run};

const DAY: Millis = 86_400_000;
/// The depth to which jobs may run one another.
const CHILDREN: usize = 3;
const FIRST_ID: i64 = 903_118_240_066_100;

/// The jobs, newest first, and their runs, newest last.
struct Jobs {
    me: Weak<Jobs>,
    shared: Shared,
    /// The interpreters at work, by the run of the task.
    performed: Mutex<BTreeMap<i64, Arc<Interpreter>>>,
    clock: Clock,
    identity: Identity,
    workspace: Arc<Workspace>,
    clusters: Arc<Clusters>,
    jobs: Mutex<Vec<Arc<Job>>>,
    runs: Mutex<Vec<Run>>,
    ids: Mutex<Ids>,
}

#[derive(Deserialize)]
struct ByJob {
    job_id: i64,
}

#[derive(Deserialize)]
struct ListJobs {
    limit: Option<i64>,
    page_token: Option<String>,
    name: Option<String>,
    #[serde(default)]
    expand_tasks: bool,
}

#[derive(Deserialize)]
struct Change {
    job_id: i64,
    #[serde(default)]
    new_settings: Map<String, Value>,
    #[serde(default)]
    fields_to_remove: Vec<String>,
}

pub(super) fn serve(
    on: &mut Operations,
    shared: &Shared,
    workspace: &Arc<Workspace>,
    clusters: &Arc<Clusters>,
) {
    let jobs =
        Arc::new_cyclic(|me| Jobs::seeded(shared, workspace.clone(), clusters.clone(), me.clone()));
    on.on("jobs.create", &jobs, Jobs::create);
    on.on("jobs.list", &jobs, Jobs::list);
    on.on("jobs.get", &jobs, Jobs::get);
    on.on("jobs.update", &jobs, Jobs::update);
    on.on("jobs.reset", &jobs, Jobs::reset);
    on.on("jobs.delete", &jobs, Jobs::delete);
    on.on("jobs.run_now", &jobs, Jobs::run_now);
    on.on("jobs.submit", &jobs, Jobs::submit);
    on.on("jobs.repair_run", &jobs, Jobs::repair_run);
    on.on("jobs.get_run", &jobs, Jobs::get_run);
    on.on("jobs.list_runs", &jobs, Jobs::list_runs);
    on.on("jobs.get_run_output", &jobs, Jobs::get_run_output);
    on.on("jobs.export_run", &jobs, Jobs::export_run);
    on.on("jobs.cancel_run", &jobs, Jobs::cancel_run);
    on.on("jobs.cancel_all_runs", &jobs, Jobs::cancel_all_runs);
    on.on("jobs.delete_run", &jobs, Jobs::delete_run);
}

impl Jobs {
    fn seeded(
        shared: &Shared,
        workspace: Arc<Workspace>,
        clusters: Arc<Clusters>,
        me: Weak<Self>,
    ) -> Self {
        let clock = shared.clock;
        let now = clock.now();
        let jobs = seed::jobs(now);
        let mut past: Vec<(Millis, &Arc<Job>, i64)> = Vec::new();
        for job in &jobs {
            for number in 1..=job.past_runs {
                past.push((now - (job.past_runs - number + 1) * DAY / 2, job, number));
            }
            if job.name() == "clickstream-ingest" {
                past.push((now, job, 1));
            }
        }
        past.sort_by_key(|(started, job, _)| (*started, job.id));
        let mut ids = Ids(FIRST_ID);
        let mut runs = Vec::new();
        for (started, job, number) in past {
            let tasks = with_children(job.tasks(&[]), &jobs, CHILDREN);
            let mut run = Run::new(job, number, started, tasks, &mut ids, clock);
            runs.append(&mut run.children);
            runs.push(run);
        }
        let runs = Mutex::new(runs);
        Self {
            me,
            shared: shared.clone(),
            performed: Mutex::default(),
            clock,
            identity: shared.identity.clone(),
            workspace,
            clusters,
            runs,
            jobs: Mutex::new(jobs),
            ids: Mutex::new(ids),
        }
    }

    fn job(&self, id: i64) -> Result<Arc<Job>, ApiError> {
        let missing = || ApiError::invalid(format!("Job {id} does not exist."));
        let jobs = self.jobs.lock();
        let found = jobs.iter().find(|job| job.id == id);
        found.cloned().ok_or_else(missing)
    }

    /// Refuses tasks on a cluster that does not exist.
    fn check_clusters(&self, settings: &Map<String, Value>) -> Result<(), ApiError> {
        clusters_of(settings).try_for_each(|id| self.clusters.known(id))
    }

    fn create(&self, call: &Call) -> Result<Reply, ApiError> {
        let settings = normal(call.body.clone());
        check(&settings)?;
        self.check_clusters(&settings)?;
        let id = self.ids.lock().next();
        let job = Job {
            id,
            created: self.clock.now(),
            settings,
            fates: BTreeMap::new(),
            past_runs: 0,
            once: false,
        };
        self.jobs.lock().insert(0, Arc::new(job));
        Ok(json!({"job_id": id}).into())
    }

    fn list(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ListJobs = call.query()?;
        let wanted = query.name.map(|name| name.to_lowercase());
        let found: Vec<Value> = self
            .jobs
            .lock()
            .iter()
            .filter(|job| {
                wanted
                    .as_ref()
                    .is_none_or(|name| job.name().to_lowercase() == *name)
            })
            .map(|job| job.describe(query.expand_tasks))
            .collect();
        let page = page(found, query.page_token.as_deref(), limit(query.limit, 100)?)?;
        Ok(json!({
            "jobs": (!page.items.is_empty()).then_some(page.items),
            "has_more": page.next.is_some(),
            "next_page_token": page.next,
            "prev_page_token": page.previous,
        })
        .into())
    }

    fn get(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ByJob = call.query()?;
        let mut job = self.job(query.job_id)?.describe(true);
        if let Some(fields) = job.as_object_mut() {
            fields.insert("run_as_user_name".to_owned(), json!(USER));
        }
        Ok(job.into())
    }

    fn update(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Change = call.body()?;
        self.check_clusters(&body.new_settings)?;
        self.change(body.job_id, |old| {
            let mut settings = merged(old, body.new_settings);
            for path in &body.fields_to_remove {
                remove(&mut settings, path);
            }
            settings
        })
    }

    fn reset(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Change = call.body()?;
        self.check_clusters(&body.new_settings)?;
        self.change(body.job_id, |_| body.new_settings)
    }

    /// Gives a job new settings. Earlier runs keep theirs.
    fn change(
        &self,
        id: i64,
        new: impl FnOnce(&Map<String, Value>) -> Map<String, Value>,
    ) -> Result<Reply, ApiError> {
        let old = self.job(id)?;
        let settings = normal(Value::Object(new(&old.settings)));
        check(&settings)?;
        let job = Arc::new(Job {
            settings,
            ..Job::clone(&old)
        });
        let mut jobs = self.jobs.lock();
        if let Some(place) = jobs.iter_mut().find(|job| job.id == id) {
            *place = job;
        }
        Ok(Reply::empty())
    }

    fn delete(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ByJob = call.body()?;
        self.job(body.job_id)?;
        self.jobs.lock().retain(|job| job.id != body.job_id);
        Ok(Reply::empty())
    }
}

/// Gives tasks that run a job the tasks of that job, as deep as jobs may run one another.
fn with_children(mut tasks: Vec<Task>, jobs: &[Arc<Job>], depth: usize) -> Vec<Task> {
    let Some(depth) = depth.checked_sub(1) else {
        return tasks;
    };
    for task in &mut tasks {
        let runs = task.settings.get("run_job_task");
        let id = runs.and_then(|runs| runs.get("job_id")?.as_i64());
        let child = jobs.iter().find(|job| Some(job.id) == id);
        task.child = child.map(|child| {
            let tasks = with_children(child.tasks(&[]), jobs, depth);
            (child.clone(), tasks)
        });
    }
    tasks
}

fn limit(wanted: Option<i64>, largest: i64) -> Result<usize, ApiError> {
    match wanted {
        None => Ok(20),
        Some(wanted) if (1..=largest).contains(&wanted) => {
            Ok(usize::try_from(wanted).unwrap_or(20))
        }
        Some(wanted) => Err(ApiError::invalid(format!(
            "limit must be 1 to {largest}: {wanted}"
        ))),
    }
}
