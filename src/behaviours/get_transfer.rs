//! `get_transfer`: waits for an upload or download that goes on after its call.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Behaviour;
use super::transfer::{self, Moved};
use super::typed::arguments;
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;
use crate::transfers::Transfer;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Moved>("get_transfer", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Of upload_file or download_file
    transfer_id: String,
    /// Seconds
    #[serde(default)]
    wait: Option<f64>,
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let transfer = find(context, &arguments.transfer_id)?;
    let longest = context.workspace.answer_within;
    let wait = arguments
        .wait
        .and_then(|wait| Duration::try_from_secs_f64(wait).ok());
    let within = wait.unwrap_or(longest).min(longest);
    transfer::follow(context, &transfer, within).await
}

/// The transfer of this id.
pub(super) fn find(context: &Context, id: &str) -> Result<std::sync::Arc<Transfer>, Error> {
    context.workspace.transfers.get(id).ok_or_else(|| Error::Failed {
        what: format!("transfer_id {id}"),
        state: "unknown".to_owned(),
        message: "its outcome was told already, or the server was restarted, which ends every transfer".to_owned(),
        hint: Some("look at the target; a transfer that ended early left nothing there".to_owned()),
    })
}
