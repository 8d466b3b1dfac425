//! A look at the workspace that a call can do without: one request, tried once.

use serde_json::{Map, Value};

use super::request::Values;
use crate::catalog::Plan;
use crate::context::Context;
use crate::error::Error;

/// Sends the request of a plan once, and returns the answer as it came.
///
/// # Errors
/// Fails with the error of the service or the network.
pub async fn look(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
) -> Result<Value, Error> {
    let mut values = Values::of(&plan.request, arguments, context).await?;
    let size = plan.paginate.as_ref().and_then(|list| list.size.as_ref());
    if let Some(size) = size {
        values.set(size.wire.name, size.wire.place, size.maximum.into());
    }
    let request = values.request(&plan.request, &context.workspace)?;
    let transport = &context.workspace.transport;
    let operation = plan.request.operation;
    let reply = transport
        .send_once(&context.call, operation, request)
        .await?;
    reply.json(operation)
}
