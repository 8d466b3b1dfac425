//! The life of one call, step by step: found, validated, agreed to, run, told.

use std::sync::Arc;
use std::time::Instant;

use rmcp::RoleServer;
use rmcp::model::{CallToolRequestParams, CallToolResult, ContentBlock, Implementation};
use rmcp::service::RequestContext;

use super::confirm::Agreement;
use super::seal::Binding;
use super::tasks::{self, Wanted};
use super::{Outcome, Server, cached, isolation, resources, roots, shaping, turns};
use crate::context::{Context, LocalRoots, Progress, Whole};
use crate::engine;
use crate::error::Error;
use crate::redact;
use crate::resources::{preview, subject};
use crate::shape::{ANSWER_BYTES, Answer, printable};
use crate::stakes::Stakes;
use crate::tally::Ending;
use crate::tools;
use crate::tools::Ready;
use crate::transport::Call;
use crate::workspaces::Chosen;

impl Server {
    /// Finds the tool by its name, validates and judges the call, obtains the user's agreement if the policy asks
    /// for it, and runs the call once. Before it runs, nothing is sent but a look at what a question is
    /// about, or at the names among which the caller has one in place of an id.
    pub(super) async fn call(
        &self,
        call: &Call,
        request: CallToolRequestParams,
        client: &RequestContext<RoleServer>,
    ) -> Result<Outcome, Error> {
        let entry = self.inventory.find(&call.tool)?;
        let tool = entry.spec.name;
        let given = request.arguments.clone().unwrap_or_default();
        let mut arguments = entry.canonical(given)?;
        let room = self.shaping.take_room(entry, &mut arguments)?;
        let chosen = self.workspaces.choose(tool, &mut arguments)?;
        let usage = Arc::clone(&call.usage);
        usage.goes_to(chosen.address());
        let ended = |since: Instant, outcome: Result<Answer, Error>| {
            let ending = Ending::of(outcome.as_ref().err(), &usage);
            let tally = &chosen.workspace.tally;
            tally.count(tool, ending, since.elapsed());
            chosen.signed(outcome)
        };
        let host = chosen.workspace.transport.host();
        // Limits go by the tool's own name, not by the alias it was called with.
        let call = Call {
            tool: tool.into(),
            client: client.client_info().map(named),
            urgent: turns::is_always_served(tool),
            ..call.clone()
        };
        let progress = Progress::new(client.peer.clone(), client.meta.get_progress_token());
        let workspace = Arc::clone(&chosen.workspace);
        let mut context = Context::new(workspace, call, client.ct.clone(), progress);
        context.room = room;
        context.absent = self.inventory.absent().clone();
        context.leaving = self.leaving.clone();
        context.notifier = self.notifier.clone();
        context.vitals = Arc::clone(&self.vitals);
        context.roots = LocalRoots {
            configured: self.roots.clone(),
            client: (!self.roots.is_closed() && roots::declared(client))
                .then(|| client.peer.clone()),
        };
        // Whether its answer can be asked for again, only the operation knows. A client without links has no way to it.
        let keeps = tool == "api_call" && resources::knows_links(client);
        context.whole = keeps.then(Whole::default);
        // Arguments that may be names are looked at again if they do not fit.
        let asked = (!entry.spec.nearest.is_empty()).then(|| arguments.clone());
        let ready = match (Ready::new(entry, arguments, &self.rules, host), asked) {
            (Ok(ready), _) => ready,
            (Err(error), asked) => {
                let error = match asked {
                    Some(asked) => tools::explained(entry, &context, &asked, error).await,
                    None => error,
                };
                return ended(context.since, Err(error)).map(Outcome::Answered);
            }
        };
        match self
            .agreement(&ready, &chosen, &context, &request, client)
            .await?
        {
            Agreement::Given => {}
            Agreement::Pending(question) => return Ok(Outcome::Asked(question)),
            Agreement::Missing(error) => {
                return ended(context.since, Err(error)).map(Outcome::Answered);
            }
        }
        let question = cached::question(&ready, &chosen);
        if let Some(question) = &question
            && let Some((answer, age)) = chosen.workspace.cache.answer(question, Instant::now())
        {
            let answer = ended(Instant::now(), Ok(answer))?;
            return Ok(Outcome::Cached(answer, age));
        }
        // The wait for the turn counts, for the client it is a part of the call; the user's time to answer does not.
        context.since = Instant::now();
        let patience = chosen.workspace.transport.patience();
        // What it waits for is asked after as long as the call may take.
        let longest = patience.max(chosen.workspace.answer_within);
        context.call.until = Some((context.since + longest).into());
        let waiting = self.vitals.wait();
        let turn = match self.rates.turn(tool, &client.ct).await {
            Ok(()) => {
                let turn = self.turns.of(tool, &client.ct, patience).await;
                // It fails by a cancel, which is told apart, or because time ran out.
                usage.note_timeout(turn.is_err());
                turn
            }
            Err(error) => Err(error),
        };
        drop(waiting);
        let _turn = match turn {
            Ok(turn) => turn,
            Err(error) => return ended(context.since, Err(error)).map(Outcome::Answered),
        };
        let wanted = Wanted::of(entry.spec, ready.arguments(), client);
        if wanted.is_some() {
            context.within = context.within.min(tasks::AT_ONCE);
            context.as_task = true;
        }
        let changes = ready.changes();
        chosen.workspace.cache.drop_changed(&changes);
        let subject = subject(tool, ready.arguments());
        let asked = ready.arguments().get("offset").cloned();
        let mut ran = isolation::isolated(ready.run(&context), engine::stop_left(&context)).await;
        chosen.workspace.cache.drop_changed(&changes);
        if let Ok(answer) = &mut ran {
            self.link(answer, subject.as_ref(), &chosen, &context);
            if !resources::knows_links(client) {
                answer.links.clear();
            }
            if !answer.links.is_empty() {
                preview(answer, asked.as_ref());
            }
            cached::keep(question, entry.spec, answer, &chosen);
        }
        let ran = match ran {
            Ok(answer) if room < ANSWER_BYTES => Ok(shaping::fitted(answer, room)),
            other => other,
        };
        let answer = ended(context.since, ran)?;
        self.follow_left(&context);
        Ok(match self.begun(wanted, &context).await {
            Some(task) => Outcome::Begun(task),
            None => Outcome::Answered(answer),
        })
    }

