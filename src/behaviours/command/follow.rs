//! The arguments that name a command that was started before.

use schemars::JsonSchema;
use serde::Deserialize;

use super::context::Place;
use super::work::Command;
use crate::context::Context;
use crate::error::Error;
use crate::waiting::Patience;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Arguments {
    cluster_id: String,
    context_id: String,
    /// `id` of execute_command
    command_id: String,
    /// Close the context when the command has ended
    #[serde(default)]
    close_context: bool,
    /// Seconds
    #[serde(default)]
    wait: Option<f64>,
}

impl Arguments {
    /// The command's id.
    pub(super) fn id(&self) -> &str {
        &self.command_id
    }

    /// The context in which it runs.
    pub(super) fn place(&self) -> Place {
        Place {
            cluster_id: self.cluster_id.clone(),
            context_id: self.context_id.clone(),
        }
    }

    /// True if its context is to be closed with it: it is asked for, or the context was opened for it alone.
    pub(super) fn closes(&self, context: &Context) -> bool {
        self.close_context || context.workspace.opened.is_for_once(&self.context_id)
    }

    /// The command, to wait for.
    ///
    /// # Errors
    /// The catalog does not know how it is waited for: a fault of the build.
    pub(super) fn command<'a>(
        &self,
        context: &'a Context,
        place: &'a Place,
    ) -> Result<Command<'a>, Error> {
        let patience = Patience::of_seconds(self.wait);
        Command::follow(context, place, self.command_id.clone(), patience)
    }
}
