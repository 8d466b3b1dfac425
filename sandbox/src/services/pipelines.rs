//! Pipelines, their updates and the events these leave.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::clock::rfc3339;
use crate::collections::{Ids, Item, Step};
use crate::http::{ApiError, Call, page};
use crate::identity::USER;
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

const PIPELINE: &str = "Pipeline";
const UPDATE: &str = "Pipeline update";
/// The pipeline whose last update failed.
const FAILING: &str = "91c2e7d4-06af-4b3e-a5d8-7be014f6c329";
/// Seconds in each state of an update.
const RUNS: &[Step] = &[
    ("QUEUED", 1.0),
    ("CREATED", 1.0),
    ("WAITING_FOR_RESOURCES", 10.0),
    ("INITIALIZING", 5.0),
    ("SETTING_UP_TABLES", 5.0),
    ("RUNNING", 30.0),
    ("COMPLETED", 0.0),
];
const FAILS: &[Step] = &[
    ("QUEUED", 1.0),
    ("INITIALIZING", 5.0),
    ("RUNNING", 10.0),
    ("FAILED", 0.0),
];
const STOPS: &[Step] = &[("STOPPING", 3.0), ("CANCELED", 0.0)];
/// Fields of a pipeline besides its settings.
const NO_SETTINGS: &[&str] = &["pipeline_id", "allow_duplicate_names", "dry_run", "run_as"];
/// Events of a page when the call sets no limit.
const EVENTS: usize = 25;

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    pipelines().serve(on, shared);
    updates().serve(on, shared);
}

fn pipelines() -> Kind {
    Kind::new(PIPELINE, "pipeline_id", Ids::Uuid)
        .create("pipelines.create")
        .get("pipelines.get")
        .list("pipelines.list_pipelines")
        .replace("pipelines.update")
        .delete("pipelines.delete")
        .act("pipelines.stop", stop)
        .say("pipelines.list_pipeline_events", events)
        .on_create(|shared, _, pipeline| {
            let taken = |other: &Item| other.text("name") == pipeline.text("name");
            let may_repeat = pipeline.get("allow_duplicate_names") == Some(&json!(true));
            let mut others = all(shared, PIPELINE).into_iter();
            if !may_repeat && others.any(|other| taken(&other)) {
                let name = pipeline.text("name");
                let message = format!("The pipeline name '{name}' is already used by another one.");
                return Err(ApiError::bad_request("RESOURCE_CONFLICT", message));
            }
            Ok(())
        })
        .view(describe)
        .seed(json!({
            "pipeline_id": "3d5f0a7e-91b4-4c26-8e1d-f60b7a2c4d98",
            "name": "orders-bronze-to-gold",
            "catalog": "main",
            "schema": "default",
            "serverless": true,
            "development": false,
            "continuous": false,
            "channel": "CURRENT",
            "libraries": [{"notebook": {"path": "/Shared/etl/ingest"}}],
        }))
        .seed(json!({
            "pipeline_id": FAILING,
            "name": "returns-silver",
            "catalog": "main",
            "schema": "default",
            "serverless": true,
            "development": false,
            "continuous": false,
            "channel": "CURRENT",
            "libraries": [{"notebook": {"path": "/Shared/etl/returns"}}],
        }))
}

fn updates() -> Kind {
    Kind::new(UPDATE, "update_id", Ids::Uuid)
        .newest_first()
        .parent(PIPELINE)
        .create("pipelines.start_update")
        .get("pipelines.get_update")
        .list("pipelines.list_updates")
        .moves("state", RUNS)
        .defaults(json!({"cause": "API_CALL", "full_refresh": false, "validate_only": false}))
        .on_create(|shared, _, update| {
            let pipeline = update.text("pipeline_id");
            if let Some(active) = active(shared, pipeline) {
                return Err(ApiError::bad_request(
                    "INVALID_STATE",
                    format!(
                        "Pipeline {pipeline} has an active update {}. Stop it first.",
                        active.text("update_id")
                    ),
                ));
            }
            if update.text("pipeline_id") == FAILING {
                update.go("state", FAILS, shared.clock.now());
            }
            Ok(())
        })
        .seed(json!({
            "pipeline_id": "3d5f0a7e-91b4-4c26-8e1d-f60b7a2c4d98",
            "update_id": "a4c81f3b-70d2-4e95-b6a0-5e2d9c17f084",
        }))
}

fn all(shared: &Shared, word: &str) -> Vec<Item> {
    shared
        .collections
        .of(word)
        .map(|all| all.all())
        .unwrap_or_default()
}

/// The updates of a pipeline, newest first.
fn updates_of(shared: &Shared, pipeline: &str) -> Vec<Item> {
    let updates = all(shared, UPDATE).into_iter().rev();
    updates
        .filter(|update| update.text("pipeline_id") == pipeline)
        .collect()
}

fn active(shared: &Shared, pipeline: &str) -> Option<Item> {
    let mut updates = updates_of(shared, pipeline).into_iter();
    updates.find(|update| !is_over(update.state("state", shared.clock)))
}

