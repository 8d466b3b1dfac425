//! Work as the catalog knows it: its ids, what a state means, how to follow it up.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Unfinished;
use crate::catalog::{self, ANY_OPERATION, BindFrom, Field, Outcome, Until, Wait};
use crate::error::Error;
use crate::progress::Share;
use crate::shape::{self, Answer};

/// The field of a long-running operation that holds its own name.
const HANDLE: &str = "name";
/// The words for a state that the service does not name.
const GOES_ON: &str = "under way";
const FAILED: &str = "failed";

/// A wait of the catalog with the ids of the work that is waited for.
#[derive(Debug)]
pub(crate) struct Known {
    wait: &'static Wait,
    ids: Map<String, Value>,
}

/// A value as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(|error| Error::Internal {
        reason: format!("a message of the typed client cannot be written as JSON: {error}"),
    })
}

/// The text at a path; of what stands in the members of a list, each text once.
fn words(state: &Value, path: &str) -> String {
    fn gather(value: &Value, all: &mut Vec<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| gather(item, all)),
            Value::String(text) if text.is_empty() || all.contains(text) => {}
            Value::String(text) => all.push(text.clone()),
            other => all.push(other.to_string()),
        }
    }
    match shape::at(state, path) {
        Some(list @ Value::Array(_)) => {
            let mut all = Vec::new();
            gather(&list, &mut all);
            all.join(", ")
        }
        _ => shape::text_at(state, path),
    }
}

impl Known {
    /// The work that `operation` has started, by its request and the answer to that.
    ///
    /// # Errors
    /// No tool waits for the operation, or the answer lacks an id.
    pub(crate) fn started(
        operation: &str,
        request: &impl Serialize,
        response: &impl Serialize,
    ) -> Result<Self, Error> {
        let wait = catalog::wait_of(operation).ok_or_else(|| Error::Internal {
            reason: format!("the manifest has no `wait` for `{operation}`"),
        })?;
        Self::of(wait, operation, &json(request)?, &json(response)?)
    }

    /// The work that `wait` waits for, by the request that named or started it and the answer to that.
    ///
    /// # Errors
    /// One of them lacks an id.
    pub(crate) fn of(
        wait: &'static Wait,
        operation: &str,
        request: &Value,
        response: &Value,
    ) -> Result<Self, Error> {
        let ids = wait.bind.iter().map(|bind| {
            let from = match bind.from {
                BindFrom::Request => request,
                BindFrom::Response => response,
            };
            let id = shape::at(from, bind.path).ok_or_else(|| Error::Answer {
                operation: operation.to_owned(),
                reason: format!("it has no `{}`", bind.path),
            })?;
            Ok((bind.name.to_owned(), id))
        });
        Ok(Self {
            wait,
            ids: ids.collect::<Result<_, Error>>()?,
        })
    }

    /// Work whose ids were noted before.
    #[must_use]
    pub(crate) fn again(wait: &'static Wait, ids: Map<String, Value>) -> Self {
        Self { wait, ids }
    }

