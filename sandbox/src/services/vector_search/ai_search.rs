//! AI search, the successor of vector search: the same endpoints and indexes under resource names.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{ENDPOINT, INDEX, STATE, indexes_of, query, ready, require_endpoint};
use crate::clock::rfc3339;
use crate::collections::Item;
use crate::http::{ApiError, Call, Reply, page};
use crate::identity::USER;
use crate::operations::Operations;
use crate::shared::Shared;

/// Entries of a page when the call sets no limit.
const USUAL: usize = 100;

pub(crate) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    on.on("ai_search.list_endpoints", shared, list_endpoints);
    on.on("ai_search.get_endpoint", shared, |shared, call| {
        let endpoint = require_endpoint(shared, call.path("endpoint_id"))?;
        Ok(describe_endpoint(shared, &endpoint, call).into())
    });
    on.on("ai_search.list_indexes", shared, list_indexes);
    on.on("ai_search.get_index", shared, |shared, call| {
        let index = index(shared, call)?;
        Ok(describe_index(shared, &index, call).into())
    });
    on.on("ai_search.query_index", shared, |shared, call| {
        let index = index(shared, call)?;
        ready(shared, &index)?;
        Ok(query::nearest(call, &index)?.into())
    });
}

fn list_endpoints(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let all = shared.collections.of(ENDPOINT).map(|all| all.all());
    let all = all.into_iter().flatten();
    paged(
        "endpoints",
        all.map(|one| describe_endpoint(shared, &one, call))
            .collect(),
        call,
    )
}

fn list_indexes(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let endpoint = require_endpoint(shared, call.path("endpoint_id"))?;
    let all = indexes_of(shared, endpoint.text("name"));
    paged(
        "indexes",
        all.map(|one| describe_index(shared, &one, call)).collect(),
        call,
    )
}

fn paged(field: &str, all: Vec<Value>, call: &Call) -> Result<Reply, ApiError> {
    let size = call.query.get("page_size").and_then(Value::as_u64);
    let size = size
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size > 0);
    let token = call.query.get("page_token").and_then(Value::as_str);
    let page = page(all, token, size.unwrap_or(USUAL))?;
    Ok(json!({ field: page.items, "next_page_token": page.next }).into())
}

fn index(shared: &Shared, call: &Call) -> Result<Item, ApiError> {
    let (endpoint, id) = (call.path("endpoint_id"), call.path("index_id"));
    let found = shared.collections.find(INDEX, id);
    let found = found.filter(|index| index.text("endpoint_name") == endpoint);
    found.ok_or_else(|| ApiError::missing("NOT_FOUND", format!("Index '{id}' does not exist.")))
}

fn name_of(endpoint: &str, call: &Call) -> String {
    format!(
        "workspaces/{}/endpoints/{endpoint}",
        call.path("workspace_id")
    )
}

fn describe_endpoint(shared: &Shared, endpoint: &Item, call: &Call) -> Value {
    let name = endpoint.text("name");
    json!({
        "name": name_of(name, call),
        "id": endpoint.text("id"),
        "endpoint_type": endpoint.text("endpoint_type"),
        "endpoint_status": {"state": endpoint.state(STATE, shared.clock)},
        "index_count": indexes_of(shared, name).count(),
        "creator": USER,
        "create_time": rfc3339(endpoint.created_at),
    })
}

fn describe_index(shared: &Shared, index: &Item, call: &Call) -> Value {
    let endpoint = name_of(index.text("endpoint_name"), call);
    json!({
        "name": format!("{endpoint}/indexes/{}", index.text("name")),
        "endpoint": endpoint,
        "index_type": index.text("index_type"),
        "primary_key": index.text("primary_key"),
        "creator": USER,
        "status": {
            "ready": ready(shared, index).is_ok(),
            "indexed_row_count": query::rows_of(index).len(),
        },
    })
}
