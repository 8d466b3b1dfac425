//! How often a job failed lately, and what changed since it last succeeded.

use databricks_client::JobsListRunsParams;
use databricks_client::types::{JobsBaseRun, JobsRun, JobsRunTask};
use serde_json::{Map, Value};

use super::super::run_output;
use super::super::run_standing::Standing;
use super::super::typed::structured;
use crate::context::Context;
use crate::shape;
use crate::transport::typed_answer;

/// Ended runs that are looked at.
const RUNS: i64 = 25;
/// Differences that are shown.
const CHANGES: usize = 8;
/// Characters of one value.
const VALUE: usize = 60;
/// What the job's other runs tell.
#[derive(Debug, Default)]
pub(super) struct History {
    /// How often it failed, in a sentence.
    pub(super) occurrence: Option<String>,
    /// What differs from the last success, a line each.
    pub(super) changed: Vec<String>,
    pub(super) not_assessed: Vec<String>,
}

/// Compares a failed run with those before it. `failed` are the keys of its tasks that failed by themselves.
pub(super) async fn of(context: &Context, run: &JobsRun, failed: &[&str]) -> History {
    let mut history = History::default();
    let Some(job_id) = run.job_id.map(i64::from).filter(|id| *id != 0) else {
        history
            .not_assessed
            .push("earlier runs: it is a run of no job".to_owned());
        return history;
    };
    let client = context.client();
    let until = run.start_time.map(i64::from);
    let called = client.jobs_list_runs(JobsListRunsParams {
        completed_only: Some(true),
        job_id: Some(job_id),
        limit: Some(RUNS),
        start_time_to: until,
        ..JobsListRunsParams::default()
    });
    let runs = match typed_answer("jobs.list_runs", called.await) {
        Ok(page) => page.runs.unwrap_or_default(),
        Err(error) => {
            history.not_assessed.push(format!("earlier runs: {error}"));
            return history;
        }
    };
    let earlier: Vec<&JobsBaseRun> = runs
        .iter()
        .filter(|one| one.run_id != run.run_id)
        .filter(|one| one.start_time.map(i64::from) <= until)
        .collect();
    let is_bad =
        |one: &&&JobsBaseRun| Standing::new(one.status.as_ref(), one.state.as_ref()).is_bad();
    let bad = earlier.iter().filter(is_bad).count();
    let in_a_row = earlier.iter().take_while(is_bad).count();
    history.occurrence = Some(match (bad, in_a_row) {
        _ if earlier.is_empty() => "it is the first run that is kept of this job".to_owned(),
        (0, _) => format!(
            "the first failure; the {} before it succeeded",
            shape::counted(earlier.len(), "run")
        ),
        (_, 0) => format!(
            "the run before it succeeded; {bad} of the {} before it failed",
            shape::counted(earlier.len(), "run")
        ),
        (_, in_a_row) => format!(
            "{bad} of the {} before it failed, the last {in_a_row} in a row",
            shape::counted(earlier.len(), "run")
        ),
    });
    let success = earlier.iter().find(|one| !is_bad(one));
    let Some(success) = success.and_then(|one| one.run_id).map(i64::from) else {
        history.not_assessed.push(format!(
            "changes since the last success: none of the {} before it succeeded",
            shape::counted(earlier.len(), "run")
        ));
        return history;
    };
    match run_output::run(context, success).await {
        Ok(good) => {
            compare(context, &good, run, failed, &mut history).await;
            let told = history.changed.len();
            if told == 0 {
                history.changed.push(format!(
                    "nothing that run {success}, the last success, shows: not parameters, tasks, clusters, libraries or \
                     the Git commit"
                ));
            } else if told > CHANGES {
                history.changed.truncate(CHANGES);
                history.changed.push(format!(
                    "and {}",
                    shape::counted(told - CHANGES, "more difference")
                ));
            }
        }
        Err(error) => history
            .not_assessed
            .push(format!("run {success}, the last success: {error}")),
    }
    history
}

