//! What goes with a thing: the lists that are counted before a thing that holds others is deleted.

use serde_json::{Map, Value, json};

use crate::shape;

/// A list whose length tells what goes along.
#[derive(Debug)]
pub(super) struct Held {
    /// The operation that takes the holder away.
    operation: &'static str,
    /// The operation that lists what is in it.
    pub(super) list: &'static str,
    /// The list's arguments, by those of the operation.
    arguments: fn(&Map<String, Value>) -> Option<Value>,
    /// Where the list stands in the answer.
    items: &'static str,
    /// One of them and several of them.
    words: (&'static str, &'static str),
}

const fn held(
    operation: &'static str,
    list: &'static str,
    arguments: fn(&Map<String, Value>) -> Option<Value>,
    items: &'static str,
    words: (&'static str, &'static str),
) -> Held {
    Held {
        operation,
        list,
        arguments,
        items,
        words,
    }
}

/// The arguments of a list of what is in a schema.
fn in_schema(given: &Map<String, Value>) -> Option<Value> {
    let (catalog, schema) = given.get("full_name")?.as_str()?.split_once('.')?;
    Some(json!({ "catalog_name": catalog, "schema_name": schema }))
}

const HELD: &[Held] = &[
    held(
        "catalogs.delete",
        "schemas.list",
        |given| Some(json!({ "catalog_name": given.get("name")? })),
        "schemas",
        ("schema", "schemas"),
    ),
    held(
        "schemas.delete",
        "tables.list",
        in_schema,
        "tables",
        ("table", "tables"),
    ),
    held(
        "schemas.delete",
        "volumes.list",
        in_schema,
        "volumes",
        ("volume", "volumes"),
    ),
    held(
        "tables.delete",
        "lineage_tracking.table_lineage",
        |given| {
            Some(json!({ "table_name": given.get("full_name")?, "include_entity_lineage": true }))
        },
        "downstreams",
        (
            "table, view or job that reads it",
            "tables, views and jobs that read it",
        ),
    ),
    held(
        "secrets.delete_scope",
        "secrets.list_secrets",
        |given| Some(json!({ "scope": given.get("scope")? })),
        "secrets",
        ("secret", "secrets"),
    ),
    held(
        "workspace.delete",
        "workspace.list",
        |given| Some(json!({ "path": given.get("path")? })),
        "objects",
        ("object", "objects"),
    ),
    held(
        "dbfs.delete",
        "dbfs.list",
        |given| Some(json!({ "path": given.get("path")? })),
        "files",
        ("file", "files"),
    ),
    held(
        "registered_models.delete",
        "model_versions.list",
        |given| Some(json!({ "full_name": given.get("full_name")? })),
        "model_versions",
        ("version", "versions"),
    ),
    held(
        "jobs.delete",
        "jobs.list_runs",
        |given| Some(json!({ "job_id": given.get("job_id")?, "active_only": true })),
        "runs",
        ("active run", "active runs"),
    ),
];

/// The lists to count before the operation, each with its arguments.
pub(super) fn of(
    operation: &str,
    given: &Map<String, Value>,
) -> Vec<(&'static Held, Map<String, Value>)> {
    let rows = HELD.iter().filter(|held| held.operation == operation);
    rows.filter_map(|held| match (held.arguments)(given) {
        Some(Value::Object(arguments)) => Some((held, arguments)),
        _ => None,
    })
    .collect()
}

impl Held {
    /// `3 schemas`; a page that is not the last shows that there are more. `None` where there are none: a file that is
    /// listed by its own path holds nothing.
    pub(super) fn count(&self, answer: &Value, named: &Map<String, Value>) -> Option<String> {
        let Some(Value::Array(items)) = shape::at(answer, self.items) else {
            return None;
        };
        let asked = named.get("path").and_then(Value::as_str);
        let itself = |item: &&Value| {
            let path = item.get("path").and_then(Value::as_str);
            asked.is_some() && path == asked
        };
        let count = items.iter().filter(|item| !itself(item)).count();
        let more = ["next_page_token", "has_more"].iter().any(|name| {
            let value = answer.get(*name);
            value.is_some_and(|value| {
                value == &Value::Bool(true) || value.as_str().is_some_and(|text| !text.is_empty())
            })
        });
        let (one, several) = self.words;
        match (count, more) {
            (0, _) => None,
            (1, false) => Some(format!("1 {one}")),
            (count, false) => Some(format!("{count} {several}")),
            (count, true) => Some(format!("more than {count} {several}")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::api;

    #[test]
    fn what_is_listed_by_its_own_path_holds_nothing() {
        let named = json!({ "path": "/a" });
        let counted = |operation: &str, answer: Value| {
            let held = HELD.iter().find(|held| held.operation == operation);
            held.unwrap().count(&answer, named.as_object().unwrap())
        };
        let notebook = json!({ "objects": [{ "path": "/a" }] });
        assert_eq!(counted("workspace.delete", notebook), None);
        assert_eq!(
            counted("dbfs.delete", json!({ "files": [{ "path": "/a" }] })),
            None
        );
        let folder = json!({ "objects": [{ "path": "/a/b" }, { "path": "/a/c" }] });
        assert_eq!(counted("workspace.delete", folder).unwrap(), "2 objects");
    }

    #[test]
    fn every_list_is_an_operation_that_takes_these_arguments() {
        let given = json!({
            "name": "main", "full_name": "main.s", "scope": "s", "path": "/a", "job_id": 7,
        });
        for held in HELD {
            api::find(held.operation).unwrap();
            let list = api::prepare(api::find(held.list).unwrap()).unwrap();
            let arguments = (held.arguments)(given.as_object().unwrap()).unwrap();
            let checked = crate::engine::check(
                held.list,
                &list.schema,
                &list.validator,
                arguments.as_object().unwrap().clone(),
            );
            assert!(checked.is_ok(), "{checked:?}");
        }
    }

    #[test]
    fn every_list_has_its_items_where_they_are_counted() {
        let facts = api::Facts::get().unwrap();
        for held in HELD {
            let answer = facts.operation(held.list).unwrap().response.as_ref();
            let field = facts.schemas.field(answer.unwrap(), held.items);
            assert!(field.is_ok(), "{}: {field:?}", held.list);
        }
    }

    #[test]
    fn a_count_is_told_in_words() {
        let held = HELD.first().unwrap();
        let count = |answer: Value| held.count(&answer, &Map::new());
        assert_eq!(count(json!({})), None);
        assert_eq!(count(json!({ "schemas": [] })), None);
        assert_eq!(count(json!({ "schemas": [{}] })).unwrap(), "1 schema");
        assert_eq!(
            count(json!({ "schemas": [{}, {}], "next_page_token": "t" })).unwrap(),
            "more than 2 schemas"
        );
        assert_eq!(
            count(json!({ "schemas": [{}, {}], "next_page_token": "" })).unwrap(),
            "2 schemas"
        );
    }
}
