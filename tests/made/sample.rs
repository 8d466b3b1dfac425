//! Answers of the service made from the response schema of an operation, the same in every run: each field has a
//! value of its own, so that a tool that shows the wrong one shows another answer.
//!
//! Text is the path of its field; times follow each other as their names say; ids are apart and beyond 2^53; a word
//! of an enum is one that the documents do not know yet. The second record has nulls and lacks fields.

use databricks_codegen::spec::Api;
use serde_json::{Map, Value, json};

use super::value::{hash, leaf};

/// Levels of objects that are made in full; below them only what is wanted, and a little besides.
const FULL: usize = 2;
/// Levels at most: schemas contain themselves.
const DEPTH: usize = 8;

/// Makes records.
pub struct Sample<'a> {
    /// The documents.
    pub api: &'a Api,
    /// Dotted paths that are made however deep they are.
    pub wanted: Vec<String>,
    /// Those of them that hold base64.
    pub base64: Vec<String>,
}

impl Sample<'_> {
    /// A record; the first and the third are full, the second has gaps.
    pub fn record(&self, schema: &Value, number: u64) -> Value {
        self.value(schema, "", number, 0)
    }

    fn value(&self, schema: &Value, path: &str, number: u64, depth: usize) -> Value {
        let schema = self.api.resolve(schema);
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            return self.object(properties, path, number, depth);
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("array") if depth < DEPTH => {
                let items = schema.get("items").unwrap_or(&Value::Null);
                json!([self.value(items, path, number, depth)])
            }
            Some("array") => json!([]),
            Some("object") => {
                let values = schema.get("additionalProperties");
                let values = values.filter(|values| values.is_object() && depth < DEPTH);
                let value = values.map_or_else(
                    || json!(format!("{path} {number}")),
                    |values| self.value(values, path, number, depth + 1),
                );
                json!({ "key": value })
            }
            _ => leaf(
                schema,
                path,
                number,
                self.base64.iter().any(|one| one == path),
            ),
        }
    }

    fn object(
        &self,
        properties: &Map<String, Value>,
        path: &str,
        number: u64,
        depth: usize,
    ) -> Value {
        let mut made = Map::new();
        for (place, (name, schema)) in properties.iter().enumerate() {
            let path = match path {
                "" => name.clone(),
                path => format!("{path}.{name}"),
            };
            let within = format!("{path}.");
            let mut wanted = self.wanted.iter();
            let wanted = wanted.any(|one| *one == path || one.starts_with(&within));
            let besides = depth < FULL || (place < 2 && depth < 2 * FULL);
            if depth >= DEPTH || !(wanted || besides) {
                continue;
            }
            match (number, hash(&path, 2) % 4) {
                (2, 0) => {}
                (2, 1) => {
                    made.insert(name.clone(), Value::Null);
                }
                _ => {
                    let value = self.value(schema, &path, number, depth + 1);
                    made.insert(name.clone(), value);
                }
            }
        }
        Value::Object(made)
    }
}

/// Puts a value at a dotted path, or takes what is there away; through a list in each of its members.
pub fn put(record: &mut Value, path: &str, value: Option<Value>) {
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    if let Some(items) = record.as_array_mut() {
        items
            .iter_mut()
            .for_each(|item| put(item, path, value.clone()));
        return;
    }
    let Some(fields) = record.as_object_mut() else {
        return;
    };
    match (rest, value) {
        (_, None) => {
            fields.shift_remove(first);
        }
        (None, Some(value)) => {
            fields.insert(first.to_owned(), value);
        }
        (Some(rest), Some(value)) => {
            let inner = fields.entry(first).or_insert_with(|| json!({}));
            if inner.is_null() {
                *inner = json!({});
            }
            put(inner, rest, Some(value));
        }
    }
}
