//! One call of a plan, from arguments to the answer.

use serde_json::{Map, Value};

use super::answer::{list, one};
use super::pages;
use super::send::start;
use super::wait::{self, Ended};
use crate::catalog::{Format, Plan};
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Answer};

/// Serves a call from its plan: request, then pages or waiting, then the answer.
///
/// # Errors
/// What the service or the network said, or a cursor that is none.
pub async fn call(
    tool: &str,
    plan: &'static Plan,
    context: &Context,
    arguments: Map<String, Value>,
) -> Result<Answer, Error> {
    if let Some(paginate) = &plan.paginate {
        let rows = pages::collect(tool, plan, paginate, context, &arguments).await?;
        let names: Vec<&str> = plan.shape.fields.iter().map(|field| field.name).collect();
        return Ok(list(&plan.shape, plan.shape.format, &names, &rows));
    }
    let answer = start(plan, context, &arguments).await?;
    match wait::until_done(plan, context, &arguments, answer).await? {
        Ended::Done(answer) => Ok(one(&plan.shape, &answer, &arguments)),
        Ended::Unfinished(answer) => Ok(answer),
    }
}

/// As [`call`] of a plan that keeps everything, but shows only these dotted fields; all when there are none.
///
/// # Errors
/// As [`call`].
pub async fn call_for(
    tool: &str,
    plan: &'static Plan,
    context: &Context,
    arguments: Map<String, Value>,
    fields: &[String],
) -> Result<Answer, Error> {
    if fields.is_empty() {
        return call(tool, plan, context, arguments).await;
    }
    let names: Vec<&str> = fields.iter().map(String::as_str).collect();
    if let Some(paginate) = &plan.paginate {
        let mut rows = pages::collect(tool, plan, paginate, context, &arguments).await?;
        for row in &mut rows.rows {
            *row = shape::pick(row, &names);
        }
        return Ok(list(&plan.shape, Format::Grid, &names, &rows));
    }
    let answer = start(plan, context, &arguments).await?;
    match wait::until_done(plan, context, &arguments, answer).await? {
        Ended::Done(answer) => Ok(one(&plan.shape, &shape::pick(&answer, &names), &arguments)),
        Ended::Unfinished(answer) => Ok(answer),
    }
}
