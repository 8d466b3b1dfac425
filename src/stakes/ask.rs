//! One request of a look.

use serde_json::{Map, Value};

use crate::api;
use crate::catalog::Plan;
use crate::context::Context;
use crate::engine;
use crate::error::Error;

/// The answer of an operation that reads.
pub(super) async fn send(
    context: &Context,
    operation: &str,
    arguments: &Map<String, Value>,
) -> Result<Value, Error> {
    let plan: &'static Plan = &api::prepare(api::find(operation)?)?.plan;
    engine::look(plan, context, arguments).await
}
