//! One operation that reads, sent for a look.

use serde_json::{Map, Value};

use crate::api;
use crate::catalog::Plan;
use crate::context::Context;
use crate::engine;
use crate::error::Error;

/// The answer to an operation with these arguments.
///
/// # Errors
/// Fails with the error of the service or the network.
pub(super) async fn ask(
    context: &Context,
    operation: &str,
    arguments: &Map<String, Value>,
) -> Result<Value, Error> {
    let plan: &'static Plan = &api::prepare(api::find(operation)?)?.plan;
    engine::look(plan, &context.as_means(), arguments).await
}
