//! MLflow: experiments, and runs with their metrics, parameters, tags and artifacts.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::collections::{Ids, Item};
use crate::http::{ApiError, Call, Reply, page};
use crate::identity::USER;
use crate::kinds::{Filter, Kind};
use crate::operations::Operations;
use crate::shared::Shared;

const EXPERIMENT: &str = "Experiment";
const RUN: &str = "Run";

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    experiments().serve(on, shared);
    runs(shared.clock.now()).serve(on, shared);
    on.on("experiments.search_runs", shared, search_runs);
}

fn experiments() -> Kind {
    Kind::new(EXPERIMENT, "experiment_id", Ids::Digits)
        .unique("name")
        .create("experiments.create_experiment")
        .get("experiments.get_experiment")
        .get_by("experiments.get_by_name", "experiment_name", "name")
        .list("experiments.search_experiments")
        .list("experiments.list_experiments")
        .delete("experiments.delete_experiment")
        .trash("lifecycle_stage", "deleted")
        .act(
            "experiments.update_experiment",
            |shared, call, experiment| {
                if let Some(name) = call.body.get("new_name") {
                    experiment.set("name", name.clone());
                }
                experiment.updated_at = shared.clock.now();
                Ok(())
            },
        )
        .act("experiments.restore_experiment", |_, _, experiment| {
            experiment.set("lifecycle_stage", "active");
            Ok(())
        })
        .act("experiments.set_experiment_tag", |_, call, experiment| {
            put(experiment, "tags", call);
            Ok(())
        })
        .defaults(json!({"lifecycle_stage": "active"}))
        .view(|_, item, fields| {
            let id = item.text("experiment_id");
            let location = format!("dbfs:/databricks/mlflow-tracking/{id}");
            fields.entry("artifact_location").or_insert(json!(location));
        })
        .seed(json!({
            "experiment_id": "318840226571904",
            "name": format!("/Users/{USER}/churn"),
            "tags": [{"key": "team", "value": "data"}],
        }))
}

fn runs(now: i64) -> Kind {
    let hour = 3_600_000;
    let run = |id: &str, name: &str, started: i64, depth: &str, losses: [f64; 3]| {
        let metrics: Vec<Value> = losses
            .iter()
            .zip(0..)
            .map(|(value, step)| {
                json!({
                    "key": "rmse",
                    "value": value,
                    "step": step,
                    "timestamp": started + step * 60_000,
                })
            })
            .collect();
        json!({
            "run_id": id,
            "experiment_id": "318840226571904",
            "run_name": name,
            "status": "FINISHED",
            "start_time": started,
            "end_time": started + 180_000,
            "metrics": metrics,
            "params": [{"key": "depth", "value": depth}],
            "files": [
                {"path": "model", "is_dir": true},
                {"path": "model/MLmodel", "is_dir": false, "file_size": 812},
                {"path": "importance.csv", "is_dir": false, "file_size": 1474},
            ],
        })
    };
    Kind::new(RUN, "run_id", Ids::Hex(32))
        .argument("run_uuid", "run_id")
        .create("experiments.create_run")
        .get("experiments.get_run")
        .delete("experiments.delete_run")
        .trash("lifecycle_stage", "deleted")
        .act("experiments.restore_run", |_, _, run| {
            run.set("lifecycle_stage", "active");
            Ok(())
        })
        .act("experiments.update_run", |_, call, run| {
            for field in ["status", "end_time", "run_name"] {
                if let Some(value) = call.body.get(field) {
                    run.set(field, value.clone());
                }
            }
            Ok(())
        })
        .act("experiments.log_metric", |_, call, run| {
            add(run, "metrics", call.body.clone());
            Ok(())
        })
        .act("experiments.log_param", |_, call, run| {
            put(run, "params", call);
            Ok(())
        })
        .act("experiments.set_tag", |_, call, run| {
            put(run, "tags", call);
            Ok(())
        })
        .act("experiments.log_batch", |_, call, run| {
            for list in ["metrics", "params", "tags"] {
                let entries = call.body.get(list).and_then(Value::as_array);
                for entry in entries.into_iter().flatten() {
                    add(run, list, entry.clone());
                }
            }
            Ok(())
        })
        .say("experiments.list_artifacts", artifacts)
        .say("experiments.get_history", history)
        .defaults(json!({"lifecycle_stage": "active", "status": "RUNNING", "user_id": USER}))
        .on_create(|shared, _, run| {
            let id = run.text("experiment_id").to_owned();
            if shared.collections.find(EXPERIMENT, &id).is_none() {
                return Err(ApiError::not_found(format!(
                    "No Experiment with id={id} exists"
                )));
            }
            let now = shared.clock.now();
            run.fields.entry("start_time").or_insert(json!(now));
            Ok(())
        })
        .view(|_, item, fields| {
            let shown = describe(item);
            fields.extend(shown.as_object().cloned().unwrap_or_default());
            fields.insert("run".to_owned(), shown);
        })
        .seed(run(
            "5e1c7b0a94d24f68b3a2d97c610f48e1",
            "first-try",
            now - 200 * hour,
            "3",
            [0.91, 0.74, 0.69],
        ))
        .seed(run(
            "8f3a6d2c71b94e05a8d4f19b3e72c650",
            "deeper",
            now - 26 * hour,
            "5",
            [0.83, 0.61, 0.52],
        ))
}

