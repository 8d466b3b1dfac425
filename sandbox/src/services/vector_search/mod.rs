//! Vector search: endpoints, and indexes that find the rows near a vector or a text.

pub(super) mod ai_search;
mod query;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::collections::{Ids, Item, Step};
use crate::http::{ApiError, Call};
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;
use crate::sql::Work;
use crate::sql::values::rows;

const ENDPOINT: &str = "Vector search endpoint";
const INDEX: &str = "Vector search index";
const STATE: &str = "endpoint_status.state";
const PHASE: &str = "phase";
/// Seconds until an endpoint is online, and until an index is ready.
const PROVISIONS: &[Step] = &[("PROVISIONING", 60.0), ("ONLINE", 0.0)];
const BUILDS: &[Step] = &[("BUILDING", 30.0), ("READY", 0.0)];
const BUILDS_EMPTY: &[Step] = &[("BUILDING", 2.0), ("READY", 0.0)];

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    endpoints().serve(on, shared);
    indexes().serve(on, shared);
    let seeded = shared.collections.of(INDEX).map(|indexes| indexes.all());
    for index in seeded.into_iter().flatten() {
        sync(shared, &index);
    }
}

fn endpoints() -> Kind {
    Kind::new(ENDPOINT, "name", Ids::Given)
        .argument("endpoint_name", "name")
        .create("vector_search_endpoints.create_endpoint")
        .get("vector_search_endpoints.get_endpoint")
        .list("vector_search_endpoints.list_endpoints")
        .delete("vector_search_endpoints.delete_endpoint")
        .moves(STATE, PROVISIONS)
        .on_create(|_, _, endpoint| {
            endpoint.set("id", uuid::Uuid::new_v4().to_string());
            Ok(())
        })
        .on_delete(|shared, _, endpoint| {
            let count = indexes_of(shared, endpoint.text("name")).count();
            if count > 0 {
                let message = format!("The endpoint has {count} index(es). Delete them first.");
                return Err(ApiError::bad_request("BAD_REQUEST", message));
            }
            Ok(())
        })
        .view(|shared, item, fields| {
            let count = indexes_of(shared, item.text("name")).count();
            fields.insert("num_indexes".to_owned(), json!(count));
        })
        .seed(json!({
            "name": "shop-search",
            "id": "0c9f4a7d-5b31-4e86-a2d8-f17e60b3c954",
            "endpoint_type": "STANDARD",
        }))
}

fn indexes_of(shared: &Shared, endpoint: &str) -> impl Iterator<Item = Item> {
    let all = shared.collections.of(INDEX).map(|all| all.all());
    let all = all.into_iter().flatten();
    all.filter(move |index| index.text("endpoint_name") == endpoint)
}

fn indexes() -> Kind {
    Kind::new(INDEX, "name", Ids::Given)
        .argument("index_name", "name")
        .create("vector_search_indexes.create_index")
        .get("vector_search_indexes.get_index")
        .list("vector_search_indexes.list_indexes")
        .delete("vector_search_indexes.delete_index")
        .act("vector_search_indexes.sync_index", |_, _, index| {
            if index.text("index_type") == "DELTA_SYNC" {
                return Ok(());
            }
            let message = "Only an index that follows a Delta table can be synced.";
            Err(ApiError::bad_request("BAD_REQUEST", message))
        })
        .after(|shared, index| {
            sync(shared, index);
            Ok(())
        })
        .say(
            "vector_search_indexes.query_index",
            |shared, call, index| {
                ready(shared, index)?;
                query::nearest(call, index)
            },
        )
        .say("vector_search_indexes.upsert_data_vector_index", upsert)
        .say(
            "vector_search_indexes.delete_data_vector_index",
            delete_rows,
        )
        .moves(PHASE, BUILDS)
        .defaults(json!({"index_subtype": "HYBRID"}))
        .on_list(|shared, call| {
            let name = call.query.get("endpoint_name").and_then(Value::as_str);
            require_endpoint(shared, name.unwrap_or_default()).map(drop)
        })
        .on_create(|shared, _, index| {
            let endpoint = require_endpoint(shared, index.text("endpoint_name"))?;
            index.set("endpoint_id", endpoint.text("id"));
            if index.text("name").matches('.').count() != 2 {
                let message = "The name of an index must be catalog.schema.index.";
                return Err(ApiError::invalid(message));
            }
            if index.text("index_type") == "DIRECT_ACCESS" {
                index.go(PHASE, BUILDS_EMPTY, shared.clock.now());
            } else {
                let id = uuid::Uuid::new_v4().to_string();
                index.set("delta_sync_index_spec.pipeline_id", id);
                let source = index.text("delta_sync_index_spec.source_table").to_owned();
                super::catalogs::require(shared, "TABLE", &source)?;
            }
            Ok(())
        })
        .view(describe)
        .seed(json!({
            "name": "main.default.products_index",
            "endpoint_name": "shop-search",
            "endpoint_id": "0c9f4a7d-5b31-4e86-a2d8-f17e60b3c954",
            "index_type": "DELTA_SYNC",
            "primary_key": "product_id",
            "delta_sync_index_spec": {
                "source_table": "main.default.products",
                "pipeline_type": "TRIGGERED",
                "pipeline_id": "d4b8f2a6-1e93-4705-8c6d-b95a3e70f2d1",
                "embedding_source_columns": [{
                    "name": "name",
                    "embedding_model_endpoint_name": "databricks-gte-large-en",
                }],
            },
        }))
}

