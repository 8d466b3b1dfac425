//! The requests about tasks: each reads the sealed id, asks the workspace, and keeps nothing.

use std::sync::Arc;
use std::time::Instant;

use rmcp::RoleServer;
use rmcp::model::{
    CallToolResult, DetailedTask, ErrorData, GetTaskResult, JsonObject, Task, TaskPayload,
    TaskStatus,
};
use rmcp::service::RequestContext;
use serde_json::{Map, Value, json};

use super::tasks::{Note, Wanted, unknown};
use super::{Server, isolation};
use crate::catalog::{self, Outcome};
use crate::context::{Context, Progress};
use crate::engine;
use crate::error::Error;
use crate::hints;
use crate::redact;
use crate::shape::{self, Answer, printable};
use crate::tools::Ready;
use crate::transport::Call;
use crate::waiting::{self, Known};
use crate::workspaces::Chosen;

/// A task that its own user asks for.
struct Opened {
    note: Note,
    known: Known,
    chosen: Chosen,
    context: Context,
}

impl Server {
    /// The task that stands for the work which a call has left; none where it has left none, or not just one.
    pub(super) async fn begun(&self, wanted: Option<Wanted>, context: &Context) -> Option<Task> {
        let wanted = wanted?;
        let left = context.left.take();
        if left.is_empty() {
            return None;
        }
        // The answer is as good for a client that can wait by itself.
        let untold = |error: Error| {
            tracing::warn!(request_id = %context.call.id, kind = error.kind(), "answered without a task");
            tracing::debug!(request_id = %context.call.id, %error, "the reason");
        };
        let identity = engine::identity(context).await.map_err(untold).ok()?;
        let host = context.workspace.transport.host();
        let note = wanted.note(left, host.as_str(), identity)?;
        let codec = self.seal_key.codec().await.map_err(untold).ok()?;
        let id = note.seal(codec).map_err(untold).ok()?;
        Some(note.task(id, TaskStatus::Working, String::new()))
    }

    /// The state of a task, with its result where it has ended.
    ///
    /// # Errors
    /// The id is of no use here.
    pub(super) async fn task(
        &self,
        id: String,
        client: &RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let _call = self.calls.token();
        let asked = isolation::isolated(Box::pin(self.state_of(&id, client)), async {});
        let (note, payload, said) = asked.await.map_err(|error| self.protocol(&error))?;
        let task = note.task(id, payload.status(), said);
        Ok(GetTaskResult::new(DetailedTask::new(task, payload)))
    }

    /// Stops the work of a task. Work that has ended and work that nothing stops stays as it is.
    ///
    /// # Errors
    /// The id is of no use here, or the service refuses.
    pub(super) async fn stop_task(
        &self,
        id: &str,
        client: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let _call = self.calls.token();
        let stopped = isolation::isolated(Box::pin(self.stop_work_of(id, client)), async {});
        stopped.await.map_err(|error| self.protocol(&error))
    }

    /// Passes for the id of a task; no task asks its client for anything.
    ///
    /// # Errors
    /// The id is of no use here.
    pub(super) async fn told_task(
        &self,
        id: &str,
        client: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let _call = self.calls.token();
        let opened = isolation::isolated(self.opened(id, client), async {}).await;
        opened.map(|_| ()).map_err(|error| self.protocol(&error))
    }

    async fn state_of(
        &self,
        id: &str,
        client: &RequestContext<RoleServer>,
    ) -> Result<(Note, TaskPayload, String), Error> {
        let opened = self.opened(id, client).await?;
        let Opened { known, context, .. } = &opened;
        let state = tokio::select! {
            state = engine::standing(context, known) => state,
            () = client.ct.cancelled() => return Err(Error::Cancelled { what: "the question".to_owned() }),
        };
        let state = match state {
            Ok(state) => state,
            Err(error) if waiting::passes(&error) => {
                let said = format!("its state cannot be asked for: {error}");
                return Ok((
                    opened.note,
                    TaskPayload::Working,
                    redact::text(&said).into_owned(),
                ));
            }
            Err(error) => {
                let payload = completed(self.refused(&known.lost(&error)))?;
                return Ok((opened.note, payload, String::new()));
            }
        };
        let said = printable(&redact::text(&known.describe(&state))).into_owned();
        let payload = match known.outcome(&state) {
            None => TaskPayload::Working,
            Some(Outcome::Failure) if was_cancelled(known, &state) => TaskPayload::Cancelled,
            Some(outcome) => completed(self.result_of(&opened, &state, outcome).await)?,
        };
        Ok((opened.note, payload, said))
    }

