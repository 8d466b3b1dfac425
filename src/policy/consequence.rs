//! The consequence of an operation: what it deletes, replaces, reveals or grants is asked about first.

use serde_json::{Map, Value};

use super::{SQL, sql};
use crate::catalog::{Effect, Operation};
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
    let under = operation.under.iter();
    let mut brought = under.filter(|under| is_given(arguments, under.argument));
    brought
        .next()
        .map_or(operation.effect, |under| under.effect)
}

/// True if an argument is given, and is neither false nor empty. A dotted path leads into objects, unless an argument
/// has the whole path for its name.
pub(super) fn is_given(arguments: &Map<String, Value>, path: &str) -> bool {
    let whole = arguments.get(path);
    let value = whole.or_else(|| {
        let (first, rest) = path.split_once('.')?;
        rest.split('.')
            .try_fold(arguments.get(first)?, |at, name| at.get(name))
    });
    match value {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
        Some(Value::Bool(true) | Value::Number(_)) => true,
    }
}

/// The arguments without what may be a secret, at every depth.
fn masked(arguments: &Map<String, Value>) -> Map<String, Value> {
    let shown = |(name, value): (&String, &Value)| {
        let secret = redact::may_be_secret(name);
        (name.clone(), without_secrets(value, secret))
    };
    arguments.iter().map(shown).collect()
}

fn without_secrets(value: &Value, secret: bool) -> Value {
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
