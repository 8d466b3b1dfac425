//! Writes one operation as an OpenAPI operation object.

use serde_json::{Map, Value, json};

use super::error::Error;
use super::model::{
    Api, Body, Class, Field, Location, Operation, Paginate, Paging, Parameter, Response, Schema,
    Type,
};
use super::references::References;
use super::waiting;

/// Integer parameters that limit the items of a page.
const LIMITS: [&str; 7] = [
    "max_results",
    "page_size",
    "limit",
    "count",
    "pageSize",
    "maxResults",
    "per_page",
];

/// The operation object as written in document `file`.
pub(crate) fn operation_object(
    api: &Api,
    references: &References<'_>,
    operation: &Operation,
    file: &str,
) -> Result<Value, Error> {
    if let Some(written) = &operation.overlay {
        return Ok(written.clone());
    }
    let mut object = Map::new();
    object.insert("operationId".into(), json!(operation.id));
    if operation.deprecated {
        object.insert("deprecated".into(), Value::Bool(true));
    }
    let parameters = parameters(references, operation, file)?;
    if !parameters.is_empty() {
        object.insert("parameters".into(), Value::Array(parameters));
    }
    if let Some(body) = &operation.body {
        object.insert(
            "requestBody".into(),
            request_body(references, operation, body, file)?,
        );
    }
    object.insert("responses".into(), responses(references, operation, file)?);
    if let Some(stage) = operation.stage {
        object.insert("x-databricks-stage".into(), json!(stage));
    }
    if let Some(resource) = &operation.resource {
        object.insert("x-databricks-resource".into(), json!({ "name": resource }));
    }
    if !operation.aliases.is_empty() {
        object.insert("x-databricks-aliases".into(), json!(operation.aliases));
    }
    if let Some(wire) = operation
        .idempotency
        .as_deref()
        .and_then(|argument| operation.wire_name(argument))
    {
        object.insert("x-databricks-idempotency".into(), json!(wire));
    }
    if let Some(paging) = &operation.paging {
        object.insert("x-databricks-paginate".into(), paginate(operation, paging));
    }
    if let Some(wait) = &operation.wait {
        object.insert(
            "x-databricks-wait".into(),
            waiting::wait_object(api, operation, wait)?,
        );
    }
    if let Some(class) = &operation.long_running {
        object.insert(
            "x-databricks-lro".into(),
            waiting::long_running_object(api, references, operation, class, file)?,
        );
    }
    Ok(Value::Object(object))
}

fn parameters(
    references: &References<'_>,
    operation: &Operation,
    file: &str,
) -> Result<Vec<Value>, Error> {
    let mut written = Vec::new();
    for parameter in &operation.parameters {
        for field in flatten(references, operation, parameter)? {
            let mut object = json!({ "name": field.wire, "in": parameter.location.word() });
            let schema = if is_object_in_path(references, operation, parameter, &field)? {
                // A path has no room for an object. The documentation means the object's id.
                json!({ "type": "string" })
            } else {
                references.type_object(&field.ty, file, &operation.id)?
            };
            if let Value::Object(object) = &mut object {
                if field.required {
                    object.insert("required".into(), Value::Bool(true));
                }
                if field.deprecated {
                    object.insert("deprecated".into(), Value::Bool(true));
                }
                object.insert("schema".into(), schema);
                if parameter.multi_segment {
                    object.insert("x-databricks-multi-segment".into(), Value::Bool(true));
                }
            }
            written.push(object);
        }
    }
    Ok(written)
}

fn is_object_in_path(
    references: &References<'_>,
    operation: &Operation,
    parameter: &Parameter,
    field: &Field,
) -> Result<bool, Error> {
    match &field.ty {
        Type::Class(class) if parameter.location == Location::Path => {
            Ok(object_fields(references, operation, class)?.is_some())
        }
        _ => Ok(false),
    }
}

