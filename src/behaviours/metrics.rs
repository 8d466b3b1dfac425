//! `metrics`: how the calls and the requests to the workspace went so far.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Behaviour;
use super::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;
use crate::tally::Counts;
use crate::transport::Upstream;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Metrics>("metrics", |context, value| {
        Box::pin(async move { call(context, arguments(value)?) })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {}

#[derive(Serialize, JsonSchema)]
struct Metrics {
    /// Seconds since the server started.
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime_seconds: Option<u64>,
    /// Calls by tool.
    tools: Vec<Counts>,
    /// Requests to the workspace.
    upstream: Upstream,
}

fn call(context: &Context, _: Arguments) -> Result<Answer, Error> {
    let workspace = &context.workspace;
    let vitals = &context.vitals;
    let metrics = Metrics {
        uptime_seconds: vitals.served().map(|_| vitals.age().as_secs()),
        tools: workspace.tally.counts(),
        upstream: workspace.transport.upstream(),
    };
    Ok(Answer::json(structured(&metrics)?))
}
