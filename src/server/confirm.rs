//! Asking the user before something is destroyed: by elicitation where the client can, else the tool's answer is the question.

use std::collections::BTreeMap;
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use rmcp::model::{
    CallToolRequestParams, CancelledNotificationParam, ClientResult, ElicitRequest,
    ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema, InputRequest,
    InputRequiredResult, JsonObject, ProtocolVersion, RequestStateCodec, SealOptions,
    ServerRequest,
};
use rmcp::service::{PeerRequestOptions, RequestContext, ServiceError};
use rmcp::{Peer, RoleServer};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::settings::{Given, setting};

/// Below the five minutes after which clients give up on a call.
const PATIENCE: Duration = Duration::from_secs(240);
/// How long an answer to a sealed question counts.
const SEALED_FOR: Duration = Duration::from_secs(600);
/// The question's name in a round of requests, its one field, and the argument of tools that stands for its answer.
pub(super) const CONFIRM: &str = "confirm";

/// How destructive calls are confirmed.
#[derive(Debug, Clone)]
pub struct Confirmation {
    /// Nobody is asked: the user agreed to everything when starting the server.
    pub yes: bool,
    /// How long a client of a session may take to answer.
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
    /// A setting does not take its value.
    pub fn of(given: &Given) -> Result<Self, Error> {
        Ok(Self {
            yes: given.read(setting::YES)?.unwrap_or_default(),
            patience: given.read(setting::CONFIRM_TIMEOUT)?.unwrap_or(PATIENCE),
        })
    }
}

/// How the client of a call can be asked.
pub(super) enum Way {
    /// By a request of ours, answered while the call waits.
    Request,
    /// By an answer that is a question; the client calls again with the user's.
    Round,
}

/// The way that the client of this call declared, if any.
pub(super) fn way(context: &RequestContext<RoleServer>) -> Option<Way> {
    let elicitation = context.client_capabilities()?.elicitation?;
    // Declaring neither mode means forms, the only mode there was at first.
    let forms = elicitation.form.is_some() || elicitation.url.is_none();
    let stands_alone = context.protocol_version()? >= ProtocolVersion::V_2026_07_28;
    forms.then_some(if stands_alone {
        Way::Round
    } else {
        Way::Request
    })
}

/// Asks by a request and waits for the answer, not for ever.
///
/// # Errors
/// The user said no, nobody answered, the client cannot after all, or it cancelled the call.
pub(super) async fn ask(
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
            // The client is the one that cancelled; it may be gone.
            let _ = peer.notify_cancelled(over).await;
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

/// Seals questions, so that an agreement counts for the very call it was given to, and for a while only.
#[derive(Debug, Clone)]
pub(super) struct Seal(RequestStateCodec);

impl Seal {
    /// A seal that only this process can make and check.
    pub(super) fn new() -> Result<Self, Error> {
        let fault = |reason: String| Error::Internal { reason };
        let mut key = [0; RequestStateCodec::MIN_KEY_LENGTH];
        SystemRandom::new()
            .fill(&mut key)
            .map_err(|_| fault("the system gives no random bytes".to_owned()))?;
        let codec = RequestStateCodec::try_new(key).map_err(|error| fault(error.to_string()))?;
        Ok(Self(codec))
    }

    /// The answer that is a question.
    pub(super) fn question(&self, binding: &Binding, question: &str) -> InputRequiredResult {
        self.question_for(binding, question, SEALED_FOR)
    }

    fn question_for(
        &self,
        binding: &Binding,
        question: &str,
        ttl: Duration,
    ) -> InputRequiredResult {
        let options = SealOptions::new().associated_data(&binding.0).ttl(ttl);
        let state = self.0.seal_with(question.as_bytes(), &options);
        let asked = BTreeMap::from([(
            CONFIRM.to_owned(),
            InputRequest::Elicitation(form(question)),
        )]);
        InputRequiredResult::new(Some(asked), Some(state))
    }

    /// Whether a call brings the user's agreement; where it brings none that counts, it is to be asked anew.
    ///
    /// # Errors
    /// The user said no.
    pub(super) fn open(
        &self,
        binding: &Binding,
        request: &CallToolRequestParams,
    ) -> Result<bool, Error> {
        let responses = request.input_responses.as_ref();
        let answer = responses.and_then(|answers| answers.get(CONFIRM));
        let (Some(answer), Some(state)) = (answer, &request.request_state) else {
            return Ok(false);
        };
        let question = match self.0.open_with(state, &binding.0) {
            Ok(question) => String::from_utf8_lossy(&question).into_owned(),
            Err(reason) => {
                tracing::warn!(%reason, "an agreement does not belong to this call");
                return Ok(false);
            }
        };
        match serde_json::from_value(answer.clone()) {
            Ok(answer) => agreed(&answer, &question).map(|()| true),
            Err(_) => Ok(false),
        }
    }
}

/// The call an agreement is given to: tool and arguments, whatever their order.
pub(super) struct Binding(Vec<u8>);

impl Binding {
    pub(super) fn of(tool: &str, arguments: &JsonObject) -> Self {
        let mut arguments = Value::Object(arguments.clone());
        arguments.sort_all_objects();
        Self(format!("{tool} {arguments}").into_bytes())
    }
}

fn form(question: &str) -> ElicitRequest {
    let schema = ElicitationSchema::builder()
        .required_bool_property(CONFIRM, |field| field.title("Yes, do it"))
        .build_unchecked();
    ElicitRequest::new(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: question.to_owned(),
        requested_schema: schema,
    })
}

/// Only a form that was sent off with a yes in it agrees.
fn agreed(answer: &ElicitResult, question: &str) -> Result<(), Error> {
    let yes = answer.content.as_ref().and_then(|form| form.get(CONFIRM));
    match (&answer.action, yes) {
        (ElicitationAction::Accept, Some(Value::Bool(true))) => Ok(()),
        _ => Err(Error::Declined {
            question: question.to_owned(),
        }),
    }
}

#[cfg(test)]
#[path = "confirm_tests.rs"]
mod tests;
