//! Jobs and their runs.

mod describe;
mod run;
mod seed;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::clock::{Clock, Millis};
use crate::http::{ApiError, Call, Operations, Reply, page};
use crate::shared::{Identity, Shared, USER};

use run::{Run, TaskRun};
use seed::{Fate, Job};

const DAY: Millis = 86_400_000;
/// Ids of runs are this far apart, which leaves room for their tasks'.
const RUN_STEP: i64 = 100;
const FIRST_RUN: i64 = 903_118_240_066_100;
/// Longest idempotency token.
const LONGEST_TOKEN: usize = 64;

/// Jobs, and runs newest last.
struct Jobs {
    clock: Clock,
    identity: Identity,
    jobs: Vec<Arc<Job>>,
    runs: Mutex<Vec<Run>>,
}

#[derive(Deserialize)]
struct ByRun {
    run_id: i64,
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

pub(super) fn serve(on: &mut Operations<'_>, shared: &Arc<Shared>) {
    let jobs = Arc::new(Jobs::seeded(shared));
    on.on("jobs.list", &jobs, Jobs::list);
    on.on("jobs.get", &jobs, Jobs::get);
    on.on("jobs.run_now", &jobs, Jobs::run_now);
    on.on("jobs.get_run", &jobs, Jobs::get_run);
    on.on("jobs.list_runs", &jobs, Jobs::list_runs);
    on.on("jobs.get_run_output", &jobs, Jobs::get_run_output);
    on.on("jobs.cancel_run", &jobs, Jobs::cancel_run);
}

impl Jobs {
    fn seeded(shared: &Shared) -> Self {
        let clock = shared.clock;
        let now = clock.now();
        let jobs = seed::jobs(now);
        let mut past: Vec<(Millis, &Arc<Job>, i64)> = Vec::new();
        for job in &jobs {
            for number in 1..=job.past_runs {
                past.push((now - (job.past_runs - number + 1) * DAY / 2, job, number));
            }
            if job.name == "clickstream-ingest" {
                past.push((now, job, 1));
            }
        }
        past.sort_by_key(|(started, job, _)| (*started, job.id));
        let ids = (0..).map(|nth| FIRST_RUN + nth * RUN_STEP);
        let runs = past.into_iter().zip(ids);
        let runs =
            runs.map(|((started, job, number), id)| Run::new(id, job, number, started, clock));
        let runs = Mutex::new(runs.collect());
        Self {
            clock,
            identity: shared.identity.clone(),
            runs,
            jobs,
        }
    }

    fn job(&self, id: i64) -> Result<&Arc<Job>, ApiError> {
        let missing = || ApiError::invalid(format!("Job {id} does not exist."));
        self.jobs
            .iter()
            .find(|job| job.id == id)
            .ok_or_else(missing)
    }

    fn list(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ListJobs = call.query()?;
        let wanted = query.name.map(|name| name.to_lowercase());
        let found: Vec<Value> = self
            .jobs
            .iter()
            .filter(|job| {
                wanted
                    .as_ref()
                    .is_none_or(|name| job.name.to_lowercase() == *name)
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

    fn run_now(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: RunNow = call.body()?;
        let job = self.job(body.job_id)?;
        let token = body.idempotency_token.filter(|token| !token.is_empty());
        if token
            .as_ref()
            .is_some_and(|token| token.len() > LONGEST_TOKEN)
        {
            return Err(ApiError::invalid(format!(
                "idempotency_token is longer than {LONGEST_TOKEN} characters."
            )));
        }
        if let Some(unknown) = body
            .only
            .iter()
            .find(|key| job.tasks.iter().all(|t| t.key != *key))
        {
            return Err(ApiError::invalid(format!(
                "Task {unknown} does not exist in the job."
            )));
        }
        let mut runs = self.runs.lock();
        if let Some(run) = runs
            .iter()
            .find(|r| token.is_some() && r.idempotency_token == token)
        {
            return Ok(json!({"run_id": run.id, "number_in_job": run.number}).into());
        }
        let id = runs.last().map_or(FIRST_RUN, |run| run.id + RUN_STEP);
        let number = 1 + runs.iter().filter(|run| run.job.id == job.id).count();
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let mut run = Run::new(id, job, number, self.clock.now(), self.clock);
        run.idempotency_token = token;
        run.job_parameters = body.job_parameters.into_iter().collect();
        run.by_hand = true;
        runs.push(run);
        Ok(json!({"run_id": id, "number_in_job": number}).into())
    }

    fn get_run(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ByRun = call.query()?;
        let now = self.clock.now();
        let runs = self.runs.lock();
        let (run, task) = find(&runs, query.run_id)?;
        Ok(match task {
            None => self.describe(run, now, true).into(),
            Some(task) => self.describe_task(run, task, now, true).into(),
        })
    }

    fn list_runs(&self, call: &Call) -> Result<Reply, ApiError> {
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
                        .is_none_or(|kind| kind == "JOB_RUN")
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

    fn get_run_output(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ByRun = call.query()?;
        let now = self.clock.now();
        let runs = self.runs.lock();
        let (run, task) = find(&runs, query.run_id)?;
        let task = match (task, run.tasks.as_slice()) {
            (Some(task), _) | (None, [task]) => task,
            (None, _) => {
                return Err(ApiError::invalid(format!(
                    "The run {} has several tasks: ask for the output of one of its task runs.",
                    run.id
                )));
            }
        };
        let mut output = Map::new();
        output.insert(
            "metadata".to_owned(),
            self.describe_task(run, task, now, true),
        );
        match (&task.task.fate, run.task(task, now).result) {
            (Fate::Succeeds { output: text }, Some("SUCCESS")) => {
                let (field, value) = if task.task.work.get("sql_task").is_some() {
                    (
                        "sql_output",
                        json!({"query_output": {"output_link": self.page_url(run)}}),
                    )
                } else if task.task.work.get("notebook_task").is_some() {
                    (
                        "notebook_output",
                        json!({"result": text, "truncated": false}),
                    )
                } else {
                    ("logs", json!(text))
                };
                output.insert(field.to_owned(), value);
            }
            (Fate::Fails { error, trace }, Some("FAILED")) => {
                output.insert("error".to_owned(), json!(error));
                output.insert("error_trace".to_owned(), json!(trace));
            }
            _ => {}
        }
        Ok(Value::Object(output).into())
    }

    fn cancel_run(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ByRun = call.body()?;
        let mut runs = self.runs.lock();
        let (run, _) = find(&runs, body.run_id)?;
        let id = run.id;
        if let Some(run) = runs.iter_mut().find(|run| run.id == id) {
            run.cancel(self.clock.now());
        }
        Ok(Reply::empty())
    }
}

/// The run, and the task of it when the id is a task's.
fn find(runs: &[Run], id: i64) -> Result<(&Run, Option<&TaskRun>), ApiError> {
    let found = runs.iter().find_map(|run| {
        let task = run.tasks.iter().find(|task| task.id == id);
        (run.id == id || task.is_some()).then_some((run, task))
    });
    found.ok_or_else(|| ApiError::invalid(format!("Run {id} does not exist.")))
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