/// Adds an entry to a list, in place of the one with its key unless it is a metric.
fn add(item: &mut Item, list: &str, entry: Value) {
    let entries = item.get(list).and_then(Value::as_array);
    let mut entries = entries.cloned().unwrap_or_default();
    if list != "metrics" {
        entries.retain(|known| known.get("key") != entry.get("key"));
    }
    entries.push(entry);
    item.set(list, entries);
}

fn put(item: &mut Item, list: &str, call: &Call) {
    let field = |name: &str| call.body.get(name);
    add(
        item,
        list,
        json!({"key": field("key"), "value": field("value")}),
    );
}

/// A run as MLflow has it: of each metric the latest value.
fn describe(item: &Item) -> Value {
    let id = item.text("run_id");
    let place = format!(
        "dbfs:/databricks/mlflow-tracking/{}/{id}",
        item.text("experiment_id")
    );
    let mut latest: Map<String, Value> = Map::new();
    for metric in item
        .get("metrics")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let key = metric
            .get("key")
            .and_then(Value::as_str)
            .unwrap_or_default();
        latest.insert(key.to_owned(), metric.clone());
    }
    json!({
        "info": {
            "run_id": id,
            "run_uuid": id,
            "run_name": item.get("run_name"),
            "experiment_id": item.get("experiment_id"),
            "user_id": item.get("user_id"),
            "status": item.get("status"),
            "start_time": item.get("start_time"),
            "end_time": item.get("end_time"),
            "artifact_uri": format!("{place}/artifacts"),
            "lifecycle_stage": item.get("lifecycle_stage"),
        },
        "data": {
            "metrics": latest.into_iter().map(|(_, metric)| metric).collect::<Vec<_>>(),
            "params": item.get("params"),
            "tags": item.get("tags"),
        },
        "inputs": {},
    })
}

/// One level of the files a run stored.
fn artifacts(_: &Shared, call: &Call, run: &Item) -> Result<Value, ApiError> {
    let folder = call
        .query
        .get("path")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let folder = folder.trim_matches('/');
    let all = run.get("files").and_then(Value::as_array);
    let files = all.into_iter().flatten().filter(|file| {
        let path = file.get("path").and_then(Value::as_str).unwrap_or_default();
        path.rsplit_once('/').map_or("", |(parent, _)| parent) == folder
    });
    let files: Vec<&Value> = files.collect();
    let shown = describe(run);
    Ok(json!({"root_uri": shown.pointer("/info/artifact_uri"), "files": files}))
}

