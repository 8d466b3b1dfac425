//! Model serving: endpoints that deploy by the clock and answer without a model.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::clock::Millis;
use crate::collections::{Ids, Item, Step};
use crate::http::{ApiError, Call};
use crate::identity::USER;
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

const READY: &str = "state.ready";
const UPDATE: &str = "state.config_update";
/// Seconds until a new endpoint serves, and until a changed one serves its new configuration.
const BECOMES_READY: &[Step] = &[("NOT_READY", 60.0), ("READY", 0.0)];
const UPDATES: &[Step] = &[("IN_PROGRESS", 60.0), ("NOT_UPDATING", 0.0)];
/// The length of an embedding.
const DIMENSIONS: usize = 16;

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    endpoints().serve(on, shared);
}

fn endpoints() -> Kind {
    let foundation = |name: &str, task: &str| {
        json!({
            "name": name,
            "task": task,
            "config": {"served_entities": [{
                "name": name,
                "entity_name": format!("system.ai.{name}"),
                "entity_version": "1",
                "foundation_model": {"name": format!("system.ai.{name}"), "display_name": name},
            }]},
            "permission_level": "CAN_QUERY",
        })
    };
    Kind::new("Endpoint", "name", Ids::Given)
        .create("serving_endpoints.create")
        .get("serving_endpoints.get")
        .list("serving_endpoints.list")
        .delete("serving_endpoints.delete")
        .act("serving_endpoints.update_config", |shared, call, endpoint| {
            let now = shared.clock.now();
            let mut config = call.body.clone();
            complete(&mut config, now);
            let version = endpoint.get("config.config_version").and_then(Value::as_i64);
            if let Some(config) = config.as_object_mut() {
                config.insert("config_version".to_owned(), json!(version.unwrap_or(0) + 1));
            }
            endpoint.set("config", config);
            endpoint.go(UPDATE, UPDATES, now);
            endpoint.updated_at = now;
            Ok(())
        })
        .say("serving_endpoints.query", query)
        .say("serving_endpoints.logs", |_, call, endpoint| {
            let served = served(endpoint, call)?;
            Ok(json!({"logs": format!("[{served}] Booting worker\n[{served}] Listening at port 8080\n")}))
        })
        .say("serving_endpoints.build_logs", |_, call, endpoint| {
            let served = served(endpoint, call)?;
            Ok(json!({"logs": format!("[{served}] Building the container image\n[{served}] Pushed the image\n")}))
        })
        .moves(READY, BECOMES_READY)
        .moves(UPDATE, UPDATES)
        .defaults(json!({"permission_level": "CAN_MANAGE", "config": {}}))
        .on_create(|shared, _, endpoint| {
            let mut config = endpoint.get("config").cloned().unwrap_or_default();
            complete(&mut config, shared.clock.now());
            endpoint.set("config", config);
            endpoint.set("config.config_version", 1);
            endpoint.set("id", uuid::Uuid::new_v4().simple().to_string());
            Ok(())
        })
        .view(describe)
        .seed(foundation("databricks-meta-llama-3-3-70b-instruct", "llm/v1/chat"))
        .seed(foundation("databricks-gte-large-en", "llm/v1/embeddings"))
        .seed(json!({
            "name": "churn-scores",
            "id": "6a0d4e8b29f7415c83e1b5d7f9042c6e",
            "config": {
                "config_version": 3,
                "served_entities": [{
                    "name": "churn-2",
                    "entity_name": "main.default.churn",
                    "entity_version": "2",
                    "workload_size": "Small",
                    "workload_type": "CPU",
                    "scale_to_zero_enabled": true,
                    "creator": USER,
                }],
                "traffic_config": {"routes": [
                    {"served_model_name": "churn-2", "traffic_percentage": 100},
                ]},
            },
        }))
}

/// Names the served entities and divides the traffic, unless the caller did.
fn complete(config: &mut Value, now: Millis) {
    let Some(config) = config.as_object_mut() else {
        return;
    };
    let mut names = Vec::new();
    let lists = [
        ("served_entities", "entity_name", "entity_version"),
        ("served_models", "model_name", "model_version"),
    ];
    for (list, model, version) in lists {
        let entities = config.get_mut(list).and_then(Value::as_array_mut);
        for entity in entities
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
        {
            let text = |field: &str| {
                let value = entity.get(field).and_then(Value::as_str);
                value.unwrap_or_default().to_owned()
            };
            let short = text(model)
                .rsplit('.')
                .next()
                .unwrap_or_default()
                .to_owned();
            let name = format!("{short}-{}", text(version));
            let name = entity.entry("name").or_insert(json!(name)).clone();
            names.push(name);
            entity.insert("creator".to_owned(), json!(USER));
            entity.insert("creation_timestamp".to_owned(), json!(now));
        }
    }
    let first = names.first().cloned();
    let routes = json!({"routes": [{"served_model_name": first, "traffic_percentage": 100}]});
    config.entry("traffic_config").or_insert(routes);
}

