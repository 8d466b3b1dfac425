//! Waiting for work that goes on in the workspace: ask for its state, judge it, report it, pause.
//!
//! One loop serves plans and behaviours. A [`Work`] says how its state is asked for and how it is stopped;
//! [`Known`] judges the state by the catalog's [`Wait`](crate::catalog::Wait). Work that ends is answered
//! soon after ([`pause`]), work that goes on is answered within the deadline with its id, and work whose call
//! is cancelled is cancelled in the workspace.

mod changes;
mod known;
mod pause;
#[cfg(test)]
mod tests;
mod told;

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use serde::Serialize;
use serde_json::Value;

pub(crate) use changes::{Followed, each_change};
pub(crate) use known::Known;
pub(crate) use told::{place, tell_end};

use crate::catalog::Outcome;
use crate::clock;
use crate::context::Context;
use crate::error::Error;
use crate::progress::Share;
use pause::pause;

/// A question of the last moment may take this long, so that the answer comes before clients give up, which
/// many do after 60 s.
const LAST_QUESTION: Duration = Duration::from_secs(10);

/// Questions in a row that may fail for a passing reason, before the state counts as unknown.
const FAILED_QUESTIONS: u32 = 5;

/// The pause after a first failed question; it doubles with each further one.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Work under way in the workspace.
pub(crate) trait Work: Sync {
    /// The service's description of it.
    type State: Serialize + Send + Sync;

    /// The time after the call's begin from which progress is reported.
    const QUIET: Duration = Duration::ZERO;

    /// The catalog's knowledge of it, and its ids.
    fn known(&self) -> &Known;

    /// Asks for the state.
    fn ask(&self) -> impl Future<Output = Result<Self::State, Error>> + Send;

    /// Stops it in the workspace. Only called where the catalog names an operation for that.
    fn cancel(&self) -> impl Future<Output = Result<(), Error>> + Send;

    /// The longest wait and the pace of asking.
    fn patience(&self) -> Patience {
        Patience::default()
    }

    /// The part of a state that the catalog's wait reads, as JSON; all of it, unless that is large.
    ///
    /// # Errors
    /// The state cannot be written as JSON.
    fn view<'a>(&self, state: &'a Self::State) -> Result<Cow<'a, Value>, Error> {
        known::json(state).map(Cow::Owned)
    }

    /// The work in a few words, such as `run_id 5`.
    fn what(&self) -> String {
        self.known().what()
    }

    /// The state in a few words, such as `RUNNING, 2 of 3 tasks`.
    fn describe(&self, view: &Value) -> String {
        self.known().describe(view)
    }

    /// How much of it is done, where a state tells.
    fn share(&self, view: &Value) -> Option<Share> {
        self.known().share(view)
    }

    /// The error when the work ended badly.
    fn failed(&self, view: &Value) -> Error {
        self.known().failed(view)
    }

    /// The error when the state cannot be asked for. The work may go on, so its id must not be lost.
    fn lost(&self, error: &Error) -> Error {
        self.known().lost(error)
    }
}

/// The longest wait and the pace of asking.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Patience {
    /// The time from the call's begin to its answer, where the caller has chosen it; never more than the call
    /// has.
    pub within: Option<Duration>,
    /// The time from one question to the next, where the caller has chosen it.
    pub every: Option<Duration>,
}

impl Patience {
    /// The patience of a caller who waits for so many seconds, or does not say.
    #[must_use]
    pub(crate) fn of_seconds(seconds: Option<f64>) -> Self {
        Self {
            within: seconds.and_then(self::seconds),
            every: None,
        }
    }
}

/// Seconds as a caller gives them; less than none is none.
#[must_use]
pub(crate) fn seconds(given: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(given.max(0.0)).ok()
}

/// The end of a wait that did not end badly.
#[derive(Debug)]
pub(crate) enum Ended<State> {
    /// As asked; the service's last answer.
    Done(State),
    /// There is no more time; the work goes on.
    Unfinished(Unfinished<State>),
}

/// Work that goes on when there is no more time.
#[derive(Debug)]
pub(crate) struct Unfinished<State> {
    /// The service's last answer.
    pub state: State,
    /// The same in a few words.
    pub described: String,
    /// The time that the call was allowed to take.
    pub within: Duration,
}

/// Waits until the work ends or there is no more time. `first` is its state where that is known already.
///
/// All waits of one workspace share [`Workspace::polls`](crate::context::Workspace::polls): when they are
/// many, they ask less often.
///
/// # Errors
/// The work ended badly or its state cannot be asked for, or the client cancelled, and then so did this.
pub(crate) async fn until_ended<W: Work>(
    work: &W,
    context: &Context,
    first: Option<W::State>,
) -> Result<Ended<W::State>, Error> {
    match AssertUnwindSafe(watch(work, context, first))
        .catch_unwind()
        .await
    {
        Ok(ended) => {
            if let Ok(Ended::Unfinished(_)) = &ended {
                // Nobody has its id before the call is answered.
                let known = work.known();
                context.left.note(known.wait(), known.ids().clone());
            }
            ended
        }
        Err(panic) => {
            // The call dies of it and nobody would learn the work's id.
            stop(work, context).await;
            resume_unwind(panic)
        }
    }
}

