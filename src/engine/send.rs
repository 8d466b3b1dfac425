//! One request of a plan, and its answer as JSON.

use reqwest::Request;
use serde_json::{Map, Value, json};

use super::request::Values;
use crate::catalog::{Plan, RequestPlan};
use crate::context::Context;
use crate::error::Error;
use crate::hints;

/// Sends the request of a plan and gives the service's answer as it came.
///
/// # Errors
/// What the service or the network said.
pub(super) async fn start(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
) -> Result<Value, Error> {
    let values = Values::of(&plan.request, arguments, context).await?;
    let request = values.request(&plan.request, &context.workspace)?;
    send(context, &plan.request, request).await
}

/// Sends a request and reads its JSON; an empty body is an empty object, a raw one the field `content`.
pub(super) async fn send(
    context: &Context,
    call: &RequestPlan,
    request: Request,
) -> Result<Value, Error> {
    let transport = &context.workspace.transport;
    let reply = transport
        .send(&context.call, call.operation, request)
        .await?;
    if call.raw {
        return match String::from_utf8(reply.body) {
            Ok(content) => Ok(json!({ "content": content })),
            Err(_) => Err(hints::not_text(call.operation)),
        };
    }
    Ok(match reply.json(call.operation)? {
        // A structured answer is an object.
        rows @ Value::Array(_) => json!({ "items": rows }),
        other => other,
    })
}
