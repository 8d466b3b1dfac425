//! Operations that a behaviour sends from plans, as table tools are served: JSON in, JSON out, waiting as the
//! manifest says.

use serde_json::{Map, Value};

use crate::catalog::{Plan, TOOLS};
use crate::context::Context;
use crate::engine::{self, Ended};
use crate::error::Error;

/// Arguments by the service's names; null is not sent.
pub(super) type Arguments = Map<String, Value>;

/// One operation under way: what was sent, and what the service said first.
pub(super) struct Step {
    plan: &'static Plan,
    arguments: Arguments,
    /// The service's answer as it came.
    pub(super) response: Value,
}

/// Sends an operation that the manifest names under `steps`.
pub(super) async fn send(
    context: &Context,
    operation: &str,
    arguments: Value,
) -> Result<Step, Error> {
    let mut plans = TOOLS.iter().flat_map(|tool| tool.steps);
    let plan = plans
        .find(|plan| plan.request.operation == operation)
        .ok_or_else(|| Error::Internal {
            reason: format!("the manifest names `{operation}` under no `steps`"),
        })?;
    let mut arguments: Arguments = match arguments {
        Value::Object(arguments) => arguments,
        _ => Map::new(),
    };
    arguments.retain(|_, value| !value.is_null());
    let response = engine::start(plan, context, &arguments).await?;
    Ok(Step {
        plan,
        arguments,
        response,
    })
}

impl Step {
    /// Waits for what was started.
    pub(super) async fn wait(self, context: &Context) -> Result<Ended, Error> {
        engine::until_done(self.plan, context, &self.arguments, self.response).await
    }
}
