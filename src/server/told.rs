//! The log line of a call: who was called, what it cost and how it ended, nothing of what it said.

use std::time::Instant;

use rmcp::model::{CallToolResult, ContentBlock};

use crate::error::Error;
use crate::shape;
use crate::tally::Ending;
use crate::trace::Attribute;
use crate::transport::Call;

/// Bytes of a token, about.
const TOKEN: usize = 4;

/// A call whose end is to be told.
pub(super) struct Told<'a> {
    pub(super) call: &'a Call,
    /// The tool's own name.
    pub(super) tool: &'static str,
    pub(super) since: Instant,
}

/// One line at this level.
macro_rules! line {
    ($level:ident, $told:expr, $said:literal, $($field:tt)*) => {{
        let (call, usage) = ($told.call, &$told.call.usage);
        tracing::$level!(
            request_id = &*call.id,
            tool = $told.tool,
            workspace = usage.workspace(),
            milliseconds = u64::try_from($told.since.elapsed().as_millis()).unwrap_or(u64::MAX),
            requests = usage.requests(),
            retries = usage.retries(),
            received_bytes = usage.bytes(),
            $($field)*
            $said
        );
    }};
}

impl Told<'_> {
    /// The call was answered, by this or by an answer that was kept.
    pub(super) fn answered(&self, result: &CallToolResult, from_cache: bool) {
        self.trace(None);
        if !tracing::enabled!(tracing::Level::INFO) {
            return;
        }
        let (bytes, tokens) = size(result);
        let outcome = if from_cache {
            "cached"
        } else {
            Ending::Answered.name()
        };
        line!(info, self, "answered", bytes, tokens, outcome,);
    }

    /// The call goes on as a task.
    pub(super) fn begun(&self) {
        self.trace(None);
        line!(info, self, "a task", outcome = "task",);
    }

    /// The call waits for the user's word.
    pub(super) fn asked(&self) {
        self.trace(None);
        line!(info, self, "asked", outcome = "asked",);
    }

    /// The call ended as an error, which is told by this result. Its text may quote a statement, an argument or a row.
    pub(super) fn refused(&self, result: &CallToolResult, error: &Error) {
        self.trace(Some(error.kind()));
        let (bytes, tokens) = size(result);
        let outcome = Ending::of(Some(error), &self.call.usage).name();
        let kind = error.kind();
        line!(warn, self, "refused", bytes, tokens, outcome, kind,);
        tracing::debug!(request_id = &*self.call.id, %error, "the reason");
    }
}

impl Told<'_> {
    /// Ends the call's span, where there is one. It tells what the line tells, for a reader elsewhere.
    fn trace(&self, failed: Option<&'static str>) {
        let Some(trace) = &self.call.trace else {
            return;
        };
        let (usage, text) = (&self.call.usage, |text: &str| {
            Attribute::Text(text.to_owned())
        });
        let mut attributes = vec![
            ("mcp.method.name", text("tools/call")),
            ("gen_ai.tool.name", text(self.tool)),
            ("databricks_mcp.request_id", text(&self.call.id)),
            (
                "databricks_mcp.requests",
                Attribute::Number(usage.requests()),
            ),
            ("databricks_mcp.retries", Attribute::Number(usage.retries())),
        ];
        attributes.extend(
            usage
                .workspace()
                .map(|name| ("databricks_mcp.workspace", text(name))),
        );
        trace.called(self.tool, failed, attributes);
    }
}

/// The bytes of an answer, and the tokens of what a model reads of it: its text, or the structured content where that
/// is all there is.
fn size(result: &CallToolResult) -> (usize, usize) {
    let text = |block: &ContentBlock| block.as_text().map_or(0, |text| text.text.len());
    let text: usize = result.content.iter().map(text).sum();
    let structured = result.structured_content.as_ref().map(shape::json_size);
    let structured = structured.unwrap_or_default();
    // A line of text only leads to the structured content.
    let read = if text > 100 {
        text
    } else {
        text.max(structured)
    };
    (text + structured, read.div_ceil(TOKEN))
}
