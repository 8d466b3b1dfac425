//! The form and the size of answers: text, structured content or both, and how much of them.

use rmcp::model::{CallToolResult, ContentBlock, Tool};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::settings::{Given, setting};
use crate::shape::{self, ANSWER_BYTES, Answer};
use crate::tools::{Entry, MAX_TOKENS};

/// Bytes of a token, about.
const BYTES: usize = 4;
/// The least and the most tokens of an answer.
const TOKENS: (usize, usize) = (200, 100_000);
/// The text of an answer whose reader looks at its structured content.
const ELSEWHERE: &str = "The answer is the structured content.";

/// The parts of an answer that are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Answers {
    /// Text and structured content, each complete.
    #[default]
    Both,
    /// Text only: a client that shows the model both has it pay twice. No output schema is listed.
    Text,
    /// Structured content, with one line of text.
    Structured,
}

/// The answer within `room` bytes, where it is one object that was made without regard to a room this small.
pub(super) fn fitted(mut answer: Answer, room: usize) -> Answer {
    let is_json = answer.text.starts_with('{') && answer.text.ends_with('}');
    if is_json && shape::json_size(&answer.structured) > room {
        shape::fit_json_to(&mut answer.structured, room);
        answer.text = answer.structured.to_string();
    }
    answer
}

/// The settings for the form and the size of answers.
#[derive(Debug, Clone, Copy)]
pub struct Shaping {
    /// The parts that are sent.
    pub answers: Answers,
    /// Bytes that an answer may take, where its call does not say.
    pub room: usize,
}

impl Default for Shaping {
    fn default() -> Self {
        Self {
            answers: Answers::default(),
            room: ANSWER_BYTES,
        }
    }
}

impl Shaping {
    /// Reads the settings of the user.
    ///
    /// # Errors
    /// Fails if a setting does not take its value.
    pub fn of(given: &Given) -> Result<Self, Error> {
        let answers: Option<String> = given.read(setting::ANSWERS)?;
        let answers = match answers.as_deref() {
            None | Some("both") => Answers::Both,
            Some("text") => Answers::Text,
            Some("structured") => Answers::Structured,
            Some(other) => {
                let reason = format!("`{other}` is not `both`, `text` or `structured`");
                return Err(setting::ANSWERS.unusable(reason));
            }
        };
        let tokens: Option<usize> = given.read(setting::MAX_TOKENS)?;
        let room = tokens.map_or(ANSWER_BYTES, |tokens| tokens.saturating_mul(BYTES));
        Ok(Self { answers, room })
    }

    /// Takes out of the arguments how large the answer may be. Every tool takes it that has no argument of that name
    /// for the service.
    ///
    /// # Errors
    /// Fails if it is no number of tokens.
    pub(super) fn take_room(
        self,
        entry: &Entry,
        arguments: &mut Map<String, Value>,
    ) -> Result<usize, Error> {
        if !entry.takes_max_tokens {
            return Ok(self.room);
        }
        let given = match arguments.shift_remove(MAX_TOKENS) {
            None | Some(Value::Null) => return Ok(self.room),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_u64(),
        };
        let tokens = given.and_then(|given| usize::try_from(given).ok());
        match tokens.filter(|tokens| (TOKENS.0..=TOKENS.1).contains(tokens)) {
            Some(tokens) => Ok(tokens * BYTES),
            None => Err(Error::Arguments {
                tool: entry.spec.name.to_owned(),
                problems: vec![format!(
                    "`{MAX_TOKENS}` is a whole number from {} to {}",
                    TOKENS.0, TOKENS.1
                )],
            }),
        }
    }

    /// The answer as it is sent.
    pub(super) fn result(self, answer: Answer) -> CallToolResult {
        let mut result = answer.into_result();
        match self.answers {
            Answers::Both => {}
            Answers::Text => result.structured_content = None,
            Answers::Structured => {
                if let Some(text) = result.content.first_mut() {
                    *text = ContentBlock::text(ELSEWHERE);
                }
            }
        }
        result
    }

    /// The error of work that failed, whose text is sent in any case.
    pub(super) fn failure(self, answer: Answer) -> CallToolResult {
        let mut result = answer.into_result();
        result.is_error = Some(true);
        if self.answers == Answers::Text {
            result.structured_content = None;
        }
        result
    }

    /// The tool as it is listed: who is sent no structured content is told no schema of it.
    pub(super) fn listed(self, mut tool: Tool) -> Tool {
        if self.answers == Answers::Text {
            tool.output_schema = None;
        }
        tool
    }
}
