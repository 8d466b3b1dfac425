//! A plan for an operation that is chosen at run time, as `build.rs` makes one for a table tool.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::{Facts, OperationFacts, ParamFacts};
use crate::catalog::{
    Argument, Door, Format, Next, Operation, Paginate, Place, Plan, RequestPlan, Shape, Source,
    TOOLS, Wait, Wire,
};
use crate::engine;
use crate::error::Error;

/// Rows in an answer when the caller says nothing.
const ROWS: u32 = 50;
/// How deep arguments are checked; below, anything goes.
const DEPTH: usize = 6;

/// An operation ready to be called.
#[derive(Debug)]
pub struct Prepared {
    /// How the engine serves it.
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
    let paginate = paginate(known);
    let schema = schema(facts, operation, known, paginate.is_some());
    let prepared: &'static Prepared = Box::leak(Box::new(Prepared {
        validator: engine::validator(operation.id, &schema)?,
        schema,
        plan: Plan {
            request: RequestPlan {
                operation: operation.id,
                verb: operation.verb,
                path: operation.path,
                arguments: known
                    .params
                    .iter()
                    .flat_map(|param| arguments(operation, param))
                    .collect::<Vec<_>>()
                    .leak(),
                raw: known.raw,
            },
            shape: Shape {
                items: paginate.as_ref().map_or("", |_| items(known)),
                filter: &[],
                fields: &[],
                format: Format::Json,
                empty: "Nothing found",
            },
            paginate,
            wait: wait(operation),
        },
    }));
    kept.insert(operation.id, prepared);
    Ok(prepared)
}

/// The waiting of the tool that sends the same operation.
fn wait(operation: &Operation) -> Option<Wait> {
    let plans = TOOLS.iter().flat_map(|tool| {
        let own = match &tool.door {
            Door::Table(plan) => Some(plan),
            Door::Behaviour(_) => None,
        };
        own.into_iter().chain(tool.steps)
    });
    plans
        .filter(|plan| plan.request.operation == operation.id)
        .filter_map(|plan| plan.wait.as_ref())
        // A tool that only waits is for what another call has started.
        .find(|wait| wait.poll.operation != operation.id)
        .cloned()
}

/// Whether a caller must give the argument.
#[must_use]
pub fn is_needed(operation: &Operation, param: &ParamFacts) -> bool {
    param.required && !is_own(operation, param)
}

/// Whether an argument is the id of the workspace that is called, which need not be given.
fn is_own(operation: &Operation, param: &ParamFacts) -> bool {
    !operation.account && param.name == "workspace_id" && place(param) == Place::Segment
}

fn arguments(operation: &Operation, param: &'static ParamFacts) -> impl Iterator<Item = Argument> {
    let own = is_own(operation, param);
    let places = std::iter::once(place(param)).chain(param.in_body.then_some(Place::Property));
    places.map(move |place| Argument {
        name: &param.name,
        wire: &param.name,
        place,
        source: if own {
            Source::CallerOrWorkspace
        } else {
            Source::Caller
        },
        base64: false,
    })
}

fn place(param: &ParamFacts) -> Place {
    match param.place.as_str() {
        "segment" => Place::Segment,
        "segments" => Place::Segments,
        "header" => Place::Header,
        "property" => Place::Property,
        "raw" => Place::Raw,
        _ => Place::Query,
    }
}

fn items(known: &'static OperationFacts) -> &'static str {
    known
        .paginate
        .as_ref()
        .map_or("", |paginate| &paginate.items)
}

fn paginate(known: &'static OperationFacts) -> Option<Paginate> {
    let said = known.paginate.as_ref()?;
    let wire = || {
        let name = said.request.as_deref()?;
        let param = known.params.iter().find(|param| param.name == name)?;
        Some(Wire {
            name,
            place: place(param),
        })
    };
    let next = match said.style.as_str() {
        "token" => Next::ByToken(wire()?, said.response.as_deref()?),
        "offset" => Next::ByOffset(wire()?, said.first),
        "page" => Next::ByPage(wire()?, said.first),
        _ => Next::ByRequest(said.response.as_deref()?),
    };
    Some(Paginate {
        next: Some(next),
        size: None,
        limit: ROWS,
    })
}

fn schema(
    facts: &Facts,
    operation: &Operation,
    known: &OperationFacts,
    list: bool,
) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for param in &known.params {
        properties.insert(param.name.clone(), inline(facts, &param.schema, DEPTH));
        if is_needed(operation, param) {
            required.push(json!(param.name));
        }
    }
    if list {
        // The engine's own; where the service has a `limit` too, it means rows per page.
        properties
            .entry("limit")
            .or_insert(json!({ "type": "integer", "minimum": 1 }));
        properties
            .entry("cursor")
            .or_insert(json!({ "type": "string" }));
    }
    let schema = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

/// The schema with what it refers to, `depth` levels deep.
fn inline(facts: &Facts, schema: &Value, depth: usize) -> Value {
    let schema = facts.resolve(schema);
    let mut out = Map::new();
    for (key, value) in schema.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("type" | "enum", _) => {
                out.insert(key.clone(), value.clone());
            }
            ("required", _) if depth > 0 => {
                out.insert(key.clone(), value.clone());
            }
            ("items" | "additionalProperties", _) if depth > 0 => {
                out.insert(key.clone(), inline(facts, value, depth - 1));
            }
            ("properties", Value::Object(properties)) if depth > 0 => {
                let inlined: Map<String, Value> = properties
                    .iter()
                    .map(|(name, property)| (name.clone(), inline(facts, property, depth - 1)))
                    .collect();
                out.insert(key.clone(), Value::Object(inlined));
            }
            _ => {}
        }
    }
    Value::Object(out)
}
