//! A job: its settings, and the tasks of its runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::clock::Millis;
use crate::http::ApiError;
use crate::identity::USER;

/// The seconds that a task with no fate of its own runs in the real service.
const RUNS_IN: f64 = 4.0;

/// A job.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) id: i64,
    pub(super) created: Millis,
    /// The settings, as `get` answers them.
    pub(super) settings: Map<String, Value>,
    /// Durations in seconds and fates, for tasks that have them.
    pub(super) fates: BTreeMap<String, (f64, Fate)>,
    /// The number of past runs when the workspace starts.
    pub(super) past_runs: i64,
    /// True for a job that was submitted to run once and is not listed.
    pub(super) once: bool,
}

/// A task of a job.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) key: String,
    pub(super) depends_on: Vec<String>,
    /// The task as it stands in the settings of a job and the tasks of a run.
    pub(super) settings: Map<String, Value>,
    /// The seconds that it runs in the real service.
    pub(super) seconds: f64,
    pub(super) fate: Fate,
    /// The notebook that is run for real, which decides the fate.
    pub(super) program: Option<Program>,
    /// The notebook as it is when the run begins, as an HTML page.
    pub(super) page: Option<String>,
    /// The iterations of a task for each of its inputs.
    pub(super) iterations: Vec<Task>,
    /// The job that it runs, with the tasks of that.
    pub(super) child: Option<(Arc<Job>, Vec<Task>)>,
}

/// A notebook to run for real.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) path: String,
    /// The values of its widgets.
    pub(super) parameters: Map<String, Value>,
}

/// The end of a task, with its output.
#[derive(Debug, Clone)]
pub(super) enum Fate {
    Succeeds { output: String },
    Fails(Failure),
}

/// A failure, with what the service says of it.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) error: String,
    pub(super) trace: String,
    /// The termination code and its type.
    pub(super) code: (&'static str, &'static str),
    /// The state's message.
    pub(super) message: String,
}

impl Failure {
    /// A failure of the code that ran.
    pub(super) fn of_code(error: impl Into<String>, trace: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            trace: trace.into(),
            code: ("RUN_EXECUTION_ERROR", "CLIENT_ERROR"),
            message: "The task failed, see its output.".to_owned(),
        }
    }
}

impl Job {
    /// The job's name.
    pub(super) fn name(&self) -> &str {
        text(&self.settings, "name")
    }

    /// The job as `get` and `list` answer it.
    pub(super) fn describe(&self, with_tasks: bool) -> Value {
        let mut settings = self.settings.clone();
        if !with_tasks {
            for name in ["tasks", "job_clusters", "environments"] {
                settings.remove(name);
            }
        }
        json!({
            "job_id": self.id,
            "creator_user_name": USER,
            "created_time": self.created,
            "settings": settings,
        })
    }

    /// Its tasks, each after the tasks that it depends on; only those named in `only`, unless that is empty.
    pub(super) fn tasks(&self, only: &[String]) -> Vec<Task> {
        let wanted = |key: &str| only.is_empty() || only.iter().any(|name| name == key);
        let mut waiting: Vec<Task> = list(&self.settings, "tasks")
            .filter_map(Value::as_object)
            .map(|settings| self.task(settings))
            .filter(|task| wanted(&task.key))
            .collect();
        for task in &mut waiting {
            task.depends_on.retain(|key| wanted(key));
        }
        let mut tasks: Vec<Task> = Vec::new();
        while !waiting.is_empty() {
            let placed = |key: &String| tasks.iter().any(|task: &Task| task.key == *key);
            let (ready, rest): (Vec<Task>, Vec<Task>) = waiting
                .into_iter()
                .partition(|task| task.depends_on.iter().all(placed));
            // A circle was refused when the job was made.
            if ready.is_empty() {
                break;
            }
            tasks.extend(ready);
            waiting = rest;
        }
        tasks
    }

    fn task(&self, settings: &Map<String, Value>) -> Task {
        let key = text(settings, "task_key").to_owned();
        let unknown = || {
            let output = String::new();
            (RUNS_IN, Fate::Succeeds { output })
        };
        let (seconds, fate) = self.fates.get(&key).cloned().unwrap_or_else(unknown);
        Task {
            depends_on: dependencies(settings).map(ToOwned::to_owned).collect(),
            iterations: self.iterations(settings),
            child: None,
            program: None,
            page: None,
            settings: settings.clone(),
            key,
            seconds,
            fate,
        }
    }
}

