//! A look at the workspace that a call can do without: one request, tried once.

use serde_json::{Map, Value};

use super::request::Values;
use crate::catalog::{Next, Plan};
use crate::context::Context;
use crate::error::Error;

/// Sends the request of a plan once, and returns the answer as it came.
///
/// # Errors
/// Fails with the error of the service or the network.
pub(crate) async fn look(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
) -> Result<Value, Error> {
    look_at_page(plan, context, arguments, None).await
}

/// As [`look`], at the page of this token.
pub(super) async fn look_at_page(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
    token: Option<&str>,
) -> Result<Value, Error> {
    let mut values = Values::of(&plan.request, arguments, context).await?;
    let next = plan.paginate.as_ref().and_then(|list| list.next.as_ref());
    if let (Some(token), Some(Next::ByToken(wire, _))) = (token, next) {
        values.set(wire.name, wire.place, token.into());
    }
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
