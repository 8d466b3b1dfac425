//! One call of a plan, from arguments to the answer.

use std::time::Duration;

use serde_json::{Map, Value};

use super::answer::{list, offset, one};
use super::look::look;
use super::pages::List;
use super::send::{start, start_reading};
use super::times::REQUEST;
use super::wait::{self, Ended};
use super::whole;
use super::{gather, parameters, parts};
use crate::catalog::{Format, Plan, plan_of};
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::shape::{self, Answer, Projection};
use crate::waiting;

/// The look at what was written must not make the answer late.
const LOOK: Duration = Duration::from_secs(3);

/// An error about arguments, with the name of the tool that has them.
fn named(tool: &str, mut error: Error) -> Error {
    if let Error::Arguments { tool: of, .. } = &mut error
        && of == REQUEST
    {
        tool.clone_into(of);
    }
    error
}

/// Serves a call from its plan: request, then pages or waiting, then the answer.
///
/// # Errors
/// Fails with the error of the service or the network, or if the cursor is not from an earlier answer.
pub(crate) async fn call(
    tool: &str,
    plan: &'static Plan,
    context: &Context,
    arguments: Map<String, Value>,
) -> Result<Answer, Error> {
    let mut names: Vec<&str> = plan.shape.fields.iter().map(|field| field.name).collect();
    // A field that stands at one of several paths is one column.
    names.dedup();
    let projection = Projection::of(plan.shape.fields).filtered(plan.shape.filter);
    let shown = (plan.shape.format, names.as_slice());
    serve(tool, plan, context, &arguments, &projection, shown).await
}

/// Serves a call as [`call`] does, from a plan that keeps everything, but shows only these dotted fields. Shows
/// all fields if `fields` is empty.
///
/// # Errors
/// As [`call`].
pub(crate) async fn call_for(
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
    let shown = (Format::Grid, names.as_slice());
    serve(tool, plan, context, &arguments, &projection, shown).await
}

/// Serves a call with what the projection shows; rows in this format under these names.
async fn serve(
    tool: &str,
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
    projection: &Projection<'_>,
    (format, names): (Format, &[&str]),
) -> Result<Answer, Error> {
    let served = match &plan.paginate {
        Some(paginate) => {
            let of = List {
                tool,
                plan,
                paginate,
                context,
                projection,
            };
            let rows = Box::pin(gather::rows(&of, arguments)).await;
            rows.map(|rows| list(&plan.shape, (format, names), rows, context.room))
        }
        None => serve_one(tool, plan, context, arguments, projection).await,
    };
    served.map_err(|error| named(tool, error))
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
        let (mut shown, window) = start_reading(plan, context, arguments, reader).await?;
        Box::pin(parts::add(plan, context, arguments, &mut shown)).await;
        let shown = Box::pin(shown_by(plan, context, arguments, shown)).await;
        keep_whole(context, &shown);
        return Ok(one(tool, plan, shown, window, (arguments, context.room)));
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
            Box::pin(parts::add(plan, context, arguments, &mut shown)).await;
            keep_whole(context, &shown);
            Ok(one(tool, plan, shown, None, (arguments, context.room)))
        }
        Ended::Unfinished(answer) => Ok(answer),
    }
}

/// Notes what is shown before it is cut, where it will be and the call wants it.
fn keep_whole(context: &Context, shown: &Value) {
    if let Some(whole) = &context.whole
        && shape::is_cut(shown)
    {
        whole.note(shown.clone());
    }
}

/// What was written as the tool shows it that the plan names, where the service answers with nothing. A look that
/// fails leaves it at that: it is written all the same.
async fn shown_by(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
    shown: Value,
) -> Value {
    let empty = shown.as_object().is_none_or(Map::is_empty);
    let Some(shows) = plan_of(plan.shape.shown_by).filter(|_| empty) else {
        return shown;
    };
    let known = shows.request.arguments.iter();
    let known = known.filter_map(|argument| {
        let value = arguments.get(argument.name)?.clone();
        Some((argument.name.to_owned(), value))
    });
    let looked = tokio::time::timeout(LOOK, look(shows, context, &known.collect())).await;
    match looked {
        Ok(Ok(found)) => shape::object(&found, shows.shape.fields),
        _ => shown,
    }
}
