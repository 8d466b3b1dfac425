//! Operations that delete, stop, replace or show a secret, and so are asked about first.

use serde_json::{Map, Value};

use super::{SQL, sql};
use crate::catalog::{Operation, TOOLS};
use crate::shape;

/// Characters of the arguments in a question.
const SHOWN: usize = 1_000;
/// Starts of the last word of the path of a POST or PATCH that deletes, stops or replaces.
const TAKING: &[&str] = &[
    "cancel-all",
    "clear",
    "delete",
    "destroy",
    "edit",
    "permanent-delete",
    "purge",
    "remove",
    "replace",
    "reset",
    "restore",
    "rotate",
    "stop",
    "trash",
    "uninstall",
];

/// The question before the operation is sent with these arguments, if there is one.
pub(super) fn question(operation: &Operation, arguments: &Map<String, Value>) -> Option<String> {
    let what = if operation.id == SQL {
        let text = |name| arguments.get(name).and_then(Value::as_str);
        return sql::question(text("statement")?, text("catalog"), text("schema"));
    } else if takes(operation, arguments) {
        "which deletes, stops or replaces"
    } else if shows_secret(operation) {
        "whose answer shows a secret"
    } else {
        return None;
    };
    let given = shape::one_line(&Value::Object(masked(arguments)).to_string(), SHOWN);
    Some(format!("Send `{}` with {given}, {what}?", operation.id))
}

fn takes(operation: &Operation, arguments: &Map<String, Value>) -> bool {
    let is_true = |name: &str| arguments.get(name) == Some(&Value::Bool(true));
    let as_a_tool = TOOLS.iter().any(|tool| {
        tool.primary().any(|sent| sent.id == operation.id)
            && tool
                .confirm
                .as_ref()
                .is_some_and(|confirm| confirm.when.is_empty() || is_true(confirm.when))
    });
    let last = operation.path.rsplit(['/', ':']).next().unwrap_or_default();
    let by_path = TAKING.iter().any(|word| last.starts_with(word));
    match operation.verb {
        _ if as_a_tool || is_true("overwrite") => true,
        "GET" | "HEAD" => false,
        "DELETE" => true,
        // What makes a folder or a new file replaces nothing.
        "PUT" => !operation.path.starts_with("/api/2.0/fs/"),
        _ => by_path,
    }
}

/// True where the answer is a credential, by the operation's name.
fn shows_secret(operation: &Operation) -> bool {
    let (service, method) = operation.id.split_once('.').unwrap_or_default();
    let mints = method.starts_with("create") || method.starts_with("generate");
    method == "get_secret"
        || (mints && (method.contains("credential") || method.contains("token")))
        || (method == "create" && (service.contains("token") || service.contains("secrets")))
}

/// The arguments without what may be a secret.
fn masked(arguments: &Map<String, Value>) -> Map<String, Value> {
    let shown = |(name, value): (&String, &Value)| {
        let lower = name.to_lowercase();
        let secret = ["password", "secret", "token", "value"]
            .iter()
            .any(|word| lower.ends_with(word));
        let value = match value {
            Value::String(_) if secret => Value::from("…"),
            Value::Object(fields) => Value::Object(masked(fields)),
            other => other.clone(),
        };
        (name.clone(), value)
    };
    arguments.iter().map(shown).collect()
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
    }
}
