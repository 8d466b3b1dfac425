//! Runs and their tasks as the API describes them.

use serde_json::{Map, Value, json};

use super::Jobs;
use super::job::{list, text};
use super::run::{Run, Standing, TaskRun};
use crate::clock::Millis;
use crate::identity::{Identity, USER};

impl Jobs {
    /// The run's page in the web interface.
    pub(super) fn page_url(&self, run: &Run) -> String {
        let Identity {
            host, workspace_id, ..
        } = &self.identity;
        format!("{host}/?o={workspace_id}#job/{}/run/{}", run.job.id, run.id)
    }

    /// A run, with its tasks if `with_tasks` is set.
    pub(super) fn describe(&self, run: &Run, now: Millis, with_tasks: bool) -> Value {
        let mut fields = json!({
            "job_id": run.job.id,
            "run_id": run.id,
            "job_run_id": run.id,
            "number_in_job": run.number,
            "original_attempt_run_id": run.id,
            "creator_user_name": USER,
            "run_name": run.job.name(),
            "run_type": run_type(run),
            "trigger": if run.by_hand || run.job.settings.get("schedule").is_none() { "ONE_TIME" } else { "PERIODIC" },
            "run_page_url": self.page_url(run),
        });
        let parameters: Vec<Value> = list(&run.job.settings, "parameters")
            .filter_map(Value::as_object)
            .map(|parameter| {
                let (name, default) = (text(parameter, "name"), text(parameter, "default"));
                let given = run.job_parameters.iter().find(|(given, _)| given == name);
                json!({"name": name, "default": default, "value": given.map(|(_, value)| value)})
            })
            .collect();
        if let Some(fields) = fields.as_object_mut() {
            write(fields, &run.standing(now), run.is_cancelled());
            if !parameters.is_empty() {
                fields.insert("job_parameters".to_owned(), Value::Array(parameters));
            }
            if with_tasks {
                let tasks = run
                    .tasks
                    .iter()
                    .map(|task| self.describe_task(run, task, now, false));
                fields.insert("tasks".to_owned(), tasks.collect());
            }
            if !run.repairs.is_empty() {
                fields.insert("repair_history".to_owned(), self.repairs(run, now));
            }
        }
        fields
    }

    /// The first attempt of the run, and its repairs.
    fn repairs(&self, run: &Run, now: Millis) -> Value {
        let current: Vec<i64> = run.tasks.iter().map(|task| task.id).collect();
        let ended = |nth: usize| run.repairs.get(nth).map(|next| next.started);
        let ids = |nth: usize| run.repairs.get(nth).map_or(&current, |next| &next.before);
        let state = |nth: usize| match ended(nth) {
            Some(_) => json!({"life_cycle_state": "TERMINATED"}),
            None => {
                let standing = run.standing(now);
                json!({"life_cycle_state": standing.life_cycle, "result_state": standing.result})
            }
        };
        let original = json!({
            "type": "ORIGINAL",
            "start_time": run.started,
            "end_time": ended(0),
            "state": state(0),
            "task_run_ids": ids(0),
        });
        let repairs = run.repairs.iter().zip(1..).map(|(repair, nth)| {
            json!({
                "type": "REPAIR",
                "id": repair.id,
                "start_time": repair.started,
                "end_time": ended(nth).unwrap_or(run.standing(now).ended),
                "state": state(nth),
                "task_run_ids": ids(nth),
            })
        });
        std::iter::once(original).chain(repairs).collect()
    }

