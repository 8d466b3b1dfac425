//! The form in which a user agrees to a call, and the seal by which an agreement belongs to one call and counts once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ring::rand::{SecureRandom, SystemRandom};
use rmcp::model::{
    CallToolRequestParams, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationSchema, InputRequest, InputRequiredResult, JsonObject, RequestStateCodec,
    SealOptions,
};
use serde_json::{Value, json};

use crate::error::Error;

/// The time for which an answer to a sealed question counts, unless the user has set a shorter one.
pub(super) const SEALED_FOR: Duration = Duration::from_secs(300);
/// The name of the question where it is an answer, and of its one field.
pub(super) const CONFIRM: &str = "confirm";
/// Bytes of the number by which a seal counts once.
const NUMBER: usize = 16;

/// Seals questions, so that an agreement counts once, for the very call it was given to, and for a while only.
#[derive(Debug, Clone)]
pub(super) struct Seal {
    codec: RequestStateCodec,
    /// Numbers of the seals that an answer has used up, until they would be too old anyway.
    used: Arc<Mutex<HashMap<[u8; NUMBER], Instant>>>,
}

impl Seal {
    /// A seal that only this process can make and check.
    ///
    /// # Errors
    /// Fails if the system has no random bytes.
    pub(super) fn new() -> Result<Self, Error> {
        let mut key = [0; RequestStateCodec::MIN_KEY_LENGTH];
        fill(&mut key)?;
        let codec = RequestStateCodec::try_new(key).map_err(|error| Error::Internal {
            reason: error.to_string(),
        })?;
        Ok(Self {
            codec,
            used: Arc::default(),
        })
    }

    /// The answer that is a question, which counts for this long.
    ///
    /// # Errors
    /// Fails if the system has no random bytes.
    pub(super) fn question(
        &self,
        binding: &Binding,
        question: &str,
        ttl: Duration,
    ) -> Result<InputRequiredResult, Error> {
        let mut number = [0; NUMBER];
        fill(&mut number)?;
        let options = SealOptions::new().associated_data(&binding.0).ttl(ttl);
        let sealed = [&number, question.as_bytes()].concat();
        let state = self.codec.seal_with(&sealed, &options);
        let asked = BTreeMap::from([(
            CONFIRM.to_owned(),
            InputRequest::Elicitation(form(question)),
        )]);
        Ok(InputRequiredResult::new(Some(asked), Some(state)))
    }

    /// True if a call brings the user's agreement. If it brings none that counts, the user is asked again.
    ///
    /// # Errors
    /// Fails if the user said no.
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
        let sealed = match self.codec.open_with(state, &binding.0) {
            Ok(sealed) => sealed,
            Err(reason) => {
                tracing::warn!(%reason, "an agreement does not belong to this call");
                return Ok(false);
            }
        };
        let (Some((number, question)), Ok(answer)) = (
            sealed.split_first_chunk::<NUMBER>(),
            serde_json::from_value(answer.clone()),
        ) else {
            return Ok(false);
        };
        if !self.use_up(*number) {
            tracing::warn!("an agreement was used before");
            return Ok(false);
        }
        agreed(&answer, &String::from_utf8_lossy(question)).map(|()| true)
    }

    /// True the first time.
    fn use_up(&self, number: [u8; NUMBER]) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, since| since.elapsed() <= SEALED_FOR);
        used.insert(number, Instant::now()).is_none()
    }
}

/// Fills these with random bytes.
///
/// # Errors
/// Fails if the system has none.
pub(super) fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    let filled = SystemRandom::new().fill(bytes);
    filled.map_err(|_| Error::Internal {
        reason: "the system gives no random bytes".to_owned(),
    })
}

/// The call that an agreement is given to: tool, workspace and the arguments that will be sent, in any order.
pub(super) struct Binding(Vec<u8>);

impl Binding {
    pub(super) fn of(tool: &str, workspace: Option<&str>, arguments: &JsonObject) -> Self {
        let mut call = json!([tool, workspace, arguments]);
        call.sort_all_objects();
        Self(call.to_string().into_bytes())
    }
}

/// The form that asks a question.
pub(super) fn form(question: &str) -> ElicitRequest {
    let schema = ElicitationSchema::builder()
        .required_bool_property(CONFIRM, |field| field.title("Yes, do it"))
        .build_unchecked();
    ElicitRequest::new(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: question.to_owned(),
        requested_schema: schema,
    })
}

/// Passes if the form was submitted with a yes in it.
///
/// # Errors
/// Fails with any other answer.
pub(super) fn agreed(answer: &ElicitResult, question: &str) -> Result<(), Error> {
    let yes = answer.content.as_ref().and_then(|form| form.get(CONFIRM));
    match (&answer.action, yes) {
        (ElicitationAction::Accept, Some(Value::Bool(true))) => Ok(()),
        _ => Err(Error::Declined {
            question: question.to_owned(),
        }),
    }
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