    /// The catalog's wait.
    #[must_use]
    pub(crate) fn wait(&self) -> &'static Wait {
        self.wait
    }

    /// The arguments of the operations that poll and cancel.
    #[must_use]
    pub(crate) fn ids(&self) -> &Map<String, Value> {
        &self.ids
    }

    /// The ids in words: `run_id 5`.
    #[must_use]
    pub(crate) fn what(&self) -> String {
        let ids = self.ids.iter();
        let named: Vec<String> = ids.map(|(name, value)| format!("{name} {value}")).collect();
        named.join(", ")
    }

    /// The arguments of the tool that follows the work up.
    #[must_use]
    pub(crate) fn resuming(&self) -> Value {
        let named = self.wait.bind.iter().filter_map(|bind| {
            let id = self.ids.get(bind.name)?;
            Some((bind.resume_as.to_owned(), id.clone()))
        });
        let named: Map<String, Value> = named.collect();
        if self.wait.resume == ANY_OPERATION {
            return json!({ "operation": self.wait.poll.operation, "arguments": named });
        }
        named.into()
    }

    /// The arguments of the tool that says why the work failed: those ids that it takes.
    fn explaining(&self) -> Value {
        let mut arguments = self.resuming();
        let tool = catalog::TOOLS
            .iter()
            .find(|tool| tool.name == self.wait.explain);
        let schema = tool.and_then(|tool| serde_json::from_str::<Value>(tool.input_schema).ok());
        let takes = schema
            .as_ref()
            .and_then(|schema| schema.get("properties")?.as_object());
        if let (Some(arguments), Some(takes)) = (arguments.as_object_mut(), takes) {
            arguments.retain(|name, _| takes.contains_key(name));
        }
        arguments
    }

    /// The outcome that a state means; nothing while the work goes on.
    #[must_use]
    pub(crate) fn outcome(&self, state: &Value) -> Option<Outcome> {
        let met = |until: &&Until| until.all.iter().all(|one| shape::matches(state, one));
        self.wait.until.iter().find(met).map(|until| until.is)
    }

    /// The parts of it that are done, of all, where its state lists them.
    #[must_use]
    pub(crate) fn share(&self, state: &Value) -> Option<Share> {
        let progress = self.wait.progress.as_ref()?;
        let Some(Value::Array(parts)) = shape::at(state, progress.items) else {
            return None;
        };
        let done = parts.iter();
        let done = done.filter(|part| shape::matches(part, &progress.done));
        Share::of(done.count() as u64, parts.len() as u64)
    }

    /// The state in words: `RUNNING, 2 of 3 tasks: In run`.
    #[must_use]
    pub(crate) fn describe(&self, state: &Value) -> String {
        let wait = self.wait;
        let mut text = self.state(state).unwrap_or_else(|| GOES_ON.to_owned());
        if let (Some(Share { done, total }), Some(progress)) = (self.share(state), &wait.progress) {
            text.push_str(&format!(", {done} of {total} {}", progress.items));
        }
        let message = words(state, wait.message);
        // It stands within a sentence.
        let message = message.strip_suffix('.').unwrap_or(&message);
        if !message.is_empty() {
            text.push_str(&format!(": {message}"));
        }
        text
    }

    /// The result that a state tells beyond having ended, or else the state itself, in the service's word.
    #[must_use]
    pub(crate) fn result(&self, state: &Value) -> String {
        let wait = self.wait;
        let further = wait.until.iter().flat_map(|until| until.all.iter().skip(1));
        let mut results: Vec<String> = Vec::new();
        for condition in further {
            let result = shape::text_at(state, condition.field);
            if !result.is_empty() && !results.contains(&result) {
                results.push(result);
            }
        }
        if results.is_empty() {
            words(state, wait.state)
        } else {
            results.join(", ")
        }
    }

    /// The state as the service names it; none where it only says yes or no, or names an operation that is under way.
    fn state(&self, state: &Value) -> Option<String> {
        let wait = self.wait;
        if wait.state == HANDLE || matches!(shape::at(state, wait.state), Some(Value::Bool(_))) {
            return None;
        }
        Some(words(state, wait.state))
    }

    /// The result that a state tells of a failure; none where a success would say the same.
    fn of_failure(&self, state: &Value) -> Option<String> {
        let further = self.wait.until.iter();
        let further = further.flat_map(|until| until.all.iter().skip(1).map(|one| (until.is, one)));
        let mut results: Vec<String> = Vec::new();
        for (is, condition) in further {
            let says_nothing = is == Outcome::Success && shape::matches(state, condition);
            let result = shape::text_at(state, condition.field);
            if !result.is_empty() && !says_nothing && !results.contains(&result) {
                results.push(result);
            }
        }
        (!results.is_empty()).then(|| results.join(", "))
    }

    /// The error when the work ended badly, with the tool that says why.
    #[must_use]
    pub(crate) fn failed(&self, state: &Value) -> Error {
        let wait = self.wait;
        let tells = if wait.explain == wait.resume {
            "shows more"
        } else {
            "says why"
        };
        Error::Failed {
            what: self.what(),
            state: self
                .of_failure(state)
                .or_else(|| self.state(state))
                .unwrap_or_else(|| FAILED.to_owned()),
            message: words(state, wait.message),
            hint: Some(format!("{} {tells}: {}", wait.explain, self.explaining())),
        }
    }

    /// The error when the state cannot be asked for, with the tool that follows the work up.
    #[must_use]
    pub(crate) fn lost(&self, error: &Error) -> Error {
        Error::Failed {
            what: self.what(),
            state: "unknown".to_owned(),
            message: format!("its state cannot be asked for: {error}"),
            hint: Some(format!(
                "it may go on in the workspace, do not start it again; {} tells: {}",
                self.wait.resume,
                self.resuming()
            )),
        }
    }

    /// The answer when there is no more time: these fields of the state, and how to go on.
    ///
    /// # Errors
    /// The state cannot be written as JSON.
    pub(crate) fn unfinished<State: Serialize>(
        &self,
        unfinished: &Unfinished<State>,
        fields: &[Field],
    ) -> Result<Answer, Error> {
        let resume = self.wait.resume;
        let mut shown = shape::object(&json(&unfinished.state)?, fields);
        shape::fit_json(&mut shown);
        let text = format!(
            "Still {} after {} s. It goes on in the workspace; call {resume} with {} to see how it went.\n{shown}",
            unfinished.described,
            unfinished.within.as_secs(),
            self.resuming(),
        );
        if let Some(object) = shown.as_object_mut() {
            object.insert(
                "resume".to_owned(),
                json!({ "tool": resume, "arguments": self.resuming() }),
            );
        }
        Ok(Answer::new(text, shown))
    }
}
