//! Waits for what the request of a plan has started.

use std::borrow::Cow;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Map, Value};

use super::request::Values;
use super::send::send;
use super::{parts, whole};
use crate::catalog::{Plan, RequestPlan, Wait};
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::shape::{self, Answer};
use crate::waiting::{self, Known, Patience, Work};

/// Operations that answer with the state and, once it is there, the result itself: a result that was handed over so
/// cannot be asked for again.
const HAND_OVER: &[&str] = &["statement_execution.execute_statement"];

/// The end of a plan's wait that did not end badly.
#[derive(Debug)]
pub(super) enum Ended {
    /// As asked; the service's last answer, and what is to be said besides its fields.
    Done(Value, Map<String, Value>),
    /// There is no more time: where things stand and how to go on.
    Unfinished(Answer),
}

/// Waits for what `response` says was started, as the plan knows how. A plan without a wait is done. Where the
/// request itself asks for the state, it may have got no response: that does not end the wait.
///
/// # Errors
/// The work ended badly or cannot be followed, or the client cancelled, and then so did this.
pub(super) async fn until_done(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
    response: Option<Value>,
) -> Result<Ended, Error> {
    let Some(wait) = &plan.wait else {
        return Ok(Ended::Done(response.unwrap_or_default(), Map::new()));
    };
    let operation = plan.request.operation;
    // The pages of a state that the call waits for are as much a means as the first.
    let means = context.as_means();
    let known = response.as_ref().unwrap_or(&Value::Null);
    let work = Planned {
        known: Known::of(wait, operation, &sent(plan, arguments), known)
            .map_err(hints::may_have_started)?,
        context,
        patience: patience(wait, arguments),
        failed: Mutex::default(),
    };
    // A tool that only waits has asked for the state already, and some answers are the state and the result.
    let is_state = operation == wait.poll.operation || HAND_OVER.contains(&operation);
    let first = response.filter(|_| is_state);
    let ended = match waiting::until_ended(&work, context, first).await {
        Ok(ended) => ended,
        Err(error) => {
            let failed = work.failed.lock().ok();
            let Some(mut state) = failed.and_then(|mut state| state.take()) else {
                return Err(error);
            };
            whole::complete(&means, &wait.poll, work.known.ids(), &mut state).await;
            let mut shown = shape::object(&state, plan.shape.fields);
            shape::fit_json_to(&mut shown, context.room);
            let explained = parts::explained(plan, context, arguments, state, error);
            let error = Box::pin(explained).await;
            return Err(Error::Shown {
                error: Box::new(hints::with_diagnosis(error, wait.explain, &context.absent)),
                state: Box::new(shown),
            });
        }
    };
    match ended {
        waiting::Ended::Done(mut state) => {
            let besides = whole::complete(&means, &wait.poll, work.known.ids(), &mut state).await;
            Ok(Ended::Done(state, besides))
        }
        waiting::Ended::Unfinished(mut unfinished) => {
            whole::complete(&means, &wait.poll, work.known.ids(), &mut unfinished.state).await;
            let answer = work.known.unfinished(&unfinished, plan.shape.fields)?;
            Ok(Ended::Unfinished(answer))
        }
    }
}

/// Cancels what a call has left to go on in the workspace, since the call died before it could tell the ids.
pub(crate) async fn stop_left(context: &Context) {
    for (wait, ids) in context.left.take() {
        let Some(cancel) = &wait.cancel else {
            continue;
        };
        // Out of reach of the client's cancel and of the call's time.
        let context = context.uncancelled();
        let kind = match asked(&context, cancel, &ids).await {
            Ok(_) => "cancelled",
            Err(error) => error.kind(),
        };
        tracing::warn!(request_id = %context.call.id, operation = cancel.operation, kind, "its call broke down");
    }
}

/// The state of work that an earlier call has started, as the service tells it.
///
/// # Errors
/// The state cannot be asked for.
pub(crate) async fn standing(context: &Context, known: &Known) -> Result<Value, Error> {
    context.workspace.polls.turn().await;
    asked(context, &known.wait().poll, known.ids()).await
}

/// Stops such work. Where no operation stops it, it goes on.
///
/// # Errors
/// The service refuses, or cannot be reached.
pub(crate) async fn stop(context: &Context, known: &Known) -> Result<(), Error> {
    if let Some(cancel) = &known.wait().cancel {
        asked(context, cancel, known.ids()).await?;
    }
    Ok(())
}

/// The answer to a request about work with these ids, which this server has started or was asked to follow.
async fn asked(
    context: &Context,
    plan: &'static RequestPlan,
    ids: &Map<String, Value>,
) -> Result<Value, Error> {
    let values = Values::of(plan, ids, context).await?;
    let request = values.request(plan, &context.workspace)?;
    send(&context.as_means(), plan, request).await
}

/// Work whose state the plans of the catalog ask for.
struct Planned<'a> {
    known: Known,
    context: &'a Context,
    patience: Patience,
    /// The state in which it failed.
    failed: Mutex<Option<Value>>,
}

impl Work for Planned<'_> {
    type State = Value;

    fn known(&self) -> &Known {
        &self.known
    }

    async fn ask(&self) -> Result<Value, Error> {
        asked(self.context, &self.known.wait().poll, self.known.ids()).await
    }

    async fn cancel(&self) -> Result<(), Error> {
        if let Some(cancel) = &self.known.wait().cancel {
            asked(self.context, cancel, self.known.ids()).await?;
        }
        Ok(())
    }

    fn patience(&self) -> Patience {
        self.patience
    }

    fn failed(&self, view: &Value) -> Error {
        if let Ok(mut failed) = self.failed.lock() {
            *failed = Some(view.clone());
        }
        self.known().failed(view)
    }

    fn view<'a>(&self, state: &'a Value) -> Result<Cow<'a, Value>, Error> {
        Ok(Cow::Borrowed(state))
    }
}

/// The arguments that the caller gave, under the service's names.
fn sent(plan: &Plan, arguments: &Map<String, Value>) -> Value {
    let named = plan.request.arguments.iter().filter_map(|argument| {
        let value = arguments.get(argument.name)?;
        Some((argument.wire.to_owned(), value.clone()))
    });
    Value::Object(named.collect())
}

/// The patience that the caller asks for.
fn patience(wait: &Wait, arguments: &Map<String, Value>) -> Patience {
    Patience {
        within: seconds(arguments, wait.within),
        every: seconds(arguments, wait.every),
    }
}

/// An argument in seconds, where the tool has it and the caller gave it.
fn seconds(arguments: &Map<String, Value>, name: &str) -> Option<Duration> {
    waiting::seconds(arguments.get(name)?.as_f64()?)
}
