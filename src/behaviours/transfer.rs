//! Uploads and downloads as calls: one that takes too long goes on by itself, and is followed by its id.

use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::typed::structured;
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::notify::Ended;
use crate::progress::Share;
use crate::shape::{self, Answer};
use crate::transfers::{Meter, Transfer};

/// The time for a cancelled transfer to remove what it has half written.
const CLEANED_UP_WITHIN: Duration = Duration::from_secs(10);

/// Things left out that an answer names.
const NAMED: usize = 20;
/// The kind of work that the webhook is told.
const KIND: &str = "transfer";

/// Transfers between two reports of progress.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// How a transfer stands, or what it came to.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Moved {
    /// `done`, or `running`.
    pub(super) state: String,
    /// Where it is now.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) path: String,
    /// `file`, `folder` or `notebook`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub(super) kind: String,
    /// Bytes that were moved.
    pub(super) bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) total_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) files: Option<usize>,
    /// Files that were the same already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unchanged: Option<usize>,
    /// What was read back is what was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verified: Option<bool>,
    /// What was left out, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) left_out: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transfer_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
}

impl Moved {
    /// A transfer that has come to its end.
    pub(super) fn done(path: String, kind: &str, meter: &Meter) -> Self {
        Self {
            state: "done".to_owned(),
            path,
            kind: kind.to_owned(),
            bytes: meter.read().0,
            ..Self::default()
        }
    }

    /// The same as an answer.
    pub(super) fn answer(&self) -> Result<Answer, Error> {
        let mut text = format!("{}: {}", self.state, shape::counted(self.bytes, "byte"));
        if let Some(total) = self.total_bytes {
            text.push_str(&format!(" of {total}"));
        }
        if !self.path.is_empty() {
            text.push_str(&format!(", path `{}`", self.path));
        }
        if !self.kind.is_empty() {
            text.push_str(&format!(", type `{}`", self.kind));
        }
        if let Some(files) = self.files {
            text.push_str(&format!(", {}", shape::counted(files, "file")));
        }
        if let Some(unchanged) = self.unchanged {
            text.push_str(&format!(", {unchanged} unchanged"));
        }
        if self.verified == Some(true) {
            text.push_str(", verified by reading it back");
        }
        for left_out in &self.left_out {
            text.push_str(&format!("\nleft out: {left_out}"));
        }
        if let Some(id) = &self.transfer_id {
            text.push_str(&format!("\ntransfer_id: {id}"));
        }
        if let Some(note) = &self.note {
            text.push_str(&format!("\n{note}"));
        }
        Ok(Answer::new(text, structured(self)?))
    }
}

/// The first of the things that were left out, and how many more there are.
pub(super) fn few(mut left_out: Vec<String>) -> Vec<String> {
    let more = left_out.len().saturating_sub(NAMED);
    left_out.truncate(NAMED);
    left_out.extend((more > 0).then(|| format!("{more} more")));
    left_out
}

/// Does `work` as a transfer, and answers with its outcome, or with its id if it takes too long.
///
/// # Errors
/// The transfer's own; or the client cancelled, and then so was the transfer.
pub(super) async fn run<F>(
    context: &Context,
    what: String,
    work: impl FnOnce(Context, Arc<Meter>) -> F,
) -> Result<Answer, Error>
where
    F: Future<Output = Result<Answer, Error>> + Send + 'static,
{
    run_within(context, what, context.workspace.answer_within, work).await
}

/// As [`run`], with the time that the call waits for the outcome at most.
pub(super) async fn run_within<F>(
    context: &Context,
    what: String,
    within: Duration,
    work: impl FnOnce(Context, Arc<Meter>) -> F,
) -> Result<Answer, Error>
where
    F: Future<Output = Result<Answer, Error>> + Send + 'static,
{
    let (meter, cancel) = (Arc::new(Meter::default()), CancellationToken::new());
    let own = context.on_its_own(cancel.clone());
    let work = work(own, Arc::clone(&meter));
    let transfer = context.workspace.transfers.start(what, meter, cancel, work);
    follow(context, &transfer, within).await
}