/// Splits a query parameter that is an object into one parameter for each field: `filter_by.cluster_states`.
///
/// A class that contains itself is left out where it would repeat.
fn flatten(
    references: &References<'_>,
    operation: &Operation,
    parameter: &Parameter,
) -> Result<Vec<Field>, Error> {
    let mut open = vec![(parameter.field.clone(), Vec::<&Class>::new())];
    let mut flat = Vec::new();
    while let Some((field, within)) = open.pop() {
        let inner = match &field.ty {
            Type::Class(class) if parameter.location == Location::Query => {
                object_fields(references, operation, class)?
            }
            _ => None,
        };
        let Some((class, fields)) = inner else {
            flat.push(field);
            continue;
        };
        if within.contains(&class) {
            continue;
        }
        let within: Vec<&Class> = within.iter().copied().chain([class]).collect();
        for inner in fields.iter().rev() {
            let dotted = Field {
                wire: format!("{}.{}", field.wire, inner.wire),
                required: field.required && inner.required,
                deprecated: field.deprecated || inner.deprecated,
                ..inner.clone()
            };
            open.push((dotted, within.clone()));
        }
    }
    Ok(flat)
}

fn object_fields<'a>(
    references: &References<'a>,
    operation: &Operation,
    class: &Class,
) -> Result<Option<(&'a Class, &'a [Field])>, Error> {
    match references.schema(class, &operation.id)? {
        (class, Schema::Object(fields)) => Ok(Some((class, fields))),
        (_, Schema::Enum(_)) => Ok(None),
    }
}

fn request_body(
    references: &References<'_>,
    operation: &Operation,
    body: &Body,
    file: &str,
) -> Result<Value, Error> {
    let (media, schema) = match body {
        Body::Binary => (
            "application/octet-stream",
            json!({ "type": "string", "format": "binary" }),
        ),
        Body::Json(ty) => (
            "application/json",
            references.type_object(ty, file, &operation.id)?,
        ),
        Body::Fields(fields) => (
            "application/json",
            references.fields_object(fields, file, &operation.id)?,
        ),
    };
    Ok(json!({ "required": true, "content": { media: { "schema": schema } } }))
}

fn responses(
    references: &References<'_>,
    operation: &Operation,
    file: &str,
) -> Result<Value, Error> {
    let mut success = json!({ "description": "success" });
    let content = match &operation.response {
        Response::Empty => None,
        Response::Binary => Some((
            "application/octet-stream",
            json!({ "type": "string", "format": "binary" }),
        )),
        Response::Json(ty) | Response::Page { item: ty, .. } => Some((
            "application/json",
            references.type_object(ty, file, &operation.id)?,
        )),
    };
    if let Value::Object(success) = &mut success {
        if !operation.response_headers.is_empty() {
            let mut headers = Map::new();
            for (header, ty) in &operation.response_headers {
                headers.insert(
                    header.clone(),
                    json!({ "schema": references.type_object(ty, file, &operation.id)? }),
                );
            }
            success.insert("headers".into(), Value::Object(headers));
        }
        if let Some((media, schema)) = content {
            success.insert("content".into(), json!({ media: { "schema": schema } }));
        }
    }
    Ok(json!({ "200": success, "default": { "description": "error" } }))
}

fn paginate(operation: &Operation, paging: &Paging) -> Value {
    let mut object = match &paging.style {
        Paginate::Token { request, response } => {
            json!({ "style": "token", "items": paging.items, "request": request, "response": response })
        }
        Paginate::Offset { request } => {
            json!({ "style": "offset", "items": paging.items, "request": request, "first": paging.first, "stop": "empty" })
        }
        Paginate::Page { request } => {
            json!({ "style": "page", "items": paging.items, "request": request, "first": paging.first, "stop": "empty" })
        }
        Paginate::NextRequest { response } => {
            json!({ "style": "next_request", "items": paging.items, "response": response })
        }
    };
    let body_fields = match &operation.body {
        Some(Body::Fields(fields)) => fields.as_slice(),
        _ => &[],
    };
    let sent: Vec<&Field> = operation
        .parameters
        .iter()
        .map(|p| &p.field)
        .chain(body_fields)
        .collect();
    if let Value::Object(object) = &mut object {
        object.insert(
            "in".into(),
            json!(if paging.in_body { "body" } else { "query" }),
        );
        if let Some(limit) = LIMITS
            .iter()
            .find(|limit| sent.iter().any(|f| f.wire == **limit))
        {
            object.insert("limit".into(), json!(limit));
        }
        if !paging.defaults.is_empty() {
            let defaults: Map<String, Value> = paging
                .defaults
                .iter()
                .map(|(key, value)| (key.clone(), json!(value)))
                .collect();
            object.insert("defaults".into(), Value::Object(defaults));
        }
    }
    object
}
