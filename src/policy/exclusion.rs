//! Operations that `api_call` may not send because their tools are excluded.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::catalog::{Operation, ToolSpec};

/// The primary requests of excluded tools: verb and path.
///
/// Requests that an excluded tool sends only to wait, clean up or look something up stay open. A primary request
/// is blocked even if a tool that remains sends it too: that tool was left in by name, the operation was not.
#[derive(Debug, Clone, Default)]
pub struct Exclusion(HashSet<(&'static str, &'static str)>);

impl Exclusion {
    /// The exclusion that follows from excluding these tools.
    #[must_use]
    pub fn of(tools: impl IntoIterator<Item = &'static ToolSpec>) -> Self {
        let primary = tools.into_iter().flat_map(ToolSpec::primary);
        Self(primary.map(|sent| (sent.verb, sent.path)).collect())
    }

    /// True if the operation, with these arguments, sends a request that an excluded tool could send: the service
    /// does not see by which operation a request was made.
    #[must_use]
    pub fn blocks(&self, operation: &Operation, arguments: &Map<String, Value>) -> bool {
        let ours: Vec<&str> = operation.path.split('/').collect();
        let same = |path: &str| {
            let theirs: Vec<&str> = path.split('/').collect();
            // `/jobs/{id}` is another request than `/jobs/list`, as the service tells them apart.
            let last = |segments: &[&str]| segments.last().is_some_and(|last| is_hole(last));
            theirs.len() == ours.len()
                && last(&theirs) == last(&ours)
                && theirs.iter().zip(&ours).all(|(theirs, ours)| {
                    let sent = filled(ours, arguments);
                    *theirs == sent.as_ref() || (is_hole(theirs) && action(theirs) == action(ours))
                })
        };
        self.0
            .iter()
            .any(|(verb, path)| *verb == operation.verb && same(path))
    }
}

/// A segment with the argument in place of its parameter, where it is given.
fn filled<'a>(segment: &'a str, arguments: &Map<String, Value>) -> Cow<'a, str> {
    let name = segment
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    match name.and_then(|name| arguments.get(name)) {
        Some(Value::String(text)) => Cow::Owned(text.clone()),
        Some(value) => Cow::Owned(value.to_string()),
        None => Cow::Borrowed(segment),
    }
}

/// The `:undelete` of `{name}:undelete`.
fn action(segment: &str) -> &str {
    segment.rsplit_once(':').map_or("", |(_, action)| action)
}

/// True for a segment that is a parameter, or holds one.
fn is_hole(segment: &str) -> bool {
    segment.contains('{')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::api;
    use crate::catalog::TOOLS;

    #[test]
    fn a_request_is_blocked_by_whichever_operation_it_is_sent() {
        let excluded = Exclusion::of(TOOLS.iter().filter(|tool| tool.toolset == "grants"));
        let blocks = |id: &str, arguments: Value| {
            excluded.blocks(api::find(id).unwrap(), arguments.as_object().unwrap())
        };
        for (id, arguments) in [
            ("clusters.set_permissions", json!({ "cluster_id": "c" })),
            ("jobs.update_permissions", json!({ "job_id": 7 })),
            (
                "permissions.set",
                json!({ "request_object_type": "jobs", "request_object_id": "7" }),
            ),
            ("grants.update", json!({})),
        ] {
            assert!(blocks(id, arguments), "{id}");
        }
        assert!(!blocks("jobs.get", json!({ "job_id": 7 })));
        assert!(!blocks("clusters.edit", json!({ "cluster_id": "c" })));
    }
}
