//! Cure: lists, maps and the cells of tables are nullable.
//!
//! typify writes an optional list without `Option`: `null` is then an error, and an empty list is never
//! sent, although that is how a list is cleared. A nullable list becomes `Option<Vec<_>>`.
//!
//! A list of lists contains rows of cells (`data_array` of a statement's result), and a cell may be NULL.

use serde_json::{Value, json};

use super::super::draft::Draft;
use super::super::schema;

pub(super) fn cure(draft: &mut Draft) {
    for (root, _) in draft.roots_mut() {
        schema::walk_mut(root, &mut |schema| {
            open_cells(schema);
            open_optional_lists(schema);
        });
    }
}

fn open_optional_lists(schema: &mut Value) {
    let required: Vec<Value> = schema
        .get("required")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, property) in properties {
        let is_map = schema::is_type(property, "object") && !schema::has_properties(property);
        if (is_map || schema::is_type(property, "array")) && !required.iter().any(|it| it == name) {
            mark(property);
        }
    }
}

fn open_cells(schema: &mut Value) {
    let cell = schema.get_mut("items").and_then(|row| row.get_mut("items"));
    if let Some(cell) = cell.filter(|cell| schema::reference(cell).is_none()) {
        mark(cell);
    }
}

fn mark(schema: &mut Value) {
    if let Some(keywords) = schema.as_object_mut() {
        keywords.insert("nullable".to_owned(), json!(true));
    }
}
