//! A plan for an operation that is chosen at run time, as `build.rs` makes one for a table tool.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::arguments::{Times, closed};
use super::{Facts, OperationFacts};
use crate::catalog::{self, Format, Operation, Paginate, Plan, Shape};
use crate::engine;
use crate::error::Error;

/// Rows in an answer when the caller says nothing.
const ROWS: u32 = 50;

/// An operation ready to be called.
#[derive(Debug)]
pub struct Prepared {
    /// The engine's way to serve it.
    pub plan: Plan,
    /// Schema of its arguments.
    pub schema: Map<String, Value>,
    /// Checks arguments against it.
    pub validator: Validator,
}

/// The operation, ready; prepared once and kept, as rows are. There are as many as there are operations.
///
/// # Errors
/// The facts of this build cannot be used.
pub fn prepare(operation: &'static Operation) -> Result<&'static Prepared, Error> {
    static KEPT: OnceLock<Mutex<HashMap<&'static str, &'static Prepared>>> = OnceLock::new();
    let kept = KEPT.get_or_init(Mutex::default);
    let fault = |reason: &str| Error::Internal {
        reason: format!("`{}` cannot be prepared: {reason}", operation.id),
    };
    let mut kept = kept
        .lock()
        .map_err(|_| fault("an earlier call broke down"))?;
    if let Some(prepared) = kept.get(operation.id) {
        return Ok(prepared);
    }
    let facts = Facts::get()?;
    let known = facts
        .operation(operation.id)
        .ok_or_else(|| fault("it has no facts"))?;
    let paginate = known.next().map(|next| Paginate {
        next: Some(next),
        size: None,
        limit: ROWS,
        narrow: &[],
        order: None,
        descend: None,
    });
    let schema = schema(facts, operation, known, paginate.is_some());
    let items = known.paginate.as_ref().filter(|_| paginate.is_some());
    let prepared: &'static Prepared = Box::leak(Box::new(Prepared {
        validator: engine::validator(operation.id, &schema)?,
        schema,
        plan: Plan {
            request: known.request(operation, |_| true),
            shape: Shape {
                items: items.map_or("", |paginate| &paginate.items),
                filter: &[],
                fields: &[],
                format: Format::Json,
                empty: "Nothing found",
                each: &[],
                shown_by: "",
                says: &[],
                note: "",
            },
            paginate,
            wait: catalog::wait_of(operation.id).cloned(),
        },
    }));
    kept.insert(operation.id, prepared);
    Ok(prepared)
}

/// The schema of the arguments: closed at every depth that the facts know, so that a misspelt field is told before
/// anything is asked or sent.
fn schema(
    facts: &Facts,
    operation: &Operation,
    known: &OperationFacts,
    list: bool,
) -> Map<String, Value> {
    let params = known.params.iter();
    let mut schema = closed(
        facts,
        params.map(|param| (param.name.as_str(), &param.schema)),
        Times::Any,
    );
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut)
        && list
    {
        // The engine's own; where the service has a `limit` too, it means rows per page.
        properties
            .entry("limit")
            .or_insert(json!({ "type": "integer", "minimum": 1 }));
        properties
            .entry("cursor")
            .or_insert(json!({ "type": "string" }));
    }
    let needed = known
        .params
        .iter()
        .filter(|param| param.is_needed(operation));
    let required: Vec<&str> = needed.map(|param| param.name.as_str()).collect();
    schema.insert("required".to_owned(), json!(required));
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}
