//! The imported OpenAPI documents: the operations, and checks of their requests and answers.

mod check;
mod documents;
mod listed;
mod path;
mod shape;

use std::sync::{Arc, OnceLock};

use axum::http::Method;
use serde_json::{Map, Value};

pub(crate) use documents::{Spec, SpecError};
pub(crate) use listed::Listed;
pub(crate) use path::Path;
pub(crate) use shape::Shape;

/// A validator, compiled when it is first needed, or the reason why it does not compile.
type Compiled = OnceLock<Result<jsonschema::Validator, String>>;

/// One operation.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// `jobs.run_now`
    pub(crate) id: &'static str,
    /// The verb.
    pub(crate) verb: Method,
    /// The path with its parameters.
    pub(crate) path: Path,
    spec: Option<&'static Spec>,
    /// The place of the operation, such as `spec:/jobs.json#/paths/~1api~12.2~1jobs~1list/get`.
    place: String,
    /// Query parameters.
    query: Arc<Vec<Parameter>>,
    body: Body,
    answers_json: bool,
    request: Arc<Compiled>,
    answer: Arc<Compiled>,
}

#[derive(Debug, Clone)]
struct Parameter {
    name: String,
    required: bool,
    schema: Value,
    /// The place of the schema.
    place: String,
    /// Compiled when it is first needed.
    compiled: Arc<Compiled>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    None,
    Json { required: bool },
    Raw,
}

impl Operation {
    /// An operation that the service answers although the spec lacks it. It has no query and no body.
    pub(crate) fn beyond_spec(id: &'static str, verb: Method, template: &str) -> Self {
        Self {
            id,
            verb,
            path: Path::new(template, &[]),
            spec: None,
            place: String::new(),
            query: Arc::default(),
            body: Body::None,
            answers_json: false,
            request: Arc::default(),
            answer: Arc::default(),
        }
    }

    /// True if the body is a file.
    pub(crate) fn takes_file(&self) -> bool {
        self.body == Body::Raw
    }

    fn read(spec: &'static Spec, id: &'static str, document: &str) -> Option<Self> {
        let paths = spec.document(document)?.get("paths")?.as_object()?;
        for (template, item) in paths {
            for (verb, operation) in item.as_object()? {
                if operation.get("operationId").and_then(Value::as_str) == Some(id) {
                    return Some(Self::of(
                        spec, id, document, template, verb, operation, item,
                    ));
                }
            }
        }
        None
    }

    fn of(
        spec: &'static Spec,
        id: &'static str,
        document: &str,
        template: &str,
        verb: &str,
        operation: &Value,
        item: &Value,
    ) -> Self {
        let escaped = template
            .replace('~', "~0")
            .replace('/', "~1")
            .replace('{', "%7B");
        let escaped = escaped.replace('}', "%7D");
        let item_place = format!("{}#/paths/{escaped}", documents::address(document));
        let place = format!("{item_place}/{verb}");
        let declared = [(item, &item_place), (operation, &place)];
        let parameters = declared.into_iter().flat_map(|(of, place)| {
            let parameters = of.get("parameters").and_then(Value::as_array);
            let numbered = parameters.into_iter().flatten().enumerate();
            numbered
                .map(move |(n, parameter)| (parameter, format!("{place}/parameters/{n}/schema")))
        });
        let mut query = Vec::new();
        let mut spanning = Vec::new();
        for (parameter, place) in parameters {
            let text = |key: &str| {
                parameter
                    .get(key)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let flag = |key: &str| parameter.get(key).and_then(Value::as_bool).unwrap_or(false);
            match text("in") {
                "query" => query.push(Parameter {
                    name: text("name").to_owned(),
                    required: flag("required"),
                    schema: parameter.get("schema").cloned().unwrap_or_default(),
                    place,
                    compiled: Arc::default(),
                }),
                "path" if flag("x-databricks-multi-segment") => {
                    spanning.push(text("name").to_owned());
                }
                _ => {}
            }
        }
        let content = |of: Option<&Value>| {
            let content = of
                .and_then(|of| of.get("content"))
                .and_then(Value::as_object);
            content.and_then(|content| content.keys().next().cloned())
        };
        let body = operation.get("requestBody");
        let required = body
            .and_then(|body| body.get("required"))
            .and_then(Value::as_bool);
        let success = operation.pointer("/responses/200");
        Self {
            id,
            verb: Method::from_bytes(verb.to_uppercase().as_bytes()).unwrap_or_default(),
            path: Path::new(template, &spanning),
            spec: Some(spec),
            place,
            query: Arc::new(query),
            body: match content(body).as_deref() {
                Some("application/json") => Body::Json {
                    required: required.unwrap_or(false),
                },
                Some(_) => Body::Raw,
                None => Body::None,
            },
            answers_json: content(success).as_deref() == Some("application/json"),
            request: Arc::default(),
            answer: Arc::default(),
        }
    }
}

/// Drops nulls, which proto3 JSON reads as absent.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(
            object
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.clone(), without_nulls(value)))
                .collect::<Map<_, _>>(),
        ),
        Value::Array(items) => items
            .iter()
            .filter(|item| !item.is_null())
            .map(without_nulls)
            .collect(),
        other => other.clone(),
    }
}