fn is_over(state: &str) -> bool {
    ["COMPLETED", "FAILED", "CANCELED"].contains(&state)
}

fn stop(shared: &Shared, _: &Call, pipeline: &mut Item) -> Result<(), ApiError> {
    let updates = shared.collections.of(UPDATE);
    if let (Some(updates), Some(mut update)) =
        (updates, active(shared, pipeline.text("pipeline_id")))
    {
        update.go("state", STOPS, shared.clock.now());
        updates.put(update);
    }
    Ok(())
}

fn describe(shared: &Shared, item: &Item, fields: &mut Map<String, Value>) {
    let updates = updates_of(shared, item.text("pipeline_id"));
    let latest: Vec<Value> = updates
        .iter()
        .take(5)
        .map(|update| {
            json!({
                "update_id": update.text("update_id"),
                "state": update.state("state", shared.clock),
                "creation_time": rfc3339(update.created_at),
            })
        })
        .collect();
    let now = updates
        .first()
        .map(|update| update.state("state", shared.clock));
    let state = match now {
        Some("STOPPING") => "STOPPING",
        Some(state) if is_over(state) => "IDLE",
        Some("RUNNING" | "SETTING_UP_TABLES") => "RUNNING",
        Some(_) => "STARTING",
        None => "IDLE",
    };
    let mut spec = item.fields.clone();
    spec.retain(|name, _| !NO_SETTINGS.contains(&name.as_str()));
    spec.insert("id".to_owned(), json!(item.text("pipeline_id")));
    fields.insert("spec".to_owned(), json!(spec));
    fields.insert("effective_settings".to_owned(), json!(spec));
    fields.insert("state".to_owned(), json!(state));
    fields.insert("health".to_owned(), json!("HEALTHY"));
    fields.insert("latest_updates".to_owned(), json!(latest));
    fields.entry("run_as").or_insert(json!({"user_name": USER}));
}

/// The events of all updates, newest first: one for each state that an update passed.
fn events(shared: &Shared, call: &Call, pipeline: &Item) -> Result<Value, ApiError> {
    let now = shared.clock.now();
    let mut events = Vec::new();
    for update in updates_of(shared, pipeline.text("pipeline_id")) {
        let mut at = update.created_at;
        let mut passed = Vec::new();
        let fails = pipeline.text("pipeline_id") == FAILING;
        for (state, seconds) in if fails { FAILS } else { RUNS } {
            if at <= now {
                passed.push(event(pipeline, &update, state, at));
            }
            at += shared.clock.takes(*seconds);
        }
        if update.state("state", shared.clock) == "CANCELED" {
            passed.push(event(pipeline, &update, "CANCELED", now));
        }
        events.extend(passed.into_iter().rev());
    }
    if pipeline.text("pipeline_id") == FAILING {
        events.insert(0, failure(pipeline, now));
    }
    let filter = call
        .query
        .get("filter")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let level = filter.split('\'').nth(1);
    if let Some(level) = level.filter(|_| filter.contains("level")) {
        events.retain(|event| event.get("level") == Some(&json!(level)));
    }
    let size = call.query.get("max_results").and_then(Value::as_u64);
    let size = size
        .and_then(|size| usize::try_from(size).ok())
        .unwrap_or(EVENTS);
    let token = call.query.get("page_token").and_then(Value::as_str);
    let page = page(events, token, size.max(1))?;
    Ok(
        json!({"events": page.items, "next_page_token": page.next, "prev_page_token": page.previous}),
    )
}

/// The error that the last update of the failing pipeline left.
fn failure(pipeline: &Item, now: i64) -> Value {
    json!({
        "id": "5b7d0a1e-update-failed",
        "event_type": "update_progress",
        "level": "ERROR",
        "maturity_level": "STABLE",
        "message": "Update 5b7d0a is FAILED.",
        "timestamp": rfc3339(now),
        "origin": {
            "pipeline_id": pipeline.text("pipeline_id"),
            "pipeline_name": pipeline.text("name"),
            "update_id": "5b7d0a1e-3c94-4f62-8a0d-e9f1b2c47d05",
        },
        "error": {"fatal": true, "exceptions": [
            {"class_name": "org.apache.spark.SparkException", "message": "Job aborted due to stage failure."},
            {"class_name": "java.io.FileNotFoundException", "message": "/Volumes/main/default/landing/returns.csv"},
        ]},
    })
}

fn event(pipeline: &Item, update: &Item, state: &str, at: i64) -> Value {
    let id = update.text("update_id");
    json!({
        "id": format!("{id}-{}", state.to_lowercase()),
        "event_type": "update_progress",
        "level": "INFO",
        "maturity_level": "STABLE",
        "message": format!("Update {} is {state}.", id.get(..6).unwrap_or(id)),
        "timestamp": rfc3339(at),
        "origin": {
            "cloud": "AWS",
            "region": "us-west-2",
            "pipeline_id": pipeline.text("pipeline_id"),
            "pipeline_name": pipeline.text("name"),
            "update_id": id,
        },
    })
}
