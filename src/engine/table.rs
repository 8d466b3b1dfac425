//! One call of a plan, from arguments to the answer.

use serde_json::{Map, Value};

use super::answer::{list, offset, one};
use super::send::{start, start_reading};
use super::wait::{self, Ended};
use super::whole;
use super::{pages, parameters};
use crate::catalog::{Format, Plan};
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::shape::{Answer, Projection};
use crate::waiting;

/// Serves a call from its plan: request, then pages or waiting, then the answer.
///
/// # Errors
/// Fails with the error of the service or the network, or if the cursor is not from an earlier answer.
pub async fn call(
    tool: &str,
    plan: &'static Plan,
    context: &Context,
    arguments: Map<String, Value>,
) -> Result<Answer, Error> {
    let projection = Projection::of(plan.shape.fields);
    if let Some(paginate) = &plan.paginate {
        let projection = projection.filtered(plan.shape.filter);
        let rows = pages::collect(tool, plan, paginate, context, &arguments, &projection).await?;
        let mut names: Vec<&str> = plan.shape.fields.iter().map(|field| field.name).collect();
        // A field that stands at one of several paths is one column.
        names.dedup();
        return Ok(list(&plan.shape, plan.shape.format, &names, rows));
    }
    serve_one(tool, plan, context, &arguments, &projection).await
}

/// Serves a call as [`call`] does, from a plan that keeps everything, but shows only these dotted fields. Shows
/// all fields if `fields` is empty.
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
    let projection = Projection::picking(&names);
    if let Some(paginate) = &plan.paginate {
        let rows = pages::collect(tool, plan, paginate, context, &arguments, &projection).await?;
        return Ok(list(&plan.shape, Format::Grid, &names, rows));
    }
    serve_one(tool, plan, context, &arguments, &projection).await
}

/// Serves a call that is answered with one object.
async fn serve_one(
    tool: &str,
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
    projection: &Projection<'_>,
) -> Result<Answer, Error> {
    if plan.wait.is_none() && !whole::is_paged(&plan.request) {
        let reader = projection.windowed(offset(&plan.shape, arguments));
        let (shown, window) = start_reading(plan, context, arguments, reader).await?;
        return Ok(one(plan, shown, window, arguments));
    }
    parameters::check(tool, plan, context, arguments).await?;
    let answer = start(plan, context, arguments).await;
    let answer = match (answer, &plan.wait) {
        (Ok(answer), _) => Some(answer),
        (Err(error), Some(wait)) if wait.poll.operation != plan.request.operation => {
            return Err(hints::may_have_started(error));
        }
        (Err(error), Some(_)) if waiting::passes(&error) => None,
        (Err(error), _) => return Err(error),
    };
    match wait::until_done(plan, context, arguments, answer).await? {
        Ended::Done(mut answer, mut besides) => {
            if plan.wait.is_none() {
                besides = whole::complete(context, &plan.request, arguments, &mut answer).await;
            }
            let mut shown = projection.project(&answer).unwrap_or_default();
            if let Some(shown) = shown.as_object_mut() {
                shown.extend(besides);
            }
            Ok(one(plan, shown, None, arguments))
        }
        Ended::Unfinished(answer) => Ok(answer),
    }
}
