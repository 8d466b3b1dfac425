//! An execution context: opening it, closing it, and closing at the end what a client left behind.

use std::sync::Arc;

use databricks_client::types::{
    CommandExecutionCreateRequest, CommandExecutionDestroyRequest, ComputeCommandStatus,
    ComputeContextStatusResponse,
};
use databricks_client::{CommandExecutionCommandStatusParams, CommandExecutionContextStatusParams};
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::context::{Context, Progress, Workspace};
use crate::error::Error;
use crate::opened::Opened;
use crate::transport::{Call, typed_answer};
use crate::waiting::{self, Ended, Known, Patience, Work};

/// The place of a command.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) cluster_id: String,
    pub(super) context_id: String,
}

/// A context that was asked for, and the end of the wait for it.
pub(super) struct Opening {
    pub(super) place: Place,
    pub(super) ended: Result<Ended<ComputeContextStatusResponse>, Error>,
}

/// Opens a context and waits until it takes commands. It is noted as open, whatever the wait comes to.
pub(super) async fn open(
    context: &Context,
    cluster_id: &str,
    language: String,
    once: bool,
    patience: Patience,
) -> Result<Opening, Error> {
    let create = CommandExecutionCreateRequest {
        cluster_id: Some(cluster_id.to_owned()),
        language: Some(language.into()),
    };
    let called = context.client().command_execution_create(&create).await;
    let created = typed_answer("command_execution.create", called)?;
    let place = Place {
        cluster_id: cluster_id.to_owned(),
        context_id: created.id.clone().unwrap_or_default(),
    };
    let known = Known::started("command_execution.create", &create, &created)?;
    context.workspace.opened.note(Opened {
        cluster_id: place.cluster_id.clone(),
        context_id: place.context_id.clone(),
        command_id: None,
        once,
    });
    let work = Waiting {
        context,
        known,
        place: &place,
        patience,
    };
    let ended = waiting::until_ended(&work, context, None).await;
    Ok(Opening { place, ended })
}

/// Closes a context out of reach of a cancel. Returns the reason where it is still there.
pub(super) async fn close(context: &Context, place: &Place) -> Option<String> {
    let mut cleaning = context.uncancelled();
    if context.workspace.opened.is_for_once(&place.context_id) {
        // Nobody but this process knows of it.
        cleaning = cleaning.as_means();
    }
    let closed = destroy(&cleaning, &place.cluster_id, &place.context_id).await;
    let Err(error) = closed else {
        context.workspace.opened.closed(&place.context_id);
        return None;
    };
    let context_id = &place.context_id;
    tracing::warn!(%context_id, kind = error.kind(), "the context could not be closed");
    Some(format!(
        "context {context_id} could not be closed, destroy_execution_context does: {error}"
    ))
}

async fn destroy(context: &Context, cluster_id: &str, context_id: &str) -> Result<(), Error> {
    let destroy = CommandExecutionDestroyRequest {
        cluster_id: cluster_id.to_owned(),
        context_id: context_id.to_owned(),
    };
    let called = context.client().command_execution_destroy(&destroy).await;
    typed_answer("command_execution.destroy", called)
}

/// Closes the contexts that this process has opened in a workspace and that nobody has closed, once its client is
/// gone. One whose command still runs stays, so that the command can be followed from elsewhere.
pub async fn close_opened(workspace: &Arc<Workspace>) {
    let closing = workspace.opened.take();
    join_all(closing.iter().map(|one| close_one(workspace, one))).await;
}

async fn close_one(workspace: &Arc<Workspace>, one: &Opened) {
    let context = Context::new(
        Arc::clone(workspace),
        Call::new("destroy_execution_context"),
        CancellationToken::new(),
        Progress::Silent,
    );
    let context = context.as_means();
    let Opened {
        cluster_id,
        context_id,
        ..
    } = one;
    if let Some(command_id) = &one.command_id {
        let client = context.client();
        let called = client.command_execution_command_status(CommandExecutionCommandStatusParams {
            cluster_id,
            command_id,
            context_id,
        });
        let status = typed_answer("command_execution.command_status", called.await);
        let over = [
            ComputeCommandStatus::Finished,
            ComputeCommandStatus::Cancelled,
            ComputeCommandStatus::Error,
        ];
        let goes_on = |status: &ComputeCommandStatus| !over.contains(status);
        if let Ok(status) = status
            && status.status.as_ref().is_none_or(goes_on)
        {
            tracing::warn!(%cluster_id, %context_id, %command_id, "left behind, since the command still runs");
            return;
        }
    }
    // One that the client has closed itself is not there.
    if let Err(error) = destroy(&context, cluster_id, context_id).await {
        tracing::info!(%context_id, kind = error.kind(), "a context could not be closed at the end");
    }
}

/// A context that is opening.
struct Waiting<'a> {
    context: &'a Context,
    known: Known,
    place: &'a Place,
    patience: Patience,
}

impl Work for Waiting<'_> {
    type State = ComputeContextStatusResponse;

    fn known(&self) -> &Known {
        &self.known
    }

    async fn ask(&self) -> Result<ComputeContextStatusResponse, Error> {
        let client = self.context.client();
        let called = client.command_execution_context_status(CommandExecutionContextStatusParams {
            cluster_id: &self.place.cluster_id,
            context_id: &self.place.context_id,
        });
        typed_answer("command_execution.context_status", called.await)
    }

    fn patience(&self) -> Patience {
        self.patience
    }

    /// Does nothing: whoever opened it closes it.
    async fn cancel(&self) -> Result<(), Error> {
        Ok(())
    }
}