    /// The run of a task, within the run of its job or, if `alone`, as a run of its own.
    pub(super) fn describe_task(
        &self,
        run: &Run,
        task: &TaskRun,
        now: Millis,
        alone: bool,
    ) -> Value {
        let standing = run.task(task, now);
        let mut fields = Map::new();
        if alone {
            fields.insert("job_id".to_owned(), json!(run.job.id));
            fields.insert("job_run_id".to_owned(), json!(run.id));
            fields.insert("number_in_job".to_owned(), json!(run.number));
            fields.insert("run_name".to_owned(), json!(task.task.key));
            fields.insert("run_type".to_owned(), json!(run_type(run)));
            fields.insert("creator_user_name".to_owned(), json!(USER));
            // A run of one task lists that task.
            let own = self.describe_task(run, task, now, false);
            fields.insert("tasks".to_owned(), json!([own]));
            if !task.iterations.is_empty() {
                let all = task.iterations.iter();
                let all = all.map(|one| self.describe_task(run, one, now, false));
                fields.insert("iterations".to_owned(), all.collect());
            }
        } else {
            fields.extend(task.task.settings.clone());
            let condition = fields
                .get_mut("condition_task")
                .and_then(Value::as_object_mut);
            if let (Some(condition), Some(outcome), Some("SUCCESS")) =
                (condition, task.task.outcome(), standing.result)
            {
                condition.insert("outcome".to_owned(), json!(outcome));
            }
            // Runs do not carry the health rules of tasks.
            fields.remove("health");
        }
        fields.insert("run_id".to_owned(), json!(task.id));
        fields.insert("attempt_number".to_owned(), json!(task.attempt(now)));
        let link = format!("{}/task/{}", self.page_url(run), task.id);
        fields.insert("run_page_url".to_owned(), json!(link));
        if let Some(cluster) = cluster(run, task).filter(|_| standing.execution > 0) {
            let cluster = json!({"cluster_id": cluster, "spark_context_id": "6021577349410732"});
            fields.insert("cluster_instance".to_owned(), cluster);
        }
        write(&mut fields, &standing, run.is_cancelled());
        Value::Object(fields)
    }
}

/// The trigger of the run.
pub(super) fn run_type(run: &Run) -> &'static str {
    if run.job.once {
        "SUBMIT_RUN"
    } else {
        "JOB_RUN"
    }
}

/// The cluster of a task; `None` for tasks that run serverless or on a warehouse.
fn cluster(run: &Run, task: &TaskRun) -> Option<String> {
    let settings = &task.task.settings;
    let existing = settings.get("existing_cluster_id").and_then(Value::as_str);
    let own = settings.contains_key("new_cluster") || settings.contains_key("job_cluster_key");
    let made = || own.then(|| format!("job-{}-run-{}", run.job.id, run.id));
    existing.map(ToOwned::to_owned).or_else(made)
}

/// Writes a standing in both forms of the service: the older `state` and the newer `status`.
fn write(fields: &mut Map<String, Value>, standing: &Standing, cancelled: bool) {
    fields.insert(
        "state".to_owned(),
        json!({
            "life_cycle_state": standing.life_cycle,
            "result_state": standing.result,
            "state_message": standing.message,
            "user_cancelled_or_timedout": cancelled,
        }),
    );
    let details = standing.result.map(|result| {
        let (code, kind) = match result {
            "SUCCESS" => ("SUCCESS", "SUCCESS"),
            "CANCELED" => ("USER_CANCELED", "SUCCESS"),
            "UPSTREAM_FAILED" => ("SKIPPED", "CLIENT_ERROR"),
            "EXCLUDED" => ("SUCCESS", "SUCCESS"),
            _ => standing
                .code
                .unwrap_or(("RUN_EXECUTION_ERROR", "CLIENT_ERROR")),
        };
        json!({"code": code, "type": kind, "message": standing.message})
    });
    let status = json!({"state": standing.life_cycle, "termination_details": details});
    fields.insert("status".to_owned(), status);
    fields.insert("start_time".to_owned(), json!(standing.started));
    fields.insert("end_time".to_owned(), json!(standing.ended));
    fields.insert("setup_duration".to_owned(), json!(standing.setup));
    fields.insert("execution_duration".to_owned(), json!(standing.execution));
    fields.insert("cleanup_duration".to_owned(), json!(0));
    if standing.ended > 0 {
        let duration = standing.ended - standing.started;
        fields.insert("run_duration".to_owned(), json!(duration.max(0)));
    }
}