impl Job {
    /// The tasks of a loop, one for each input. The fate of the nth stands under `key#n`, counted from zero.
    fn iterations(&self, settings: &Map<String, Value>) -> Vec<Task> {
        let Some(each) = settings.get("for_each_task").and_then(Value::as_object) else {
            return Vec::new();
        };
        let inputs: Vec<Value> = serde_json::from_str(text(each, "inputs")).unwrap_or_default();
        let Some(nested) = each.get("task").and_then(Value::as_object) else {
            return Vec::new();
        };
        let iterations = inputs.iter().enumerate().map(|(nth, input)| {
            let input = input
                .as_str()
                .map_or_else(|| input.to_string(), ToOwned::to_owned);
            let filled = json!(nested)
                .to_string()
                .replace("{{input}}", &escaped(&input));
            let settings = serde_json::from_str(&filled).unwrap_or_else(|_| nested.clone());
            let mut task = self.task(&settings);
            let fate = self.fates.get(&format!("{}#{nth}", task.key)).cloned();
            (task.seconds, task.fate) = fate.unwrap_or((task.seconds, task.fate));
            task
        });
        iterations.collect()
    }
}

/// A text as it stands between the quotes of JSON.
fn escaped(text: &str) -> String {
    let quoted = json!(text).to_string();
    quoted.trim_matches('"').to_owned()
}

/// Adds the fields that the service adds to settings.
pub(super) fn normal(settings: Value) -> Map<String, Value> {
    let Value::Object(mut settings) = settings else {
        return Map::new();
    };
    settings.remove("access_control_list");
    settings.retain(|_, value| !value.is_null());
    for (name, default) in [
        ("name", json!("Untitled")),
        ("email_notifications", json!({})),
        ("webhook_notifications", json!({})),
        ("timeout_seconds", json!(0)),
        ("max_concurrent_runs", json!(1)),
        ("format", json!("MULTI_TASK")),
    ] {
        settings.entry(name).or_insert(default);
    }
    let tasks = settings.get_mut("tasks").and_then(Value::as_array_mut);
    for task in tasks.into_iter().flatten().filter_map(Value::as_object_mut) {
        for (name, default) in [
            ("run_if", json!("ALL_SUCCESS")),
            ("timeout_seconds", json!(0)),
            ("email_notifications", json!({})),
        ] {
            task.entry(name).or_insert(default);
        }
    }
    settings
}

/// Refuses tasks that cannot follow one another.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE` when a key is missing, stands twice, or depends on itself.
pub(super) fn check(settings: &Map<String, Value>) -> Result<(), ApiError> {
    let tasks: Vec<&Map<String, Value>> = list(settings, "tasks")
        .filter_map(Value::as_object)
        .collect();
    let mut keys: Vec<&str> = Vec::new();
    for task in &tasks {
        let key = text(task, "task_key");
        if keys.contains(&key) {
            return Err(ApiError::invalid(format!("Duplicate task key: {key}")));
        }
        keys.push(key);
    }
    for task in &tasks {
        if let Some(missing) = dependencies(task).find(|key| !keys.contains(key)) {
            let key = text(task, "task_key");
            return Err(ApiError::invalid(format!(
                "Invalid dependency graph: task '{key}' depends on '{missing}', which does not exist."
            )));
        }
    }
    let mut placed: Vec<&str> = Vec::new();
    while placed.len() < tasks.len() {
        let ready: Vec<&str> = tasks
            .iter()
            .filter(|task| dependencies(task).all(|key| placed.contains(&key)))
            .map(|task| text(task, "task_key"))
            .filter(|key| !placed.contains(key))
            .collect();
        if ready.is_empty() {
            return Err(ApiError::invalid(
                "Invalid dependency graph: the tasks depend on one another in a circle.",
            ));
        }
        placed.extend(ready);
    }
    Ok(())
}

