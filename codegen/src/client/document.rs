//! Writes the cured draft as the OpenAPI 3.0.3 document that progenitor reads.

use indexmap::IndexMap;
use openapiv3::OpenAPI;
use serde_json::{Map, Value, json};

use super::Error;
use super::draft::{Draft, Operation, Response};
use super::schema;
use crate::spec::Place;

const REFERENCE: &str = "#/components/schemas/";

pub(super) fn write(draft: &Draft) -> Result<OpenAPI, Error> {
    let mut paths: IndexMap<&str, Map<String, Value>> = IndexMap::new();
    for operation in &draft.operations {
        let verbs = paths.entry(operation.path.as_str()).or_default();
        if let Some(first) = verbs.insert(operation.verb.clone(), method(operation)) {
            return Err(Error::SameRequest {
                request: format!("{} {}", operation.verb.to_uppercase(), operation.path),
                first: first
                    .get("operationId")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
                second: operation.id.clone(),
            });
        }
    }
    let schemas: Map<String, Value> = draft
        .schemas
        .iter()
        .map(|(name, schema)| {
            let mut body = with_pointers(&schema.body);
            if let Some(keywords) = body.as_object_mut().filter(|it| !it.contains_key("$ref")) {
                keywords.insert(
                    "description".to_owned(),
                    json!(format!(" `{}`", schema.origin)),
                );
            }
            (name.clone(), body)
        })
        .collect();
    Ok(serde_json::from_value(json!({
        "openapi": "3.0.3",
        "info": { "title": "the Databricks REST API", "version": "1" },
        "paths": paths,
        "components": { "schemas": schemas },
    }))?)
}

fn method(operation: &Operation) -> Value {
    let parameters: Vec<Value> = operation
        .params
        .iter()
        .map(|param| {
            let (place, required) = match param.place {
                Place::Segment | Place::Segments => ("path", true),
                Place::Query | Place::Property | Place::Raw => ("query", param.required),
                Place::Header => ("header", param.required),
            };
            json!({
                "name": param.name,
                "in": place,
                "required": required,
                "schema": with_pointers(&param.schema),
            })
        })
        .collect();
    let content = match &operation.response {
        Response::Json(schema) => {
            json!({ "application/json": { "schema": with_pointers(schema) } })
        }
        Response::Bytes => json!({
            "application/octet-stream": { "schema": { "type": "string", "format": "binary" } }
        }),
        Response::Empty => json!({}),
    };
    // Any 2xx is a success. Without a `default`, an error of whatever shape stays whole in
    // `Error::UnexpectedResponse`.
    let mut method = json!({
        "operationId": operation.id,
        "summary": format!("`{}`", operation.id),
        "parameters": parameters,
        "responses": { "2XX": { "description": "success", "content": content } },
    });
    if let (Some(request), Some(method)) = (&operation.request, method.as_object_mut()) {
        let content =
            json!({ &request.content_type: { "schema": with_pointers(&request.schema) } });
        method.insert(
            "requestBody".to_owned(),
            json!({ "required": true, "content": content }),
        );
    }
    method
}

/// The schema with references in the form of a document.
fn with_pointers(schema: &Value) -> Value {
    let mut schema = schema.clone();
    schema::walk_mut(&mut schema, &mut |schema| {
        if let Some(name) = schema::reference(schema) {
            *schema = json!({ "$ref": format!("{REFERENCE}{name}") });
        }
    });
    schema
}
