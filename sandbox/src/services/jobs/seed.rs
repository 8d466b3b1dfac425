//! The jobs of a new workspace: one succeeds, one fails, one keeps running, and many are plain.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::job::{Failure, Fate, Job, normal};
use crate::clock::Millis;

const DAY: Millis = 86_400_000;

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
        Seed {
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
        Seed {
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
                SeedTask {
                    fate: Fate::Fails(Failure::of_code("ValueError: Input X contains NaN.", TRACE)),
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
        Seed {
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
        jobs.push(Seed {
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
    let failing = super::seed_failures::jobs(now);
    let mut jobs: Vec<Arc<Job>> = jobs.into_iter().map(|seed| Arc::new(seed.job())).collect();
    jobs.extend(failing.into_iter().map(Arc::new));
    jobs
}

/// The draft of a seeded job.
struct Seed {
    id: i64,
    name: String,
    description: &'static str,
    created: Millis,
    tags: Vec<(&'static str, &'static str)>,
    /// A Quartz cron expression.
    cron: Option<&'static str>,
    /// Names and defaults.
    parameters: Vec<(&'static str, &'static str)>,
    tasks: Vec<SeedTask>,
    /// The number of its past runs.
    past_runs: i64,
}

struct SeedTask {
    key: &'static str,
    depends_on: Vec<&'static str>,
    /// The kind of the task: `{"notebook_task": {...}}` and the like.
    work: Value,
    /// The seconds that it runs in the real service.
    seconds: f64,
    fate: Fate,
}

fn task(
    key: &'static str,
    depends_on: &[&'static str],
    work: Value,
    seconds: f64,
    output: &'static str,
) -> SeedTask {
    SeedTask {
        key,
        depends_on: depends_on.to_vec(),
        work,
        seconds,
        fate: Fate::Succeeds {
            output: output.to_owned(),
        },
    }
}

impl Seed {
    fn job(self) -> Job {
        let tags: Map<String, Value> = self
            .tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), json!(value)))
            .collect();
        let parameters: Vec<Value> = self
            .parameters
            .iter()
            .map(|(name, default)| json!({"name": name, "default": default}))
            .collect();
        let schedule = self.cron.map(|cron| {
            json!({
                "quartz_cron_expression": cron,
                "timezone_id": "UTC",
                "pause_status": "UNPAUSED",
            })
        });
        let tasks: Vec<Value> = self.tasks.iter().map(SeedTask::settings).collect();
        let settings = json!({
            "name": self.name,
            "description": (!self.description.is_empty()).then_some(self.description),
            "schedule": schedule,
            "tasks": tasks,
            "queue": {"enabled": true},
            "tags": tags,
            "parameters": (!parameters.is_empty()).then_some(parameters),
        });
        let fates = self
            .tasks
            .into_iter()
            .map(|task| (task.key.to_owned(), (task.seconds, task.fate)));
        Job {
            id: self.id,
            created: self.created,
            settings: normal(settings),
            fates: fates.collect(),
            past_runs: self.past_runs,
            once: false,
        }
    }
}

impl SeedTask {
    fn settings(&self) -> Value {
        let mut settings = json!({"task_key": self.key});
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
