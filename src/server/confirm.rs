//! The user's agreement to a call that the policy asks about. A client that supports elicitation asks its user;
//! any other gets the question as the tool's answer.

use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CancelledNotificationParam, ClientResult, InputRequiredResult,
    ProtocolVersion, ServerRequest,
};
use rmcp::service::{PeerRequestOptions, RequestContext, ServiceError};
use rmcp::{Peer, RoleServer};
use tokio_util::sync::CancellationToken;

use super::seal::{Binding, SEALED_FOR, Seal, agreed, form};
use crate::error::Error;
use crate::policy::Question;
use crate::settings::{Given, setting};

/// The default patience, below the five minutes after which clients give up on a call.
const PATIENCE: Duration = Duration::from_secs(240);

/// The settings for confirming destructive calls.
#[derive(Debug, Clone)]
pub struct Confirmation {
    /// Nobody is asked: the user agreed to everything when starting the server.
    pub yes: bool,
    /// The time that a client of a session has to answer.
    pub patience: Duration,
}

impl Default for Confirmation {
    fn default() -> Self {
        Self {
            yes: false,
            patience: PATIENCE,
        }
    }
}

impl Confirmation {
    /// Reads the settings of the user.
    ///
    /// # Errors
    /// Fails if a setting does not take its value.
    pub fn of(given: &Given) -> Result<Self, Error> {
        Ok(Self {
            yes: given.read(setting::YES)?.unwrap_or_default(),
            patience: given.read(setting::CONFIRM_TIMEOUT)?.unwrap_or(PATIENCE),
        })
    }

    /// The time for which an answer to a sealed question counts: five minutes, less for a less patient user.
    fn sealed_for(&self) -> Duration {
        if self.patience < PATIENCE {
            self.patience
        } else {
            SEALED_FOR
        }
    }
}

/// The time to tell a client that a question is over.
const LAST_WORD: Duration = Duration::from_millis(100);

/// The answer to a question, as far as there is one.
pub(super) enum Agreement {
    /// The call may run.
    Given,
    /// The client is to ask its user and to call again.
    Pending(InputRequiredResult),
    /// There is nothing to agree to: the thing that the call is about does not exist.
    Missing(Error),
}

/// Obtains the user's agreement.
#[derive(Debug, Clone)]
pub(super) struct Consent {
    pub(super) confirmation: Confirmation,
    seal: Seal,
}

impl Consent {
    /// Asks as by default; agreements count in this process only.
    ///
    /// # Errors
    /// Fails if the system has no random bytes.
    pub(super) fn new() -> Result<Self, Error> {
        Ok(Self {
            confirmation: Confirmation::default(),
            seal: Seal::new()?,
        })
    }

    /// True if the agreement to a call is there without a question: by a setting, by a model's word where the user
    /// cannot be asked, or by the answer that the call brings along.
    ///
    /// # Errors
    /// Fails if that answer is no.
    pub(super) fn is_given(
        &self,
        binding: &Binding,
        confirmed: bool,
        request: &CallToolRequestParams,
        client: &RequestContext<RoleServer>,
    ) -> Result<bool, Error> {
        if self.confirmation.yes {
            return Ok(true);
        }
        match elicitation(client) {
            // A model's word for the user's does not count where the user can be asked.
            None => Ok(confirmed),
            Some(Elicitation::ByRequest) => Ok(false),
            Some(Elicitation::ByResult) => self.seal.open(binding, request),
        }
    }

    /// Asks for the agreement to a call in the way its client can.
    ///
    /// # Errors
    /// Fails if the user said no or did not answer. If the client cannot ask, the error is the question.
    pub(super) async fn ask(
        &self,
        binding: &Binding,
        question: Question,
        client: &RequestContext<RoleServer>,
    ) -> Result<Agreement, Error> {
        let text = question.to_string();
        match elicitation(client) {
            None => Err(question.into()),
            Some(Elicitation::ByRequest) => {
                let patience = self.confirmation.patience;
                ask(&client.peer, &client.ct, patience, &text).await?;
                Ok(Agreement::Given)
            }
            Some(Elicitation::ByResult) => {
                let ttl = self.confirmation.sealed_for();
                let asked = self.seal.question(binding, &text, ttl)?;
                Ok(Agreement::Pending(asked))
            }
        }
    }
}

/// A form of elicitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Elicitation {
    /// The server sends a request, which the client answers while the call waits.
    ByRequest,
    /// The call's result is the question; the client calls again with the answer.
    ByResult,
}

/// The form of elicitation that the client of this call takes, if any.
fn elicitation(context: &RequestContext<RoleServer>) -> Option<Elicitation> {
    let declared = context.client_capabilities()?.elicitation?;
    // Declaring neither mode means forms, the only mode there was at first.
    let forms = declared.form.is_some() || declared.url.is_none();
    let form = if context.protocol_version()? >= ProtocolVersion::V_2026_07_28 {
        Elicitation::ByResult
    } else {
        Elicitation::ByRequest
    };
    forms.then_some(form)
}

/// Asks by a request and waits for the answer, at most for the user's patience.
///
/// # Errors
/// Fails if the user said no, nobody answered, the client cannot ask after all, or it cancelled the call.
async fn ask(
    peer: &Peer<RoleServer>,
    cancel: &CancellationToken,
    patience: Duration,
    question: &str,
) -> Result<(), Error> {
    let unasked = |reason: String| Error::Unasked {
        question: question.to_owned(),
        reason,
    };
    let options = PeerRequestOptions::with_timeout(patience);
    let request = ServerRequest::ElicitRequest(form(question));
    let asked = peer.send_request_with_option(request, options).await;
    let asked = asked.map_err(|error| unasked(format!("the client cannot be asked: {error}")))?;
    let id = asked.id.clone();
    let answer = tokio::select! {
        answer = asked.await_response() => answer,
        () = cancel.cancelled() => {
            let over = CancelledNotificationParam::new(Some(id), Some("the call was cancelled".to_owned()));
            // The client is the one that cancelled; it may be gone, and then nobody takes the line.
            let _ = tokio::time::timeout(LAST_WORD, peer.notify_cancelled(over)).await;
            return Err(Error::Cancelled { what: format!("the question `{question}`") });
        }
    };
    match answer {
        Ok(ClientResult::ElicitResult(answer)) => agreed(&answer, question),
        Ok(_) => Err(unasked("the client's answer cannot be read".to_owned())),
        Err(ServiceError::Timeout { .. }) => Err(unasked(format!(
            "nobody answered within {} s",
            patience.as_secs()
        ))),
        Err(error) => Err(unasked(format!("the client could not ask: {error}"))),
    }
}

#[cfg(test)]
#[path = "confirm_tests.rs"]
mod tests;
