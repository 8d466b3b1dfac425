//! The end of work as the webhook is told it: ids and a word for its state, nothing of what it made or said.

use serde_json::Value;

use super::Known;
use crate::catalog::Outcome;
use crate::context::Context;
use crate::notify::{Ended, Place};
use crate::shape;

/// The page of a run, as the service names it.
const PAGE: &str = "run_page_url";

/// A place to follow work whose call has ended; none where nobody is to be told, or it is followed already.
#[must_use]
pub(crate) fn place(context: &Context, known: &Known) -> Option<Place> {
    let workspace = workspace(context);
    context
        .notifier
        .follow(&workspace, kind(known), known.ids())
}

/// Tells the end of work, by its last state; null where that could not be asked for.
pub(crate) fn tell_end(context: &Context, known: &Known, state: &Value) {
    let outcome = match known.outcome(state) {
        Some(Outcome::Success) => "success",
        Some(Outcome::Failure) => "failure",
        None => "unknown",
    };
    let ids = known.ids().clone();
    let id = ids.values().next_back().map(|id| match id {
        Value::String(id) => id.clone(),
        other => other.to_string(),
    });
    let link = shape::text_at(state, PAGE);
    context.notifier.tell(Ended {
        kind: kind(known).to_owned(),
        id: id.unwrap_or_default(),
        ids,
        state: if outcome == "unknown" {
            outcome.to_owned()
        } else {
            known.result(state)
        },
        outcome,
        workspace: workspace(context),
        tool: context.call.tool.to_string(),
        request_id: context.call.id.to_string(),
        seconds: context.since.elapsed().as_secs_f64(),
        link: (!link.is_empty()).then_some(link),
    });
}

/// The kind of work, by the service that tells its state.
fn kind(known: &Known) -> &'static str {
    match known.wait().poll.operation.split_once('.') {
        Some(("jobs", _)) => "run",
        Some(("statement_execution", _)) => "statement",
        Some(("command_execution", _)) => "command",
        Some((service, _)) => service,
        None => "work",
    }
}

fn workspace(context: &Context) -> String {
    let host = || context.workspace.transport.host().host_str();
    let named = context.call.usage.workspace().or_else(host);
    named.unwrap_or_default().to_owned()
}