fn require_endpoint(shared: &Shared, name: &str) -> Result<Item, ApiError> {
    let missing = || ApiError::not_found(format!("{ENDPOINT} '{name}' does not exist."));
    shared.collections.find(ENDPOINT, name).ok_or_else(missing)
}

fn describe(shared: &Shared, index: &Item, fields: &mut Map<String, Value>) {
    let is_ready = ready(shared, index).is_ok();
    let message = if is_ready {
        "Index is ready to serve queries."
    } else {
        "Index is being built."
    };
    let name = index.text("name");
    let host = shared.identity.host.trim_start_matches("http://");
    let status = json!({
        "ready": is_ready,
        "message": message,
        "indexed_row_count": query::rows_of(index).len(),
        "index_url": format!("{host}/api/2.0/vector-search/indexes/{name}"),
    });
    fields.insert("status".to_owned(), status);
}

fn ready(shared: &Shared, index: &Item) -> Result<(), ApiError> {
    if index.state(PHASE, shared.clock) == "READY" {
        return Ok(());
    }
    let message = format!(
        "Index {} is not ready to serve queries.",
        index.text("name")
    );
    Err(ApiError::bad_request("BAD_REQUEST", message))
}

/// Copies the rows of the source table in a task, so the rows arrive later.
fn sync(shared: &Shared, index: &Item) {
    let source = index.text("delta_sync_index_spec.source_table").to_owned();
    let name = index.text("name").to_owned();
    if source.is_empty() {
        return;
    }
    let handle = shared.clone();
    shared.sql.spawn(async move {
        let work = Work {
            text: format!("SELECT * FROM {source}"),
            ..Work::default()
        };
        let Ok(result) = handle.engine.run(&work).await else {
            return;
        };
        let columns = result.columns.fields().iter();
        let columns: Vec<String> = columns.map(|field| field.name().clone()).collect();
        let written = result.batches.iter().filter_map(|batch| rows(batch).ok());
        let objects: Vec<Value> = written
            .flatten()
            .map(|row| {
                columns
                    .iter()
                    .cloned()
                    .zip(row.into_iter().map(Value::from))
                    .collect()
            })
            .collect();
        let indexes = handle.collections.of(INDEX);
        if let Some((indexes, mut index)) =
            indexes.and_then(|all| Some((all.clone(), all.named(&name)?)))
        {
            index.set("rows", objects);
            indexes.put(index);
        }
    });
}

fn direct(index: &Item) -> Result<String, ApiError> {
    if index.text("index_type") != "DIRECT_ACCESS" {
        let message = "Rows of an index that follows a Delta table are changed in the table.";
        return Err(ApiError::bad_request("BAD_REQUEST", message));
    }
    Ok(index.text("primary_key").to_owned())
}

fn keep_rows(shared: &Shared, index: &Item, rows: Vec<Value>) {
    if let Some(indexes) = shared.collections.of(INDEX) {
        let mut index = index.clone();
        index.set("rows", rows);
        indexes.put(index);
    }
}

fn upsert(shared: &Shared, call: &Call, index: &Item) -> Result<Value, ApiError> {
    let key = direct(index)?;
    let inputs = call.body.get("inputs_json").and_then(Value::as_str);
    let inputs: Result<Vec<Value>, _> = serde_json::from_str(inputs.unwrap_or_default());
    let inputs = inputs.map_err(|error| {
        ApiError::invalid(format!("inputs_json is not a JSON list of rows: {error}"))
    })?;
    let mut rows = query::rows_of(index);
    let (mut written, mut failed) = (0, Vec::new());
    for input in inputs {
        match input.get(&key).cloned() {
            Some(id) => {
                rows.retain(|row| row.get(&key) != Some(&id));
                rows.push(input);
                written += 1;
            }
            None => failed.push(input.to_string()),
        }
    }
    keep_rows(shared, index, rows);
    Ok(outcome(written, failed))
}

fn delete_rows(shared: &Shared, call: &Call, index: &Item) -> Result<Value, ApiError> {
    let key = direct(index)?;
    let wanted = call.query.get("primary_keys").and_then(Value::as_array);
    let mut rows = query::rows_of(index);
    let (mut deleted, mut failed) = (0, Vec::new());
    for id in wanted.into_iter().flatten().filter_map(Value::as_str) {
        let before = rows.len();
        rows.retain(|row| query::text(row.get(&key)) != id);
        if rows.len() < before {
            deleted += 1;
        } else {
            failed.push(id.to_owned());
        }
    }
    keep_rows(shared, index, rows);
    Ok(outcome(deleted, failed))
}

fn outcome(done: usize, failed: Vec<String>) -> Value {
    let status = match (done, failed.len()) {
        (_, 0) => "SUCCESS",
        (0, _) => "FAILURE",
        _ => "PARTIAL_SUCCESS",
    };
    json!({
        "status": status,
        "result": {"success_row_count": done, "failed_primary_keys": failed},
    })
}
