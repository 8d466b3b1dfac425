//! The jobs of a new workspace: one that succeeds, one that fails, one that runs on, many plain ones.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::Millis;
use crate::shared::USER;

const DAY: Millis = 86_400_000;

/// A job.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) description: &'static str,
    pub(super) created: Millis,
    pub(super) tags: Vec<(&'static str, &'static str)>,
    /// A Quartz cron expression.
    pub(super) cron: Option<&'static str>,
    /// Names and defaults.
    pub(super) parameters: Vec<(&'static str, &'static str)>,
    pub(super) tasks: Vec<Task>,
    /// How many runs it has behind it.
    pub(super) past_runs: i64,
}

/// A task of a job.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) key: &'static str,
    pub(super) depends_on: Vec<&'static str>,
    /// What it runs: `{"notebook_task": {...}}` and the like.
    pub(super) work: Value,
    /// Seconds it runs in the real service.
    pub(super) seconds: f64,
    pub(super) fate: Fate,
}

/// How a task ends and what it leaves.
#[derive(Debug, Clone)]
pub(super) enum Fate {
    Succeeds {
        output: &'static str,
    },
    Fails {
        error: &'static str,
        trace: &'static str,
    },
}

const TRACE: &str = "---------------------------------------------------------------------------
ValueError                                Traceback (most recent call last)
File <command-4410>, line 12
     10 features = spark.table(\"main.default.customers\").toPandas()
     11 model = GradientBoostingClassifier(random_state=7)
---> 12 model.fit(features.drop(columns=[\"churned\"]), features[\"churned\"])

ValueError: Input X contains NaN.";

fn notebook(path: &str) -> Value {
    json!({"notebook_task": {"notebook_path": path, "source": "WORKSPACE"}})
}

/// All jobs, newest first.
pub(super) fn jobs(now: Millis) -> Vec<Arc<Job>> {
    let mut jobs = vec![
        Job {
            id: 620_114_803_377_001,
            name: "nightly-etl".to_owned(),
            description: "Loads orders and customers and publishes the daily tables.",
            created: now - 3 * DAY,
            tags: vec![("team", "data"), ("tier", "gold")],
            cron: Some("0 30 2 * * ?"),
            parameters: vec![("run_date", "today"), ("full_refresh", "false")],
            tasks: vec![
                task(
                    "ingest",
                    &[],
                    notebook("/Shared/etl/ingest"),
                    5.0,
                    "{\"rows\": 21932}",
                ),
                task(
                    "orders",
                    &["ingest"],
                    notebook("/Shared/etl/orders"),
                    4.0,
                    "orders: 6",
                ),
                task(
                    "customers",
                    &["ingest"],
                    notebook("/Shared/etl/customers"),
                    3.0,
                    "customers: 6",
                ),
                task(
                    "publish",
                    &["orders", "customers"],
                    json!({"sql_task": {
                        "warehouse_id": "8a4f1c2e9b7d3056",
                        "file": {"path": "/Shared/etl/publish.sql", "source": "WORKSPACE"},
                    }}),
                    2.0,
                    "published",
                ),
            ],
            past_runs: 3,
        },
        Job {
            id: 620_114_803_377_002,
            name: "customer-churn-model".to_owned(),
            description: "Trains the churn model; the training data has gaps.",
            created: now - 4 * DAY,
            tags: vec![("team", "ml")],
            cron: None,
            parameters: Vec::new(),
            tasks: vec![
                task(
                    "features",
                    &[],
                    notebook("/Shared/churn/features"),
                    3.0,
                    "6 rows",
                ),
                Task {
                    fate: Fate::Fails {
                        error: "ValueError: Input X contains NaN.",
                        trace: TRACE,
                    },
                    ..task(
                        "train",
                        &["features"],
                        notebook("/Shared/churn/train"),
                        4.0,
                        "",
                    )
                },
                task(
                    "register",
                    &["train"],
                    notebook("/Shared/churn/register"),
                    2.0,
                    "v2",
                ),
            ],
            past_runs: 2,
        },
        Job {
            id: 620_114_803_377_003,
            name: "clickstream-ingest".to_owned(),
            description: "Reads the click stream until it is cancelled.",
            created: now - 5 * DAY,
            tags: vec![("team", "web")],
            cron: None,
            parameters: Vec::new(),
            tasks: vec![task(
                "stream",
                &[],
                json!({"spark_python_task": {"python_file": "/Shared/web/stream.py"}}),
                1e9,
                "",
            )],
            past_runs: 0,
        },
    ];
    let teams = [
        "finance",
        "marketing",
        "logistics",
        "support",
        "product",
        "risk",
    ];
    let whats = [
        "daily-report",
        "weekly-report",
        "export",
        "cleanup",
        "snapshot",
        "forecast",
        "backfill",
        "quality-checks",
        "reconciliation",
        "alerts",
    ];
    for (nth, (what, team)) in (0..).zip(whats.iter().flat_map(|w| teams.map(|t| (w, t)))) {
        if nth >= 58 {
            break;
        }
        let path = format!("/Shared/{team}/{what}");
        jobs.push(Job {
            id: 620_114_803_377_100 + nth,
            name: format!("{team}-{what}"),
            description: "",
            created: now - (10 + nth) * DAY,
            tags: vec![("team", team)],
            cron: (nth % 3 == 0).then_some("0 0 6 * * ?"),
            parameters: Vec::new(),
            tasks: vec![task("main", &[], notebook(&path), 7.0, "done")],
            past_runs: i64::from(nth % 10 == 0),
        });
    }
    jobs.into_iter().map(Arc::new).collect()
}

fn task(
    key: &'static str,
    depends_on: &[&'static str],
    work: Value,
    seconds: f64,
    output: &'static str,
) -> Task {
    let fate = Fate::Succeeds { output };
    Task {
        key,
        depends_on: depends_on.to_vec(),
        work,
        seconds,
        fate,
    }
}

impl Task {
    /// The task as a job's settings and a run's tasks have it.
    pub(super) fn settings(&self) -> Value {
        let mut settings = json!({
            "task_key": self.key,
            "run_if": "ALL_SUCCESS",
            "timeout_seconds": 0,
            "email_notifications": {},
        });
        if let Some(fields) = settings.as_object_mut() {
            if !self.depends_on.is_empty() {
                let keys = self.depends_on.iter().map(|key| json!({"task_key": key}));
                fields.insert("depends_on".to_owned(), keys.collect());
            }
            if self.work.get("sql_task").is_none() {
                fields.insert(
                    "existing_cluster_id".to_owned(),
                    json!("0412-081530-k2v9x1ab"),
                );
            }
            if let Some(work) = self.work.as_object() {
                fields.extend(work.clone());
            }
        }
        settings
    }
}

impl Job {
    /// The job as `get` and `list` answer it.
    pub(super) fn describe(&self, with_tasks: bool) -> Value {
        let tags: serde_json::Map<String, Value> = self
            .tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), json!(value)))
            .collect();
        let parameters: Vec<Value> = self
            .parameters
            .iter()
            .map(|(name, default)| json!({"name": name, "default": default}))
            .collect();
        let tasks: Vec<Value> = self.tasks.iter().map(Task::settings).collect();
        let schedule = self.cron.map(|cron| {
            json!({
                "quartz_cron_expression": cron,
                "timezone_id": "UTC",
                "pause_status": "UNPAUSED",
            })
        });
        json!({
            "job_id": self.id,
            "creator_user_name": USER,
            "created_time": self.created,
            "settings": {
                "name": self.name,
                "description": (!self.description.is_empty()).then_some(self.description),
                "email_notifications": {},
                "webhook_notifications": {},
                "timeout_seconds": 0,
                "schedule": schedule,
                "max_concurrent_runs": 1,
                "tasks": with_tasks.then_some(tasks),
                "format": "MULTI_TASK",
                "queue": {"enabled": true},
                "tags": tags,
                "parameters": (!parameters.is_empty()).then_some(parameters),
            },
        })
    }
}