fn history(_: &Shared, call: &Call, run: &Item) -> Result<Value, ApiError> {
    let key = call.query.get("metric_key");
    let all = run.get("metrics").and_then(Value::as_array);
    let metrics: Vec<Value> = all
        .into_iter()
        .flatten()
        .filter(|metric| metric.get("key") == key)
        .map(|metric| {
            let mut metric = metric.clone();
            if let Some(fields) = metric.as_object_mut() {
                fields.remove("run_uuid");
                fields.insert("run_id".to_owned(), json!(run.text("run_id")));
            }
            metric
        })
        .collect();
    let size = call.query.get("max_results").and_then(Value::as_u64);
    let size = size
        .and_then(|size| usize::try_from(size).ok())
        .unwrap_or(25_000);
    let token = call.query.get("page_token").and_then(Value::as_str);
    let page = page(metrics, token, size.max(1))?;
    Ok(json!({"metrics": page.items, "next_page_token": page.next}))
}

fn search_runs(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let text = |name: &str| call.body.get(name).and_then(Value::as_str);
    let list = |name: &str| call.body.get(name).and_then(Value::as_array);
    let wanted = list("experiment_ids");
    let filter = Filter::read(text("filter").unwrap_or_default())?;
    let view = text("run_view_type").unwrap_or("ACTIVE_ONLY");
    let all = shared.collections.of(RUN).map(|runs| runs.all());
    let mut runs: Vec<Value> = all
        .into_iter()
        .flatten()
        .filter(|run| match view {
            "DELETED_ONLY" => run.text("lifecycle_stage") == "deleted",
            "ALL" => true,
            _ => run.text("lifecycle_stage") == "active",
        })
        .filter(|run| {
            let id = run.get("experiment_id");
            wanted.is_some_and(|wanted| wanted.iter().any(|wanted| Some(wanted) == id))
        })
        .map(|run| describe(&run))
        .filter(|run| filter.admits(&comparable(run)))
        .collect();
    // Newest first, then by each order from the last to the first.
    runs.reverse();
    for order in list("order_by").into_iter().flatten().rev() {
        let mut parts = order.as_str().unwrap_or_default().split_whitespace();
        let field = parts.next().unwrap_or_default().to_owned();
        let value = |run: &Value| {
            let mut parts = field.split('.');
            let run = comparable(run);
            let found = parts.try_fold(&run, |value, part| value.get(part));
            found.and_then(Value::as_f64).unwrap_or(f64::NAN)
        };
        runs.sort_by(|one, other| value(one).total_cmp(&value(other)));
        if parts
            .next()
            .is_some_and(|way| way.eq_ignore_ascii_case("desc"))
        {
            runs.reverse();
        }
    }
    let size = call.body.get("max_results").and_then(Value::as_u64);
    let size = size
        .and_then(|size| usize::try_from(size).ok())
        .unwrap_or(1000);
    let page = page(runs, text("page_token"), size.max(1))?;
    Ok(json!({"runs": page.items, "next_page_token": page.next}).into())
}

/// A run as filters name its parts: `metrics.rmse`, `params.depth`, `tags.team`, `attributes.status`.
fn comparable(run: &Value) -> Value {
    let by_key = |place: &str| -> Map<String, Value> {
        let entries = run.pointer(place).and_then(Value::as_array);
        let entries = entries.into_iter().flatten();
        entries
            .filter_map(|entry| {
                let key = entry.get("key")?.as_str()?;
                Some((key.to_owned(), entry.get("value")?.clone()))
            })
            .collect()
    };
    let mut all = run
        .get("info")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    for (name, place) in [
        ("metrics", "/data/metrics"),
        ("params", "/data/params"),
        ("tags", "/data/tags"),
    ] {
        all.insert(name.to_owned(), Value::Object(by_key(place)));
    }
    Value::Object(all)
}