/// Collects what differs between a good and a bad run.
async fn compare(
    context: &Context,
    good: &JobsRun,
    bad: &JobsRun,
    failed: &[&str],
    history: &mut History,
) {
    let parameters = |run: &JobsRun| Value::Object(run_output::parameters(run));
    let changed = &mut history.changed;
    differ("parameter", &parameters(good), &parameters(bad), changed);
    let given =
        |run: &JobsRun| Value::Object(run.overriding_parameters.clone().unwrap_or_default());
    differ("given parameters", &given(good), &given(bad), changed);
    for (what, good, bad) in [
        (
            "git_source",
            structured(&good.git_source),
            structured(&bad.git_source),
        ),
        (
            "job_clusters",
            structured(&good.job_clusters),
            structured(&bad.job_clusters),
        ),
    ] {
        if let (Ok(good), Ok(bad)) = (good, bad) {
            differ(what, &good, &bad, changed);
        }
    }
    let since = good.start_time.map(i64::from);
    for key in failed {
        let (Some(old), Some(new)) = (task(good, key), task(bad, key)) else {
            changed.push(format!("task {key} is new since then"));
            continue;
        };
        differ(&format!("task {key}"), &spec(old), &spec(new), changed);
        let notebook = new.notebook_task.as_ref();
        let path = notebook.and_then(|notebook| notebook.notebook_path.as_deref());
        let Some(path) = path.filter(|path| path.starts_with('/')) else {
            continue;
        };
        let called = context.client().workspace_get_status(path).await;
        match typed_answer("workspace.get_status", called) {
            Ok(object) => {
                let modified = object.modified_at.map(i64::from);
                if let Some(at) = modified.filter(|_| modified > since)
                    && let Ok(at) = jiff::Timestamp::from_millisecond(at)
                {
                    changed.push(format!("notebook {path} was last edited at {at:.0}"));
                }
            }
            Err(error) => history
                .not_assessed
                .push(format!("last edit of {path}: {error}")),
        }
    }
}

fn task<'a>(run: &'a JobsRun, key: &str) -> Option<&'a JobsRunTask> {
    let mut tasks = run_output::latest(run).into_iter();
    tasks.find(|task| task.task_key.as_deref() == Some(key))
}

/// What a task is told to do, without what became of it.
fn spec(task: &JobsRunTask) -> Value {
    let spec = JobsRunTask {
        run_id: None,
        state: None,
        status: None,
        attempt_number: None,
        start_time: None,
        end_time: None,
        execution_duration: None,
        run_page_url: None,
        cluster_instance: None,
        ..task.clone()
    };
    structured(&spec).unwrap_or_default()
}

/// Adds a line for each value that differs, by its path.
fn differ(path: &str, old: &Value, new: &Value, lines: &mut Vec<String>) {
    if old == new {
        return;
    }
    let (Some(before), Some(after)) = (old.as_object(), new.as_object()) else {
        lines.push(format!("{path}: {} → {}", short(old), short(new)));
        return;
    };
    let empty = Map::new();
    let names = before
        .keys()
        .chain(after.keys().filter(|name| !before.contains_key(*name)));
    for name in names {
        let of = |values: &Map<String, Value>| values.get(name).cloned().unwrap_or_default();
        let (old, new) = (of(before), of(after));
        let either = old.is_object() || new.is_object();
        if either && (old.is_null() || new.is_null()) {
            let object = |value: Value| match value {
                Value::Object(_) => value,
                _ => Value::Object(empty.clone()),
            };
            differ(&format!("{path}.{name}"), &object(old), &object(new), lines);
        } else {
            differ(&format!("{path}.{name}"), &old, &new, lines);
        }
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::Null => "not set".to_owned(),
        value => shape::one_line(&value.to_string(), VALUE),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_told_by_its_path() {
        let mut lines = Vec::new();
        differ(
            "task a",
            &json!({ "notebook_task": { "base_parameters": { "day": "1" } }, "x": 1, "same": [1] }),
            &json!({ "notebook_task": { "base_parameters": { "day": "2" } }, "same": [1], "new_cluster": { "n": 2 } }),
            &mut lines,
        );
        assert_eq!(
            lines,
            [
                "task a.notebook_task.base_parameters.day: \"1\" → \"2\"",
                "task a.x: 1 → not set",
                "task a.new_cluster.n: not set → 2",
            ]
        );
    }
}