/// Waits for a transfer, for `within` from the call's begin at most.
///
/// # Errors
/// As [`run`].
pub(super) async fn follow(
    context: &Context,
    transfer: &Arc<Transfer>,
    within: Duration,
) -> Result<Answer, Error> {
    let transfers = &context.workspace.transfers;
    let until = context.since + within;
    loop {
        let pause = REPORT_EVERY.min(until.saturating_duration_since(Instant::now()));
        tokio::select! {
            biased;
            outcome = transfer.outcome() => {
                transfers.forget(&transfer.id);
                if context.notifier.tells_after(context.since.elapsed()) {
                    told(context, transfer, &outcome);
                }
                return outcome;
            }
            () = context.cancel.cancelled() => return stop(context, transfer).await,
            () = tokio::time::sleep(pause) => {}
        }
        if Instant::now() >= until {
            tell_later(context, transfer);
            return standing(transfer).answer();
        }
        let (done, total) = transfer.meter.read();
        let share = Share::of(done, total);
        let said = match (transfer.meter.awaits(), share) {
            (Some(awaits), _) => awaits,
            (None, Some(_)) => format!("{done} of {}", shape::counted(total, "byte")),
            (None, None) => shape::counted(done, "byte"),
        };
        context.progress.report(said, share).await;
    }
}

/// Cancels a transfer and waits until it has removed what it has half written.
///
/// # Errors
/// It failed before; or it did not end in time, and may leave something behind.
pub(super) async fn stop(context: &Context, transfer: &Transfer) -> Result<Answer, Error> {
    transfer.cancel.cancel();
    let outcome = tokio::time::timeout(CLEANED_UP_WITHIN, transfer.outcome()).await;
    context.workspace.transfers.forget(&transfer.id);
    outcome.unwrap_or_else(|_| {
        Err(Error::Failed {
            what: format!("the {}", transfer.what),
            state: "cancelled".to_owned(),
            message: "it did not end in time, and may leave something half-written".to_owned(),
            hint: None,
        })
    })
}

/// Has the webhook told the end of a transfer that goes on without its call.
fn tell_later(context: &Context, transfer: &Arc<Transfer>) {
    let ids = ids(transfer);
    let Some(place) = context.notifier.follow(workspace(context), KIND, &ids) else {
        return;
    };
    let own = context.on_its_own(CancellationToken::new());
    let transfer = Arc::clone(transfer);
    tokio::spawn(async move {
        let _place = place;
        // It ends with the process at the latest.
        let outcome = transfer.outcome().await;
        told(&own, &transfer, &outcome);
    });
}

/// Tells the webhook the end of a transfer.
fn told(context: &Context, transfer: &Transfer, outcome: &Result<Answer, Error>) {
    let (state, outcome) = match outcome {
        Ok(_) => ("done", "success"),
        Err(_) if transfer.cancel.is_cancelled() => ("cancelled", "failure"),
        Err(_) => ("failed", "failure"),
    };
    context.notifier.tell(Ended {
        kind: KIND.to_owned(),
        id: transfer.id.clone(),
        ids: ids(transfer),
        state: state.to_owned(),
        outcome,
        workspace: workspace(context).to_owned(),
        tool: context.call.tool.to_string(),
        request_id: context.call.id.to_string(),
        seconds: context.since.elapsed().as_secs_f64(),
        link: None,
    });
}

fn ids(transfer: &Transfer) -> Map<String, Value> {
    Map::from_iter([("transfer_id".to_owned(), transfer.id.clone().into())])
}

fn workspace(context: &Context) -> &str {
    context.call.usage.workspace().unwrap_or_default()
}

/// How a transfer stands that goes on.
fn standing(transfer: &Transfer) -> Moved {
    let (done, total) = transfer.meter.read();
    let awaits = transfer.meter.awaits();
    Moved {
        state: "running".to_owned(),
        bytes: done,
        total_bytes: (total > 0).then_some(total),
        transfer_id: Some(transfer.id.clone()),
        note: Some(format!(
            "The {} goes on{}; {}",
            transfer.what,
            awaits.map_or_else(String::new, |awaits| format!(", now {awaits}")),
            hints::follows_transfer()
        )),
        ..Moved::default()
    }
}
