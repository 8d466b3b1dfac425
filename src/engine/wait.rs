//! Waits for the outcome of what a call started: real states, real progress, a real cancel.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::request::Values;
use super::send::send;
use crate::catalog::{ANY_OPERATION, BindFrom, Outcome, Plan, RequestPlan, Wait};
use crate::context::{Context, poll_delay};
use crate::error::Error;
use crate::shape::{self, Answer};

/// How waiting ended, when it did not end badly.
#[derive(Debug)]
pub enum Ended {
    /// As asked; the service's last answer.
    Done(Value),
    /// There is no more time: where things stand and how to go on.
    Unfinished(Answer),
}

/// Waits for what `response` says was started, as the plan knows how; without that knowledge it is done.
///
/// # Errors
/// The work ended badly or cannot be followed, or the client cancelled, and then so did this.
pub async fn until_done(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
    response: Value,
) -> Result<Ended, Error> {
    let Some(wait) = &plan.wait else {
        return Ok(Ended::Done(response));
    };
    let bound = bind(plan, wait, arguments, &response)?;
    let named: Vec<String> = bound
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let what = named.join(", ");
    let deadline = Duration::from_secs(wait.answer_within.into());
    let deadline = seconds(arguments, wait.within).map_or(deadline, |asked| asked.min(deadline));
    let every = seconds(arguments, wait.every).map(|asked| asked.max(poll_delay(0)));
    let mut said = String::new();
    // A tool that only waits has asked for the state already.
    let mut first = (plan.request.operation == wait.poll.operation).then_some(response);
    for poll in 0.. {
        let polled = match first.take() {
            Some(polled) => polled,
            None => tokio::select! {
                polled = ask(wait, context, &bound) => polled.map_err(|error| lost(wait, &what, &error, &bound))?,
                () = context.cancel.cancelled() => return Err(stop(wait, context, &bound, what).await),
            },
        };
        match outcome(wait, &polled) {
            Some(Outcome::Success) => return Ok(Ended::Done(polled)),
            Some(Outcome::Failure) => return Err(failure(wait, &what, &polled, &bound)),
            None => {}
        }
        let state = describe(wait, &polled);
        if state != said {
            context.progress.report(state.clone()).await;
            said = state;
        }
        let Some(left) = deadline.checked_sub(context.since.elapsed()) else {
            let answer = unfinished(plan, wait, &polled, &bound, &said, deadline);
            return Ok(Ended::Unfinished(answer));
        };
        let pause = every.unwrap_or_else(|| poll_delay(poll));
        if !context.pause_for(pause.min(left)).await {
            return Err(stop(wait, context, &bound, what).await);
        }
    }
    Err(Error::Internal {
        reason: "waiting ended without an outcome".to_owned(),
    })
}

/// An argument in seconds, where the tool has it and the caller gave it.
fn seconds(arguments: &Map<String, Value>, name: &str) -> Option<Duration> {
    let seconds = arguments.get(name)?.as_f64()?;
    Duration::try_from_secs_f64(seconds).ok()
}

async fn ask(
    wait: &'static Wait,
    context: &Context,
    bound: &Map<String, Value>,
) -> Result<Value, Error> {
    let values = Values::of(&wait.poll, bound, context).await?;
    let request = values.request(&wait.poll, &context.workspace)?;
    send(context, &wait.poll, request).await
}

/// The work may go on, though its state cannot be asked for: its id must not be lost.
fn lost(wait: &Wait, what: &str, error: &Error, bound: &Map<String, Value>) -> Error {
    Error::Failed {
        what: what.to_owned(),
        state: "unknown".to_owned(),
        message: format!("its state cannot be asked for: {error}"),
        hint: Some(format!(
            "it may go on in the workspace, do not start it again; {} tells: {}",
            wait.resume,
            resuming(wait, bound)
        )),
    }
}

/// The arguments of the tool that resumes.
fn resuming(wait: &Wait, bound: &Map<String, Value>) -> Value {
    let named = wait.bind.iter().filter_map(|bind| {
        let value = bound.get(bind.name)?;
        Some((bind.resume_as.to_owned(), value.clone()))
    });
    let named: Map<String, Value> = named.collect();
    if wait.resume == ANY_OPERATION {
        return json!({ "operation": wait.poll.operation, "arguments": named });
    }
    named.into()
}