    async fn stop_work_of(
        &self,
        id: &str,
        client: &RequestContext<RoleServer>,
    ) -> Result<(), Error> {
        let Opened { known, context, .. } = self.opened(id, client).await?;
        let state = engine::standing(&context, &known).await;
        if state.is_ok_and(|state| known.outcome(&state).is_some()) {
            return Ok(());
        }
        engine::stop(&context, &known).await
    }

    /// The task of an id, if it is of the user of one of the workspaces here and of a tool that is served.
    async fn opened(&self, id: &str, client: &RequestContext<RoleServer>) -> Result<Opened, Error> {
        let note = Note::open(id, self.seal_key.codec().await?)?;
        let tool = self.inventory.find(&note.tool)?.spec.name;
        let known = note.known()?;
        for name in self.workspaces.names() {
            let mut choice = Map::from_iter([("workspace".to_owned(), json!(name))]);
            let Ok(chosen) = self.workspaces.choose(tool, &mut choice) else {
                continue;
            };
            if chosen.workspace.transport.host().as_str() != note.host {
                continue;
            }
            let mut context = Context::new(
                Arc::clone(&chosen.workspace),
                Call::new(tool),
                client.ct.clone(),
                Progress::Silent,
            );
            context.absent = self.inventory.absent().clone();
            let patience = chosen.workspace.transport.patience();
            context.call.until = Some((Instant::now() + patience).into());
            if engine::identity(&context).await? == note.identity {
                return Ok(Opened {
                    note,
                    known,
                    chosen,
                    context,
                });
            }
        }
        Err(unknown())
    }

    /// The result of work that has ended, as the tool that follows it up tells it.
    async fn result_of(&self, opened: &Opened, state: &Value, outcome: Outcome) -> CallToolResult {
        let Opened {
            note,
            known,
            chosen,
            context,
        } = opened;
        // Its result can be asked for until the client goes, and then the context goes too.
        if let Some(own) = note.own_context(known) {
            chosen.workspace.opened.adopt(own);
        }
        let (tool, arguments) = note.follow_up(known);
        let told = match self.inventory.find(tool) {
            Ok(entry) => {
                let host = chosen.workspace.transport.host();
                match Ready::new(entry, arguments, &self.rules, host) {
                    Ok(ready) => ready.run(context).await,
                    Err(error) => Err(error),
                }
            }
            // A server of few tools tells at least how it ended.
            Err(_) => {
                let mut shown = state.clone();
                shape::fit_json(&mut shown);
                Ok(Answer::json(shown))
            }
        };
        let told = match (told, outcome) {
            (Ok(answer), Outcome::Failure) => {
                let error = hints::with_tool(known.failed(state));
                let explain = known.wait().explain;
                let error = hints::with_diagnosis(error, explain, &context.absent);
                // As the tool that was called answers it.
                let shown = match catalog::plan_of(&note.tool) {
                    Some(plan) => shape::object(state, plan.shape.fields),
                    None => answer.structured,
                };
                Err(Error::Shown {
                    error: Box::new(error),
                    state: Box::new(shown),
                })
            }
            (told, _) => told,
        };
        match chosen.signed(told) {
            Ok(answer) => self.answered(answer),
            Err(error) => self.refused(&error),
        }
    }

    /// An error as one of the protocol: an id that is of no use is the client's fault.
    fn protocol(&self, error: &Error) -> ErrorData {
        let text = self.remarked(error);
        let text = printable(&redact::text(&text)).into_owned();
        match error {
            Error::Arguments { .. } | Error::NotServed { .. } | Error::UnknownTool { .. } => {
                ErrorData::invalid_params(text, None)
            }
            _ => ErrorData::internal_error(text, None),
        }
    }
}

/// True for work that somebody has stopped.
fn was_cancelled(known: &Known, state: &Value) -> bool {
    match known.failed(state) {
        Error::Failed { state, .. } => state.to_ascii_lowercase().contains("cancel"),
        _ => false,
    }
}

fn completed(result: CallToolResult) -> Result<TaskPayload, Error> {
    match serde_json::to_value(result) {
        Ok(Value::Object(result)) => Ok(TaskPayload::Completed {
            result: JsonObject::from_iter(result),
        }),
        _ => Err(Error::Internal {
            reason: "a result cannot be written as JSON".to_owned(),
        }),
    }
}
