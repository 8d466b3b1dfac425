//! A command under way: started or followed up, waited for, and told as an answer.

use databricks_client::CommandExecutionCommandStatusParams;
use databricks_client::types::{
    CommandExecutionCancelRequest, CommandExecutionExecuteRequest, ComputeCommandStatusResponse,
    ComputeCreated,
};
use serde_json::{Value, json};

use super::super::trace;
use super::context::Place;
use super::output::{self, Output};
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::shape::{self, Answer};
use crate::transport::typed_answer;
use crate::waiting::{self, Ended, Known, Patience, Work};

const EXECUTE: &str = "command_execution.execute";

/// A command of this place.
pub(super) struct Command<'a> {
    context: &'a Context,
    known: Known,
    place: &'a Place,
    id: String,
    patience: Patience,
    /// The call has started it, so that it goes when the call is cancelled.
    own: bool,
}

impl<'a> Command<'a> {
    /// Starts a command.
    pub(super) async fn start(
        context: &'a Context,
        place: &'a Place,
        language: String,
        command: String,
        patience: Patience,
    ) -> Result<Self, Error> {
        let execute = CommandExecutionExecuteRequest {
            language: Some(language.into()),
            command: Some(command),
            ..named(place)
        };
        let called = context.client().command_execution_execute(&execute).await;
        let started = typed_answer(EXECUTE, called).map_err(hints::may_have_started)?;
        let known = Known::started(EXECUTE, &execute, &started);
        let id = started.id.unwrap_or_default();
        context.workspace.opened.runs(&place.context_id, Some(&id));
        Ok(Self {
            context,
            known: known.map_err(hints::may_have_started)?,
            place,
            id,
            patience,
            own: true,
        })
    }

    /// Follows a command that another call has started.
    pub(super) fn follow(
        context: &'a Context,
        place: &'a Place,
        id: String,
        patience: Patience,
    ) -> Result<Self, Error> {
        let started = ComputeCreated {
            id: Some(id.clone()),
        };
        Ok(Self {
            context,
            known: Known::started(EXECUTE, &named(place), &started)?,
            place,
            id,
            patience,
            own: false,
        })
    }

    /// Waits for the command; nothing where it goes on.
    pub(super) async fn wait(&self) -> Result<Told, Error> {
        match waiting::until_ended(self, self.context, None).await {
            Ok(Ended::Done(done)) => {
                self.over();
                Ok(Told::Over(Box::new(Output::of(&self.id, done))))
            }
            Ok(Ended::Unfinished(unfinished)) => Ok(Told::GoesOn {
                status: unfinished.described,
                seconds: unfinished.within.as_secs(),
            }),
            Err(error) => {
                if has_ended(&error) {
                    self.over();
                }
                Err(error)
            }
        }
    }

    fn over(&self) {
        let opened = &self.context.workspace.opened;
        opened.runs(&self.place.context_id, None);
    }

    /// The answer while it goes on. `once` has the context closed by whoever sees the command end.
    pub(super) fn goes_on(&self, status: &str, seconds: u64, once: bool) -> Answer {
        let arguments = self.resuming(once);
        Answer::new(
            format!(
                "Still {status} after {seconds} s. It goes on on the cluster; call get_command_status with \
                 {arguments} to see how it went, or cancel_command to stop it. Do not run it again."
            ),
            json!({
                "id": self.id,
                "status": status,
                "resume": { "tool": "get_command_status", "arguments": arguments },
            }),
        )
    }

    fn resuming(&self, once: bool) -> Value {
        let mut arguments = json!({
            "cluster_id": self.place.cluster_id,
            "context_id": self.place.context_id,
            "command_id": self.id,
        });
        if once && let Some(arguments) = arguments.as_object_mut() {
            arguments.insert("close_context".to_owned(), true.into());
        }
        arguments
    }

    /// Stops it.
    pub(super) async fn stop(&self) -> Result<(), Error> {
        let cancel = CommandExecutionCancelRequest {
            cluster_id: Some(self.place.cluster_id.clone()),
            command_id: Some(self.id.clone()),
            context_id: Some(self.place.context_id.clone()),
        };
        let client = self.context.client();
        let called = client.command_execution_cancel(&cancel).await;
        typed_answer("command_execution.cancel", called)
    }
}

/// The state of a command that cannot be asked for.
const UNKNOWN: &str = "unknown";

/// True for the error of a command that has ended, rather than of one that cannot be asked for.
pub(super) fn has_ended(error: &Error) -> bool {
    matches!(error, Error::Failed { state, .. } if state != UNKNOWN)
}

/// The end of a wait.
pub(super) enum Told {
    Over(Box<Output>),
    GoesOn { status: String, seconds: u64 },
}

/// The request of a command that is there already.
fn named(place: &Place) -> CommandExecutionExecuteRequest {
    CommandExecutionExecuteRequest {
        cluster_id: Some(place.cluster_id.clone()),
        context_id: Some(place.context_id.clone()),
        ..CommandExecutionExecuteRequest::default()
    }
}

impl Work for Command<'_> {
    type State = ComputeCommandStatusResponse;

    fn known(&self) -> &Known {
        &self.known
    }

    async fn ask(&self) -> Result<ComputeCommandStatusResponse, Error> {
        let client = self.context.client();
        let called = client.command_execution_command_status(CommandExecutionCommandStatusParams {
            cluster_id: &self.place.cluster_id,
            command_id: &self.id,
            context_id: &self.place.context_id,
        });
        typed_answer("command_execution.command_status", called.await)
    }

    fn patience(&self) -> Patience {
        self.patience
    }

    async fn cancel(&self) -> Result<(), Error> {
        if self.own { self.stop().await } else { Ok(()) }
    }

    fn what(&self) -> String {
        format!("command {}", self.id)
    }

    /// The innermost cause first, then the telling part of the trace.
    fn failed(&self, view: &Value) -> Error {
        let results = |name: &str| shape::text_at(view, &format!("results.{name}"));
        let (summary, cause) = (output::plain(&results("summary")), results("cause"));
        let read = trace::read(Some(&summary), Some(&cause));
        let first = read.cause.unwrap_or_default();
        let rest = read.excerpt.iter().map(String::as_str);
        let rest = rest.filter(|line| line.trim() != first);
        let at = read.line.as_deref().filter(|line| !first.contains(line));
        let lines: Vec<&str> = [first.as_str()].into_iter().chain(at).chain(rest).collect();
        let state = results("resultType");
        Error::Failed {
            what: self.what(),
            state: if state.is_empty() {
                shape::text_at(view, "status")
            } else {
                state
            },
            message: lines.join("\n").trim().to_owned(),
            hint: None,
        }
    }

    fn lost(&self, error: &Error) -> Error {
        Error::Failed {
            what: self.what(),
            state: UNKNOWN.to_owned(),
            message: format!("its state cannot be asked for: {error}"),
            hint: Some(format!(
                "it may go on on the cluster, do not run it again; get_command_status tells: {}",
                self.resuming(false)
            )),
        }
    }
}