fn bind(
    plan: &Plan,
    wait: &Wait,
    arguments: &Map<String, Value>,
    response: &Value,
) -> Result<Map<String, Value>, Error> {
    let request: Value = plan
        .request
        .arguments
        .iter()
        .filter_map(|argument| {
            Some((
                argument.wire.to_owned(),
                arguments.get(argument.name)?.clone(),
            ))
        })
        .collect::<Map<_, _>>()
        .into();
    wait.bind
        .iter()
        .map(|bind| {
            let from = match bind.from {
                BindFrom::Request => &request,
                BindFrom::Response => response,
            };
            let value = shape::at(from, bind.path).ok_or_else(|| Error::Answer {
                operation: plan.request.operation.to_owned(),
                reason: format!("it has no `{}`", bind.path),
            })?;
            Ok((bind.name.to_owned(), value))
        })
        .collect()
}

fn outcome(wait: &Wait, polled: &Value) -> Option<Outcome> {
    let met =
        |until: &&crate::catalog::Until| until.all.iter().all(|one| shape::matches(polled, one));
    wait.until.iter().find(met).map(|until| until.is)
}

/// `RUNNING, 2 of 3 tasks: In run`.
fn describe(wait: &Wait, polled: &Value) -> String {
    let mut text = shape::text_at(polled, wait.state);
    if let Some(progress) = &wait.progress
        && let Some(Value::Array(parts)) = shape::at(polled, progress.items)
    {
        let done = parts
            .iter()
            .filter(|part| shape::matches(part, &progress.done))
            .count();
        text.push_str(&format!(", {done} of {} {}", parts.len(), progress.items));
    }
    let message = shape::text_at(polled, wait.message);
    if !message.is_empty() {
        text.push_str(&format!(": {message}"));
    }
    text
}

fn failure(wait: &Wait, what: &str, polled: &Value, bound: &Map<String, Value>) -> Error {
    let condition = wait.until.iter().find_map(|until| until.all.get(1));
    let result = condition.map(|condition| shape::text_at(polled, condition.field));
    let state = result
        .filter(|result| !result.is_empty())
        .unwrap_or_else(|| shape::text_at(polled, wait.state));
    Error::Failed {
        what: what.to_owned(),
        state,
        message: shape::text_at(polled, wait.message),
        hint: Some(format!(
            "{} {}: {}",
            wait.explain,
            match wait.explain == wait.resume {
                true => "shows more",
                false => "says why",
            },
            resuming(wait, bound)
        )),
    }
}

/// The answer when there is no more time: where things stand and how to go on.
fn unfinished(
    plan: &Plan,
    wait: &Wait,
    polled: &Value,
    bound: &Map<String, Value>,
    state: &str,
    waited: Duration,
) -> Answer {
    let mut shown = shape::object(polled, plan.shape.fields);
    shape::fit_json(&mut shown);
    let text = format!(
        "Still {state} after {} s. It goes on in the workspace; call {} with {} to see how it went.\n{shown}",
        waited.as_secs(),
        wait.resume,
        resuming(wait, bound),
    );
    if let Some(object) = shown.as_object_mut() {
        object.insert(
            "resume".to_owned(),
            json!({ "tool": wait.resume, "arguments": resuming(wait, bound) }),
        );
    }
    Answer {
        text,
        structured: shown,
    }
}

/// The client cancelled: so does the workspace.
async fn stop(
    wait: &'static Wait,
    context: &Context,
    bound: &Map<String, Value>,
    what: String,
) -> Error {
    if let Some(cancel) = &wait.cancel {
        if let Err(error) = send_cancel(cancel, context, bound).await {
            return error;
        }
        tracing::info!(operation = cancel.operation, %what, "cancelled upstream");
    }
    Error::Cancelled { what }
}

async fn send_cancel(
    cancel: &'static RequestPlan,
    context: &Context,
    bound: &Map<String, Value>,
) -> Result<(), Error> {
    let values = Values::of(cancel, bound, context).await?;
    let request = values.request(cancel, &context.workspace)?;
    send(context, cancel, request).await.map(drop)
}
