//! One OpenAPI document as `codegen import` writes it, and its way into the `Api`.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::{Api, Body, Level, LongRunning, Operation, PaginateFacts, ParamFacts, Place, Wait};

#[derive(Deserialize)]
pub(super) struct Document {
    info: Info,
    paths: IndexMap<String, IndexMap<String, Method>>,
    #[serde(default)]
    components: Components,
}

#[derive(Deserialize)]
struct Info {
    title: String,
    #[serde(rename = "x-databricks-level")]
    level: Level,
}

#[derive(Deserialize, Default)]
struct Components {
    #[serde(default)]
    schemas: IndexMap<String, Value>,
}

/// One method of a path. Of what `codegen import` writes, `x-databricks-resource` stays unread: it tells how the
/// SDK's own argument `name` splits into the variables of the path, which a REST caller gives one by one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Method {
    operation_id: String,
    #[serde(default)]
    parameters: Vec<Parameter>,
    request_body: Option<Content>,
    responses: IndexMap<String, Content>,
    #[serde(default)]
    deprecated: bool,
    #[serde(rename = "x-databricks-paginate")]
    paginate: Option<PaginateFacts>,
    #[serde(rename = "x-databricks-wait")]
    wait: Option<Wait>,
    #[serde(rename = "x-databricks-lro")]
    long_running: Option<LongRunning>,
    #[serde(rename = "x-databricks-idempotency")]
    token: Option<String>,
    #[serde(rename = "x-databricks-aliases", default)]
    aliases: Vec<String>,
    #[serde(rename = "x-databricks-stage")]
    stage: Option<String>,
    #[serde(rename = "x-databricks-source")]
    source: Option<String>,
}

#[derive(Deserialize)]
struct Parameter {
    name: String,
    #[serde(rename = "in")]
    location: Location,
    #[serde(default)]
    required: bool,
    #[serde(rename = "x-databricks-multi-segment", default)]
    multi_segment: bool,
    schema: Value,
}

/// The part of the request that holds a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Location {
    Path,
    Query,
    Header,
}

impl Parameter {
    fn place(&self) -> Place {
        match self.location {
            Location::Path if self.multi_segment => Place::Segments,
            Location::Path => Place::Segment,
            Location::Query => Place::Query,
            Location::Header => Place::Header,
        }
    }
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    required: bool,
    #[serde(default)]
    content: IndexMap<String, Media>,
}

#[derive(Deserialize)]
struct Media {
    schema: Value,
}

const JSON: &str = "application/json";

pub(super) fn add(api: &mut Api, document: Document) {
    let module = document.info.title;
    for (name, mut schema) in document.components.schemas {
        name_references(&mut schema, &module);
        api.schemas.insert(format!("{module}.{name}"), schema);
    }
    for (path, methods) in document.paths {
        for (verb, method) in methods {
            let operation = operation(&module, document.info.level, &verb, &path, method);
            api.operations.insert(operation.id.clone(), operation);
        }
    }
}

fn operation(module: &str, level: Level, verb: &str, path: &str, method: Method) -> Operation {
    let params = method.parameters.into_iter().map(|p| {
        let place = p.place();
        let mut schema = p.schema;
        name_references(&mut schema, module);
        ParamFacts {
            name: p.name,
            place,
            required: p.required,
            in_body: false,
            schema,
        }
    });
    let body = method.request_body.and_then(|body| {
        let required = body.required;
        let (content_type, media) = body.content.into_iter().next()?;
        let mut schema = media.schema;
        name_references(&mut schema, module);
        Some(Body {
            content_type,
            schema,
            required,
        })
    });
    let success = method
        .responses
        .into_iter()
        .find(|(status, _)| status.starts_with('2'))
        .map(|(_, content)| content.content)
        .unwrap_or_default();
    let raw_response = success.keys().any(|media| media != JSON);
    let response = success
        .into_iter()
        .find(|(media, _)| media == JSON)
        .map(|(_, media)| {
            let mut schema = media.schema;
            name_references(&mut schema, module);
            schema
        });
    let mut long_running = method.long_running;
    if let Some(handle) = &mut long_running {
        for schema in handle.result.iter_mut().chain(&mut handle.metadata) {
            name_references(schema, module);
        }
    }
    Operation {
        id: method.operation_id,
        module: module.to_owned(),
        level,
        verb: verb.to_uppercase(),
        path: path.to_owned(),
        params: params.collect(),
        body,
        response,
        raw_response,
        paginate: method.paginate,
        wait: method.wait,
        long_running,
        token: method.token,
        aliases: method.aliases,
        deprecated: method.deprecated,
        added: method.source.is_some(),
        stage: method.stage,
    }
}

/// Turns `compute.json#/components/schemas/X` and `#/components/schemas/X` into `compute.X`.
///
/// Only a `$ref` whose value is a string is a reference: SCIM has a property of that name.
fn name_references(schema: &mut Value, module: &str) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                let named = match value {
                    Value::String(target) if key == "$ref" => target
                        .split_once("#/components/schemas/")
                        .map(|(file, name)| {
                            let file = file.trim_end_matches(".json");
                            let file = file.trim_end_matches(".account");
                            let home = if file.is_empty() { module } else { file };
                            Value::String(format!("{home}.{name}"))
                        }),
                    _ => None,
                };
                match named {
                    Some(named) => *value = named,
                    None => name_references(value, module),
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| name_references(item, module)),
        _ => {}
    }
}