/// Merges new settings over old ones. Lists with keys merge by key; everything else is replaced.
pub(super) fn merged(old: &Map<String, Value>, new: Map<String, Value>) -> Map<String, Value> {
    let mut settings = old.clone();
    for (name, value) in new {
        let Some(key) = key_of(&name) else {
            settings.insert(name, value);
            continue;
        };
        let mut items: Vec<Value> = list(&settings, &name).cloned().collect();
        for item in value.as_array().into_iter().flatten() {
            match items.iter_mut().find(|old| old.get(key) == item.get(key)) {
                Some(old) => *old = item.clone(),
                None => items.push(item.clone()),
            }
        }
        settings.insert(name, Value::Array(items));
    }
    settings
}

/// Removes a field or an item of a list: `schedule`, `tasks/old`.
pub(super) fn remove(settings: &mut Map<String, Value>, path: &str) {
    match path.split_once('/') {
        None => {
            settings.remove(path);
        }
        Some((name, wanted)) => {
            let items = settings.get_mut(name).and_then(Value::as_array_mut);
            if let (Some(items), Some(key)) = (items, key_of(name)) {
                items.retain(|item| item.get(key).and_then(Value::as_str) != Some(wanted));
            }
        }
    }
}

fn key_of(list: &str) -> Option<&'static str> {
    match list {
        "tasks" => Some("task_key"),
        "job_clusters" => Some("job_cluster_key"),
        "environments" => Some("environment_key"),
        "parameters" => Some("name"),
        _ => None,
    }
}

/// The clusters that the tasks, and those of loops, want to run on.
pub(super) fn clusters_of(settings: &Map<String, Value>) -> impl Iterator<Item = &str> {
    list(settings, "tasks").flat_map(|task| {
        let places = [
            "/existing_cluster_id",
            "/for_each_task/task/existing_cluster_id",
        ];
        places
            .into_iter()
            .filter_map(|place| task.pointer(place)?.as_str())
    })
}

fn dependencies(task: &Map<String, Value>) -> impl Iterator<Item = &str> {
    list(task, "depends_on").filter_map(|on| on.get("task_key")?.as_str())
}

/// The items of a list; empty if the field is missing.
pub(super) fn list<'a>(
    settings: &'a Map<String, Value>,
    name: &str,
) -> impl Iterator<Item = &'a Value> {
    let items = settings.get(name).and_then(Value::as_array);
    items.into_iter().flatten()
}

/// A text; empty if the field is missing.
pub(super) fn text<'a>(settings: &'a Map<String, Value>, name: &str) -> &'a str {
    let value = settings.get(name).and_then(Value::as_str);
    value.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn settings(tasks: Value) -> Map<String, Value> {
        normal(json!({"name": "a", "tasks": tasks}))
    }

    #[test]
    fn tasks_come_after_those_they_depend_on() {
        let job = Job {
            id: 1,
            created: 0,
            settings: settings(json!([
                {"task_key": "last", "depends_on": [{"task_key": "first"}]},
                {"task_key": "first"},
            ])),
            fates: BTreeMap::new(),
            past_runs: 0,
            once: false,
        };
        let keys: Vec<String> = job.tasks(&[]).into_iter().map(|task| task.key).collect();
        assert_eq!(keys, ["first", "last"]);
        assert_eq!(job.tasks(&["last".to_owned()]).len(), 1);
    }

    #[test]
    fn tasks_that_cannot_follow_one_another_are_refused() {
        for (tasks, said) in [
            (json!([{"task_key": "a"}, {"task_key": "a"}]), "Duplicate"),
            (
                json!([{"task_key": "a", "depends_on": [{"task_key": "b"}]}]),
                "does not exist",
            ),
            (
                json!([{"task_key": "a", "depends_on": [{"task_key": "a"}]}]),
                "circle",
            ),
        ] {
            let error = check(&settings(tasks)).unwrap_err();
            assert!(error.message.contains(said), "{error}");
        }
    }

    #[test]
    fn an_update_merges_lists_by_key_and_replaces_all_else() {
        let old = settings(json!([{"task_key": "a"}, {"task_key": "b"}]));
        let new = json!({"name": "new", "tasks": [{"task_key": "b", "timeout_seconds": 9}, {"task_key": "c"}]});
        let mut all = merged(&old, new.as_object().unwrap().clone());
        assert_eq!(all["name"], "new");
        assert_eq!(all["tasks"][1]["timeout_seconds"], 9);
        remove(&mut all, "tasks/a");
        assert_eq!(all["tasks"].as_array().unwrap().len(), 2);
        remove(&mut all, "name");
        assert!(!all.contains_key("name"));
    }
}
