//! An answer: the same facts once as text, once as JSON.

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::Value;

use super::text::printable;
use crate::redact;

/// The answer of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The whole answer for a reader of text.
    pub text: String,
    /// The whole answer for a reader of JSON; always an object.
    pub structured: Value,
}

impl Answer {
    /// An answer whose text is its JSON.
    #[must_use]
    pub fn json(structured: Value) -> Self {
        Self {
            text: structured.to_string(),
            structured,
        }
    }

    /// Takes out the signatures of presigned URLs: whoever reads the answer must not hold the key.
    #[must_use]
    pub fn without_signatures(mut self) -> Self {
        self.text = redact::signatures(&self.text).into_owned();
        redact::signatures_in(&mut self.structured);
        self
    }

    /// Converts the answer to what MCP sends.
    #[must_use]
    pub fn into_result(self) -> CallToolResult {
        let mut result = CallToolResult::success(vec![ContentBlock::text(printable(&self.text))]);
        result.structured_content = Some(self.structured);
        result
    }
}
