//! The consequence of an operation: what it deletes, replaces, reveals or grants is asked about first.

use serde_json::{Map, Value};

use super::{SQL, sql};
use crate::catalog::{Effect, Operation, Under};
use crate::redact;
use crate::shape;

/// Characters of the arguments in a question.
const SHOWN: usize = 4_000;

/// The question before the operation is sent with these arguments, if there is one.
pub(super) fn question(operation: &Operation, arguments: &Map<String, Value>) -> Option<String> {
    if operation.id == SQL {
        let text = |name| arguments.get(name).and_then(Value::as_str);
        return sql::question(text("statement")?, text("catalog"), text("schema"));
    }
    let what = match effect(operation, arguments) {
        Effect::Reads | Effect::Writes => return None,
        Effect::Destroys => "which deletes, stops or replaces",
        Effect::Reveals => "whose answer shows a secret",
        Effect::Grants => "which changes who may do what",
    };
    let given = shape::one_line(&Value::Object(masked(arguments)).to_string(), SHOWN);
    Some(format!("Send `{}` with {given}, {what}?", operation.id))
}

/// The effect of the operation with these arguments.
pub(super) fn effect(operation: &Operation, arguments: &Map<String, Value>) -> Effect {
    let mut brought = effects(operation, arguments);
    brought.next().unwrap_or(operation.effect)
}

/// True if the operation, with these arguments, changes who may do what, whatever else it does.
pub(super) fn grants(operation: &Operation, arguments: &Map<String, Value>) -> bool {
    operation.effect == Effect::Grants
        || effects(operation, arguments).any(|effect| effect == Effect::Grants)
}

/// The effects that the operation has under these arguments only.
fn effects(operation: &Operation, arguments: &Map<String, Value>) -> impl Iterator<Item = Effect> {
    let brings = |under: &&Under| match under.effect {
        // To say that all may write is to say `read_only: false`, that nobody is kept out is an empty list.
        Effect::Grants => found(arguments, under.argument, |value| !value.is_null()),
        _ => is_given(arguments, under.argument),
    };
    operation
        .under
        .iter()
        .filter(brings)
        .map(|under| under.effect)
}

/// True if an argument is given, and is neither false nor empty.
pub(super) fn is_given(arguments: &Map<String, Value>, path: &str) -> bool {
    found(arguments, path, |value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    })
}

/// True if there is such a value at a path. A dotted path leads into objects and into every item of lists, unless an
/// argument has the whole path for its name.
fn found(arguments: &Map<String, Value>, path: &str, is: impl Fn(&Value) -> bool) -> bool {
    if let Some(whole) = arguments.get(path) {
        return is(whole);
    }
    let Some((first, rest)) = path.split_once('.') else {
        return false;
    };
    let mut at: Vec<&Value> = arguments.get(first).into_iter().collect();
    for name in rest.split('.') {
        let items = at.into_iter().flat_map(|value| match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        });
        at = items.filter_map(|item| item.get(name)).collect();
    }
    at.into_iter().any(is)
}

/// The arguments without what may be a secret, at every depth.
fn masked(arguments: &Map<String, Value>) -> Map<String, Value> {
    let shown = |(name, value): (&String, &Value)| {
        let secret = redact::may_be_secret(name);
        (name.clone(), without_secrets(value, secret))
    };
    arguments.iter().map(shown).collect()
}

