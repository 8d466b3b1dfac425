//! Answers from the cache: which calls ask it, and what is kept of them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cache::{Changes, Question};
use crate::catalog::ToolSpec;
use crate::policy;
use crate::shape::Answer;
use crate::tools::Ready;
use crate::workspaces::Chosen;

/// The question of a call that only reads and whose answers are kept.
pub(super) fn question(ready: &Ready, chosen: &Chosen) -> Option<Question> {
    if ready.changes() != Changes::Nothing {
        return None;
    }
    // Arguments have been brought into one form, in the order of the caller.
    let mut arguments = ready.arguments().clone();
    arguments.sort_keys();
    let arguments = Value::Object(arguments).to_string();
    chosen.workspace.cache.question(ready.tool(), &arguments)
}

/// Keeps the answer of a call that asked the cache in vain.
pub(super) fn keep(
    question: Option<Question>,
    spec: &'static ToolSpec,
    answer: &Answer,
    chosen: &Chosen,
) {
    if let Some(question) = question {
        let cache = &chosen.workspace.cache;
        cache.keep(question, policy::services(spec), answer, Instant::now());
    }
}

/// The mark of an answer that was kept.
pub(super) fn mark(age: Duration) -> Value {
    json!({ "age_seconds": age.as_secs() })
}
