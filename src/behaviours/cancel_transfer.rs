//! `cancel_transfer`: stops an upload or download, which removes what it has half written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Behaviour;
use super::get_transfer::find;
use super::transfer::{self, Moved};
use super::typed::arguments;
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Moved>("cancel_transfer", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Of upload_file or download_file
    transfer_id: String,
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let transfer = find(context, &arguments.transfer_id)?;
    match transfer::stop(context, &transfer).await {
        Err(Error::Cancelled { what }) => Moved {
            state: "cancelled".to_owned(),
            bytes: transfer.meter.read().0,
            note: Some(format!("Stopped {what}; nothing half-written is left")),
            ..Moved::default()
        }
        .answer(),
        // It had ended before.
        outcome => outcome,
    }
}