pub(super) fn without_secrets(value: &Value, secret: bool) -> Value {
    match value {
        Value::Object(fields) => Value::Object(masked(fields)),
        Value::Array(items) => items
            .iter()
            .map(|item| without_secrets(item, secret))
            .collect(),
        Value::String(_) | Value::Number(_) if secret => Value::from("…"),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::api;

    fn asked(id: &str, arguments: Value) -> Option<String> {
        question(api::find(id).unwrap(), arguments.as_object().unwrap())
    }

    #[test]
    fn what_takes_away_replaces_or_shows_a_secret_is_asked_about() {
        for (id, arguments) in [
            ("catalogs.delete", json!({ "name": "main" })),
            ("jobs.reset", json!({ "job_id": 7 })),
            ("jobs.cancel_all_runs", json!({})),
            ("clusters.edit", json!({ "cluster_id": "c" })),
            ("warehouses.stop", json!({ "id": "w" })),
            ("permissions.set", json!({})),
            ("secrets.put_secret", json!({ "scope": "s" })),
            (
                "workspace.import_",
                json!({ "path": "/a", "overwrite": true }),
            ),
            ("dbfs.put", json!({ "path": "/a", "overwrite": true })),
            (
                "files.upload",
                json!({ "file_path": "/a", "overwrite": true }),
            ),
            (
                "pipelines.start_update",
                json!({ "pipeline_id": "p", "full_refresh_selection": ["t"] }),
            ),
            (
                "jobs.run_now",
                json!({ "job_id": 7, "pipeline_params": { "full_refresh": true } }),
            ),
            (
                "jobs.update",
                json!({ "job_id": 7, "fields_to_remove": ["schedule"] }),
            ),
            ("postgres.reveal_role_password", json!({})),
            ("credentials_manager.exchange_token", json!({})),
            ("recipient_activation.retrieve_token", json!({})),
            ("recipients.get", json!({ "name": "r" })),
            ("dbsql_permissions.set", json!({})),
            ("secrets_uc.update_secret", json!({})),
            ("git_credentials.update", json!({})),
            ("clusters.set_permissions", json!({})),
            ("recipients.rotate_token", json!({})),
            (SQL, json!({ "statement": "DROP TABLE t" })),
            ("secrets.get_secret", json!({ "scope": "s", "key": "k" })),
            ("tokens.create", json!({})),
            ("connections.create", json!({ "name": "c" })),
            ("credentials.create_credential", json!({ "name": "c" })),
            ("external_locations.create", json!({ "name": "l" })),
            ("storage_credentials.create", json!({ "name": "s" })),
            (
                "storage_credentials.update",
                json!({ "name": "s", "aws_iam_role": { "role_arn": "arn" } }),
            ),
            (
                "storage_credentials.update",
                json!({ "name": "s", "read_only": false }),
            ),
            (
                "serving_endpoints.create",
                json!({ "name": "e", "config": { "served_entities": [{}, { "external_model": { "name": "m" } }] } }),
            ),
            (
                "recipients.update",
                json!({ "name": "r", "ip_access_list": {} }),
            ),
            ("global_init_scripts.create", json!({ "name": "i" })),
            ("users.create", json!({ "userName": "a" })),
        ] {
            assert!(asked(id, arguments).is_some(), "{id}");
        }
    }

    #[test]
    fn what_reads_or_adds_is_not() {
        for (id, arguments) in [
            ("catalogs.get", json!({ "name": "main" })),
            ("jobs.create", json!({ "name": "j" })),
            ("jobs.run_now", json!({ "job_id": 7 })),
            ("clusters.start", json!({ "cluster_id": "c" })),
            ("workspace.import_", json!({ "path": "/a" })),
            ("files.create_directory", json!({ "directory_path": "/a" })),
            ("secrets.list_secrets", json!({ "scope": "s" })),
            (
                "pipelines.start_update",
                json!({ "pipeline_id": "p", "full_refresh": false, "full_refresh_selection": [] }),
            ),
            (
                "jobs.run_now",
                json!({ "job_id": 7, "pipeline_params": { "full_refresh": false } }),
            ),
            (
                "storage_credentials.update",
                json!({ "name": "s", "comment": "c" }),
            ),
            (
                "serving_endpoints.create",
                json!({ "name": "e", "config": { "served_entities": [{ "entity_name": "m" }] } }),
            ),
            ("experiments.search_runs", json!({})),
            ("clusters.events", json!({ "cluster_id": "c" })),
            (SQL, json!({ "statement": "SELECT 1" })),
        ] {
            assert_eq!(asked(id, arguments), None, "{id}");
        }
    }

    #[test]
    fn the_question_shows_the_arguments_but_no_secret() {
        assert_eq!(
            asked("catalogs.delete", json!({ "name": "main", "force": true })).unwrap(),
            "Send `catalogs.delete` with {\"name\":\"main\",\"force\":true}, which deletes, stops or replaces?"
        );
        let put = asked(
            "secrets.put_secret",
            json!({ "key": "k", "string_value": "hunter2" }),
        );
        assert!(!put.unwrap().contains("hunter2"));
        let deep = asked(
            "warehouses.edit",
            json!({ "id": "w", "conf": [{ "pem_private_key": "hunter2", "tokens": ["hunter2"], "pin_plaintext": 41_7111 }], "token_id": "t1" }),
        )
        .unwrap();
        assert!(
            !deep.contains("hunter2") && !deep.contains("417111") && deep.contains("t1"),
            "{deep}"
        );
    }
}