async fn watch<W: Work>(
    work: &W,
    context: &Context,
    mut first: Option<W::State>,
) -> Result<Ended<W::State>, Error> {
    let Patience { within, every } = work.patience();
    let most = context.within;
    let within = within.map_or(most, |asked| asked.min(most));
    let deadline = context.since + within;
    let began = clock::now();
    let (mut asked, mut due) = (began, began);
    let mut last: Option<Unfinished<W::State>> = None;
    let mut failures = 0;
    loop {
        let state = if let Some(state) = first.take() {
            state
        } else {
            let turn = tokio::select! {
                biased;
                () = context.cancel.cancelled() => return Err(stop(work, context).await),
                turn = turn(context, due, deadline) => turn,
            };
            if turn == Turn::Late
                && let Some(last) = last
            {
                return Ok(Ended::Unfinished(last));
            }
            asked = clock::now();
            tokio::select! {
                biased;
                () = context.cancel.cancelled() => return Err(stop(work, context).await),
                answer = work.ask() => match answer {
                    Ok(state) => {
                        failures = 0;
                        state
                    }
                    Err(error) => {
                        failures += 1;
                        let now = clock::now();
                        if !passes(&error) || failures >= FAILED_QUESTIONS || now >= deadline {
                            return Err(work.lost(&error));
                        }
                        due = deadline.min(now + AFTER_FAILURE * (1 << failures));
                        continue;
                    }
                },
                () = clock::sleep_until(deadline + LAST_QUESTION) => {
                    return last.map(Ended::Unfinished).ok_or_else(|| work.lost(&silent(work)));
                }
            }
        };
        let view = work.view(&state)?;
        let outcome = work.known().outcome(&view);
        if outcome.is_some() && context.notifier.tells_after(clock::now() - context.since) {
            tell_end(context, work.known(), &view);
        }
        if outcome == Some(Outcome::Failure) {
            return Err(work.failed(&view));
        }
        let (described, share) = (work.describe(&view), work.share(&view));
        drop(view);
        if outcome == Some(Outcome::Success) {
            return Ok(Ended::Done(state));
        }
        let now = clock::now();
        if now - context.since >= W::QUIET {
            context.progress.report(described.clone(), share).await;
        }
        let unfinished = Unfinished {
            state,
            described,
            within,
        };
        if now >= deadline {
            return Ok(Ended::Unfinished(unfinished));
        }
        last = Some(unfinished);
        due = deadline.min(asked + pause(asked - began, every));
    }
}

/// Returns whether the next question may well be answered: the service or the network failed, nobody refused.
#[must_use]
pub(crate) fn passes(error: &Error) -> bool {
    match error {
        Error::Api {
            status, retryable, ..
        } => *retryable || matches!(status, 408 | 429 | 500..),
        Error::Unanswered { .. } | Error::Unreachable { .. } | Error::Answer { .. } => true,
        _ => false,
    }
}

#[derive(PartialEq, Eq)]
enum Turn {
    Now,
    /// The deadline came first, because too many others wait.
    Late,
}

/// Waits until the next question is due and the workspace may be asked.
async fn turn(context: &Context, due: Instant, deadline: Instant) -> Turn {
    let turn = async {
        clock::sleep_until(due).await;
        context.workspace.polls.turn().await;
    };
    tokio::select! {
        biased;
        () = turn => Turn::Now,
        () = clock::sleep_until(deadline) => Turn::Late,
    }
}

/// The error of a question that was not answered in time.
fn silent<W: Work>(work: &W) -> Error {
    Error::Unanswered {
        operation: work.known().wait().poll.operation.to_owned(),
        reason: "the service said nothing for too long".to_owned(),
        may_have_acted: false,
    }
}

/// Cancels the work, since the client has cancelled the call; or leaves it to go on, where the client has gone and that is
/// wanted.
async fn stop<W: Work>(work: &W, context: &Context) -> Error {
    let what = work.what();
    let request_id = &*context.call.id;
    if context.leaving.leaves_work() {
        let resume = work.known().wait().resume;
        tracing::warn!(request_id, what, resume, "left to go on in the workspace");
        return Error::Cancelled { what };
    }
    if let Some(cancel) = &work.known().wait().cancel {
        let cancelled = tokio::select! {
            biased;
            cancelled = work.cancel() => cancelled,
            () = context.leaving.over.cancelled() => Err(Error::Unanswered {
                operation: cancel.operation.to_owned(),
                reason: "the server ended first".to_owned(),
                may_have_acted: true,
            }),
        };
        if let Err(error) = cancelled {
            return unstopped(work, context, cancel.operation, &error);
        }
        tracing::info!(
            request_id,
            operation = cancel.operation,
            what,
            "cancelled upstream"
        );
        return Error::Cancelled { what };
    }
    let (wait, arguments) = (work.known().wait(), work.known().resuming());
    let resume = wait.resume;
    tracing::warn!(
        request_id,
        what,
        resume,
        "goes on in the workspace: no operation stops it"
    );
    Error::Failed {
        what,
        state: "unknown".to_owned(),
        message: "the service has no operation that stops it, so it goes on".to_owned(),
        hint: Some(format!("{resume} tells: {arguments}")),
    }
}

/// The error of work that could not be stopped. Its id must not be lost, so the log names it too: a client that has
/// gone away reads no answer.
fn unstopped<W: Work>(work: &W, context: &Context, operation: &str, error: &Error) -> Error {
    let (what, known) = (work.what(), work.known());
    tracing::warn!(request_id = %context.call.id, operation, what, kind = error.kind(), "could not be stopped");
    Error::Failed {
        what,
        state: "unknown".to_owned(),
        message: format!("it could not be stopped: {error}"),
        hint: Some(format!(
            "it may go on in the workspace; {} tells: {}",
            known.wait().resume,
            known.resuming()
        )),
    }
}