    /// An answer as clients get it.
    pub(super) fn answered(&self, mut answer: Answer) -> CallToolResult {
        let absent = self.inventory.absent();
        absent.remark_on(&mut answer.text, &mut answer.structured);
        self.shaping.result(answer.without_signatures())
    }

    /// An error as clients get it.
    pub(super) fn refused(&self, error: &Error) -> CallToolResult {
        let text = redact::text(&self.remarked(error)).into_owned();
        let Some(state) = error.state() else {
            return CallToolResult::error(vec![ContentBlock::text(printable(&text))]);
        };
        let mut state = state.into_owned();
        redact::text_in(&mut state);
        self.shaping
            .failure(Answer::new(text, state).without_signatures())
    }

    /// The text of an error; a tool that it names and that is not served is said to be so.
    pub(super) fn remarked(&self, error: &Error) -> String {
        let text = error.text();
        match error {
            // It says so itself.
            Error::NotServed { .. } | Error::UnknownTool { .. } => text,
            _ => self.inventory.absent().remarked(text),
        }
    }

    /// The user's agreement to a call, where the policy asks for it. What is there is looked at before the question.
    async fn agreement(
        &self,
        ready: &Ready,
        chosen: &Chosen,
        context: &Context,
        request: &CallToolRequestParams,
        client: &RequestContext<RoleServer>,
    ) -> Result<Agreement, Error> {
        let Some(question) = ready.question.clone() else {
            return Ok(Agreement::Given);
        };
        let binding = Binding::of(ready.tool(), chosen.name(), ready.arguments());
        if self
            .consent
            .is_given(&binding, ready.confirmed, request, client)?
        {
            return Ok(Agreement::Given);
        }
        let question = match ready.look(context).await {
            Stakes::Missing(error) => return Ok(Agreement::Missing(error)),
            Stakes::Nothing => return Ok(Agreement::Given),
            Stakes::Known(None) => question,
            Stakes::Known(Some(what)) => question.with(&what),
        };
        let question = match chosen.name() {
            Some(workspace) => question.about(workspace),
            None => question,
        };
        self.consent.ask(&binding, question, client).await
    }
}

/// A client's name and version.
fn named(client: Implementation) -> Arc<str> {
    format!("{} {}", client.name, client.version).into()
}
