//! One side of a comparison: what the documents say of each operation, and which schemas it leads to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::document::Documents;
use super::super::error::Error;
use super::super::verify::operations;
use super::fields::{Fields, type_text};
use crate::spec::{Api, Operation, Place};

/// The documents of one version, joined.
pub(super) struct Side {
    pub(super) api: Api,
    pub(super) operations: BTreeMap<String, Facts>,
    /// Names of all schemas, `module.Name`.
    pub(super) schemas: BTreeSet<String>,
}

/// What is compared of one operation.
pub(super) struct Facts {
    pub(super) verb: String,
    /// Verb and path.
    pub(super) place: String,
    /// Arguments, each named with the part of the request that holds it.
    pub(super) takes: Fields,
    /// The schema of the answer, in words; empty for none.
    pub(super) answer: String,
    pub(super) waits: BTreeMap<String, String>,
    pub(super) pages: BTreeMap<String, String>,
    pub(super) marks: BTreeMap<String, String>,
    /// Schemas that requests and answers lead to.
    pub(super) asks: BTreeSet<String>,
    pub(super) answers: BTreeSet<String>,
    nested: BTreeSet<String>,
    pub(super) poll: Option<String>,
}

impl Facts {
    /// Returns true if an argument leads to the schema, so that it is more than the body itself.
    pub(super) fn holds(&self, schema: &str) -> bool {
        self.nested.contains(schema)
    }
}

impl Side {
    pub(super) fn of(documents: &Documents) -> Result<Side, Error> {
        let api = Api::of(documents).map_err(|(file, error)| Error::Config {
            file: format!("databricks/{file}"),
            reason: error.to_string(),
        })?;
        let mut facts = BTreeMap::new();
        for written in operations(documents) {
            if let Some(operation) = api.operation(written.id()) {
                facts.insert(written.id().to_owned(), of(&api, operation, written.object));
            }
        }
        let mut schemas = BTreeSet::new();
        for (file, document) in documents {
            let module = file.split('.').next().unwrap_or_default();
            let named = document
                .pointer("/components/schemas")
                .and_then(Value::as_object);
            let named = named.into_iter().flatten();
            schemas.extend(named.map(|(name, _)| format!("{module}.{name}")));
        }
        Ok(Side {
            api,
            operations: facts,
            schemas,
        })
    }
}

fn of(api: &Api, operation: &Operation, written: &Value) -> Facts {
    let arguments = api.arguments(operation);
    let takes = arguments.iter().flat_map(|param| {
        let places = param.places();
        places.map(|place| {
            let name = format!("{} `{}`", word(place), param.name);
            (
                name,
                super::fields::Field::of(&param.schema, param.required),
            )
        })
    });
    let takes: Fields = takes.collect();
    let mut asks = BTreeSet::new();
    let mut answers = BTreeSet::new();
    for param in &arguments {
        reach(api, &param.schema, &mut asks);
    }
    let nested = asks.clone();
    if let Some(body) = &operation.body {
        reach(api, &body.schema, &mut asks);
    }
    let handle = operation.long_running.iter();
    let given = handle.flat_map(|handle| handle.result.iter().chain(&handle.metadata));
    for schema in operation.response.iter().chain(given) {
        reach(api, schema, &mut answers);
    }
    Facts {
        verb: operation.verb.clone(),
        place: format!("{} {}", operation.verb, operation.path),
        takes,
        answer: match &operation.response {
            Some(schema) => type_text(schema),
            None if operation.raw_response => "bytes".to_owned(),
            None => String::new(),
        },
        waits: waits(operation),
        pages: pages(written),
        marks: marks(operation),
        asks,
        answers,
        nested,
        poll: poll(operation).map(str::to_owned),
    }
}

fn word(place: Place) -> &'static str {
    match place {
        Place::Segment | Place::Segments => "path",
        Place::Query => "query",
        Place::Header => "header",
        Place::Property => "body",
        Place::Raw => "raw",
    }
}

/// The operation that tells how what `operation` starts goes on.
fn poll(operation: &Operation) -> Option<&str> {
    let wait = operation.wait.as_ref().map(|wait| wait.poll.as_str());
    let handle = operation.long_running.as_ref();
    wait.or(handle.map(|handle| handle.poll.as_str()))
}

/// The parts of waiting for an operation, each by its name; states are names of their own.
fn waits(operation: &Operation) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    let mut bind = None;
    if let Some(wait) = &operation.wait {
        parts.insert("status".to_owned(), wait.status.clone());
        let message = wait.message.clone();
        parts.extend(message.map(|path| ("message".to_owned(), path)));
        for (outcome, states) in [("success", &wait.success), ("failure", &wait.failure)] {
            let states = states.iter();
            parts.extend(states.map(|state| (format!("{outcome} `{state}`"), String::new())));
        }
        bind = Some(&wait.bind);
    }
    if let Some(handle) = &operation.long_running {
        let cancel = handle.cancel.clone();
        parts.extend(cancel.map(|id| ("cancel".to_owned(), id)));
        for (name, schema) in [("result", &handle.result), ("metadata", &handle.metadata)] {
            let schema = schema.as_ref().map(type_text);
            parts.extend(schema.map(|schema| (name.to_owned(), schema)));
        }
        bind = bind.or(Some(&handle.bind));
    }
    parts.extend(poll(operation).map(|id| ("poll".to_owned(), id.to_owned())));
    let bind = bind.into_iter().flatten();
    parts.extend(bind.map(|(name, from)| (format!("bind `{name}`"), from.clone())));
    parts
}

/// The parts of `x-databricks-paginate`, defaults by their names.
fn pages(written: &Value) -> BTreeMap<String, String> {
    let facts = written
        .get("x-databricks-paginate")
        .and_then(Value::as_object);
    let mut parts = BTreeMap::new();
    for (name, value) in facts.into_iter().flatten() {
        match value {
            Value::Object(defaults) => parts.extend(
                defaults
                    .iter()
                    .map(|(key, value)| (format!("default `{key}`"), value.to_string())),
            ),
            Value::String(text) => {
                parts.insert(name.clone(), text.clone());
            }
            other => {
                parts.insert(name.clone(), other.to_string());
            }
        }
    }
    parts
}

/// The marks of an operation other than its deprecation, which is a section of its own.
fn marks(operation: &Operation) -> BTreeMap<String, String> {
    let mut marks = BTreeMap::new();
    if operation.deprecated {
        marks.insert("deprecated".to_owned(), String::new());
    }
    marks.insert(
        "level".to_owned(),
        format!("{:?}", operation.level).to_lowercase(),
    );
    marks.extend(
        operation
            .stage
            .clone()
            .map(|stage| ("stage".to_owned(), stage)),
    );
    marks.extend(
        operation
            .token
            .clone()
            .map(|token| ("repeated harmlessly by".to_owned(), token)),
    );
    let body = operation
        .body
        .as_ref()
        .map(|body| body.content_type.clone());
    marks.extend(body.map(|kind| ("body".to_owned(), kind)));
    marks
}

/// Collects the names of all schemas that `value` leads to.
fn reach(api: &Api, value: &Value, seen: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(name)) = object.get("$ref") {
                if let Some(target) = api.schema(name).filter(|_| seen.insert(name.clone())) {
                    reach(api, target, seen);
                }
                return;
            }
            object.values().for_each(|inner| reach(api, inner, seen));
        }
        Value::Array(items) => items.iter().for_each(|inner| reach(api, inner, seen)),
        _ => {}
    }
}