fn describe(shared: &Shared, endpoint: &Item, fields: &mut Map<String, Value>) {
    let update = endpoint.state(UPDATE, shared.clock);
    let (state, message) = match update {
        "IN_PROGRESS" => (
            "DEPLOYMENT_CREATING",
            "Creating resources for served entity.",
        ),
        _ => ("DEPLOYMENT_READY", ""),
    };
    let Some(config) = fields.get_mut("config") else {
        return;
    };
    for list in ["served_entities", "served_models"] {
        let entities = config.get_mut(list).and_then(Value::as_array_mut);
        for entity in entities
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
        {
            let state = json!({"deployment": state, "deployment_state_message": message});
            entity.insert("state".to_owned(), state);
        }
    }
    if update == "IN_PROGRESS" {
        let mut pending = config.clone();
        if let Some(pending) = pending.as_object_mut() {
            pending.insert("start_time".to_owned(), json!(endpoint.updated_at));
        }
        fields.insert("pending_config".to_owned(), pending);
    }
    let url = format!(
        "{}/serving-endpoints/{}/invocations",
        shared.identity.host,
        endpoint.text("name")
    );
    fields.insert("endpoint_url".to_owned(), json!(url));
}

fn served(endpoint: &Item, call: &Call) -> Result<String, ApiError> {
    let wanted = call.path("served_model_name");
    let config = endpoint.get("config");
    let lists = ["served_entities", "served_models"].into_iter();
    let mut entities = lists
        .filter_map(|list| config?.get(list)?.as_array())
        .flatten();
    let known = entities.any(|entity| entity.get("name").and_then(Value::as_str) == Some(wanted));
    if known {
        return Ok(wanted.to_owned());
    }
    Err(ApiError::not_found(format!(
        "Served entity '{wanted}' of endpoint '{}' does not exist.",
        endpoint.text("name")
    )))
}

/// An answer of the right form. Chat repeats the last message, embeddings come from the words, and other models
/// predict one number for each row.
fn query(shared: &Shared, call: &Call, endpoint: &Item) -> Result<Value, ApiError> {
    let name = endpoint.text("name");
    if endpoint.state(READY, shared.clock) != "READY" {
        return Err(ApiError::bad_request(
            "BAD_REQUEST",
            format!("The endpoint '{name}' is not ready."),
        ));
    }
    let body = &call.body;
    let messages = body.get("messages").and_then(Value::as_array);
    if let Some(messages) = messages {
        let said = messages
            .last()
            .and_then(|message| message.get("content")?.as_str());
        let said = said.unwrap_or_default();
        let answer = format!("This sandbox has no model. You said: {said}");
        let (asked, told) = (words(said), words(&answer));
        return Ok(json!({
            "id": format!("chatcmpl-{}", uuid::Uuid::new_v4()),
            "object": "chat.completion",
            "created": shared.clock.now() / 1000,
            "model": name,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": answer}}],
            "usage": {
                "prompt_tokens": asked,
                "completion_tokens": told,
                "total_tokens": asked + told,
            },
        }));
    }
    if let Some(input) = body.get("input") {
        let texts = match input {
            Value::Array(texts) => texts.clone(),
            one => vec![one.clone()],
        };
        let data = texts.iter().enumerate().map(|(index, text)| {
            let embedding = embedding(text.as_str().unwrap_or_default());
            json!({"index": index, "object": "embedding", "embedding": embedding})
        });
        let data: Vec<Value> = data.collect();
        return Ok(json!({"object": "list", "model": name, "data": data}));
    }
    let rows = ["dataframe_records", "instances", "inputs"].iter();
    let rows = rows.filter_map(|field| body.get(*field)).next();
    let rows = rows.or_else(|| body.pointer("/dataframe_split/data"));
    let rows = match rows {
        Some(Value::Array(rows)) => rows.len(),
        Some(_) => 1,
        None => return Err(ApiError::invalid("The request has no input for the model.")),
    };
    Ok(json!({"predictions": vec![0.5; rows], "served-model-name": name}))
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// A vector of length one from the words of a text. Texts with the same words are near each other.
pub(super) fn embedding(text: &str) -> Vec<f64> {
    let mut vector = vec![0.0; DIMENSIONS];
    for word in text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let letters = word.to_lowercase();
        let sum = letters.bytes().fold(7_usize, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(usize::from(byte))
        });
        if let Some(place) = vector.get_mut(sum % DIMENSIONS) {
            *place += 1.0;
        }
    }
    let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
    vector
}
