//! Writes the facts that a client needs to wait for an operation: `x-databricks-wait` and `x-databricks-lro`.

use serde_json::{Map, Value, json};

use super::error::Error;
use super::model::{Api, BindSource, Class, Operation, Response, Schema, Type, WaitCall};
use super::references::References;

fn broken(operation: &Operation, reason: String) -> Error {
    Error::Shape {
        file: format!("databricks/sdk/service/{}.py", operation.module),
        line: operation.line,
        reason,
    }
}

/// The operation of `method` in the same API.
fn sibling<'a>(api: &'a Api, operation: &Operation, method: &str) -> Result<&'a Operation, Error> {
    let same = |o: &&Operation| {
        o.module == operation.module && o.api == operation.api && o.method == method
    };
    api.operations.iter().find(same).ok_or_else(|| {
        broken(
            operation,
            format!("`{}` polls `{method}`, which is no operation", operation.id),
        )
    })
}

/// The `x-databricks-wait` object of `operation`.
pub(crate) fn wait_object(
    api: &Api,
    operation: &Operation,
    wait: &WaitCall,
) -> Result<Value, Error> {
    let key = (
        operation.module.clone(),
        operation.api.clone(),
        wait.waiter.clone(),
    );
    let waiter = api
        .waiters
        .get(&key)
        .ok_or_else(|| broken(operation, format!("no method `{}`", wait.waiter)))?;
    let poll = sibling(api, operation, &waiter.poll)?;
    let mut bind = Map::new();
    for (poll_argument, waiter_argument) in &waiter.poll_arguments {
        let to = poll.wire_name(poll_argument);
        let from = wait
            .bind
            .iter()
            .find(|(key, _)| key == waiter_argument)
            .and_then(|(_, source)| match source {
                BindSource::Response(key) => Some(format!("response.{key}")),
                BindSource::Argument(argument) => operation
                    .wire_name(argument)
                    .map(|wire| format!("request.{wire}")),
            });
        match (to, from) {
            (Some(to), Some(from)) => bind.insert(to.to_owned(), json!(from)),
            _ => {
                return Err(broken(
                    operation,
                    format!("cannot bind `{poll_argument}` of `{}`", poll.id),
                ));
            }
        };
    }
    let states = |states: &[(String, String)]| -> Result<Vec<String>, Error> {
        states
            .iter()
            .map(|(class, member)| state(api, operation, class, member))
            .collect()
    };
    let mut object = json!({
        "poll": poll.id,
        "bind": bind,
        "status": wire_path(api, poll, &waiter.status)?,
        "success": states(&waiter.success)?,
        "failure": states(&waiter.failure)?,
    });
    if let Value::Object(object) = &mut object {
        if let Some(message) = &waiter.message {
            object.insert("message".into(), json!(wire_path(api, poll, message)?));
        }
        object.insert("timeout_minutes".into(), json!(waiter.timeout_minutes));
    }
    Ok(object)
}

/// The wire value of an enum member.
fn state(api: &Api, operation: &Operation, class: &str, member: &str) -> Result<String, Error> {
    let class = Class {
        module: operation.module.clone(),
        name: class.to_owned(),
    };
    let found = match api.schemas.get(&class) {
        Some(Schema::Enum(members)) => members.iter().find(|m| m.python == member),
        _ => None,
    };
    found
        .map(|m| m.wire.clone())
        .ok_or_else(|| broken(operation, format!("no state `{}.{member}`", class.name)))
}

/// `poll.status.state` with the names that the fields have on the wire.
fn wire_path(api: &Api, poll: &Operation, attributes: &[String]) -> Result<String, Error> {
    let mut at = match &poll.response {
        Response::Json(ty) => ty.clone(),
        _ => {
            return Err(broken(
                poll,
                format!("`{}` is polled but returns nothing", poll.id),
            ));
        }
    };
    let mut path = Vec::new();
    for attribute in attributes {
        let fields = match &at {
            Type::Class(class) => api.schemas.get(class),
            _ => None,
        };
        let field = match fields {
            Some(Schema::Object(fields)) => fields.iter().find(|f| f.python == *attribute),
            _ => None,
        };
        let field = field
            .ok_or_else(|| broken(poll, format!("`{}` has no field `{attribute}`", poll.id)))?;
        path.push(field.wire.as_str());
        at = field.ty.clone();
    }
    Ok(path.join("."))
}

/// The `x-databricks-lro` object of `operation`.
pub(crate) fn long_running_object(
    api: &Api,
    references: &References<'_>,
    operation: &Operation,
    class: &str,
    file: &str,
) -> Result<Value, Error> {
    let found = api
        .long_running
        .get(&(operation.module.clone(), class.to_owned()));
    let found = found.ok_or_else(|| broken(operation, format!("no class `{class}`")))?;
    let poll = sibling(api, operation, &found.poll)?;
    let mut bind = Map::new();
    for (poll_argument, attribute) in &found.poll_arguments {
        let to = poll.wire_name(poll_argument).ok_or_else(|| {
            broken(
                operation,
                format!("cannot bind `{poll_argument}` of `{}`", poll.id),
            )
        })?;
        bind.insert(to.to_owned(), json!(format!("response.{attribute}")));
    }
    let mut object = json!({ "poll": poll.id, "bind": bind });
    if let Value::Object(object) = &mut object {
        if let Some(result) = &found.result {
            object.insert(
                "result".into(),
                references.type_object(result, file, &operation.id)?,
            );
        }
        if let Some(metadata) = &found.metadata {
            object.insert(
                "metadata".into(),
                references.type_object(metadata, file, &operation.id)?,
            );
        }
        if let Some(cancel) = &found.cancel {
            object.insert("cancel".into(), json!(sibling(api, operation, cancel)?.id));
        }
    }
    Ok(object)
}
