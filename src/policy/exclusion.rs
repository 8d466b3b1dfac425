//! What may not be done because its tools are excluded, by whichever tool, operation or statement.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::sql::{self, Kind};
use super::{SQL, consequence, means, text};
use crate::catalog::{Operation, TOOLS, ToolSpec};

/// Toolsets that stand for a kind of deed: without all their tools, it is not to be had by any other way.
const KINDS: [(&str, Kind, &str); 2] = [
    ("grants", Kind::Grants, "what changes who may do what"),
    ("secrets", Kind::Secrets, "what is about secrets"),
];
/// Services that keep secrets.
const SECRETS: [&str; 2] = ["secrets", "secrets_uc"];

/// The primary requests of excluded tools, verb and path, and the kinds of deeds that are excluded as a whole.
///
/// Requests that an excluded tool sends only to wait, clean up or look something up stay open. A primary request
/// is blocked even if a tool that remains sends it too: a tool that is there to send it is not served either, and one
/// that sends it by the way is refused at that moment, by `Guard`, unless it is only a means.
#[derive(Debug, Clone, Default)]
pub struct Exclusion {
    requests: HashSet<(&'static str, &'static str)>,
    kinds: Vec<(Kind, &'static str)>,
}

impl Exclusion {
    /// The exclusion that follows from excluding these tools.
    #[must_use]
    pub fn of(tools: impl IntoIterator<Item = &'static ToolSpec>) -> Self {
        let tools: Vec<&ToolSpec> = tools.into_iter().collect();
        let primary = tools.iter().filter(|tool| !means::is_of_answers(tool.name));
        let primary = primary.flat_map(|tool| tool.primary());
        let is_excluded = |tool: &ToolSpec| tools.iter().any(|one| one.name == tool.name);
        let whole = |toolset: &str| {
            let mut members = TOOLS.iter().filter(|tool| tool.toolset == toolset);
            members.all(is_excluded)
        };
        let kinds = KINDS.iter().filter(|(toolset, ..)| whole(toolset));
        Self {
            requests: primary.map(|sent| (sent.verb, sent.path)).collect(),
            kinds: kinds.map(|&(_, kind, what)| (kind, what)).collect(),
        }
    }

    /// True if nothing is excluded that a request could do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.kinds.is_empty()
    }

    /// True if it depends on more than verb and path.
    pub(super) fn looks_inside(&self) -> bool {
        !self.kinds.is_empty()
    }

    /// True if the operation, with these arguments, is excluded.
    #[must_use]
    pub fn blocks(&self, operation: &Operation, arguments: &Map<String, Value>) -> bool {
        self.reason(operation, arguments).is_some()
    }

    /// True if one of the operations that the tool is there to send, or cannot do without, is excluded, whatever its
    /// arguments.
    #[must_use]
    pub fn takes_along(&self, tool: &ToolSpec) -> bool {
        let nothing = Map::new();
        let primary = tool.primary().map(|sent| sent.id);
        !self.requests.is_empty()
            && primary.chain(means::needs(tool.name)).any(|id| {
                let operation = crate::api::find(id);
                operation.is_ok_and(|operation| self.blocks(operation, &nothing))
            })
    }

    /// The reason why the operation may not be sent with these arguments, to follow "the user has excluded".
    pub(super) fn reason(
        &self,
        operation: &Operation,
        arguments: &Map<String, Value>,
    ) -> Option<String> {
        if self.has_request(operation, arguments) {
            return Some(format!("the tools that send `{}`", operation.id));
        }
        if operation.id == SQL {
            return self.reason_of_sql(text(arguments, "statement"));
        }
        let (service, _) = operation.id.split_once('.').unwrap_or_default();
        let mut kinds = self.kinds.iter().filter(|(kind, _)| match kind {
            Kind::Grants => consequence::grants(operation, arguments),
            Kind::Secrets => SECRETS.contains(&service),
        });
        let (_, what) = kinds.next()?;
        Some(format!("{what}: `{}`", operation.id))
    }

    /// The reason why a statement may not be run, to follow "the user has excluded".
    pub(super) fn reason_of_sql(&self, statement: &str) -> Option<String> {
        if statement.is_empty() {
            return None;
        }
        self.kinds.iter().find_map(|&(kind, what)| {
            let reason = sql::is_of(statement, kind)?;
            Some(format!("{what}: {reason}"))
        })
    }

    /// True if an excluded tool could send the request: the service does not see by which operation it was made.
    fn has_request(&self, operation: &Operation, arguments: &Map<String, Value>) -> bool {
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
        self.requests
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
            ("secrets.put_acl", json!({ "scope": "s" })),
            ("shares.update_permissions", json!({ "name": "s" })),
            ("jobs.create", json!({ "access_control_list": [] })),
            (
                "jobs.reset",
                json!({ "job_id": 7, "new_settings": { "run_as": {} } }),
            ),
            ("catalogs.update", json!({ "name": "c", "owner": "a" })),
            (SQL, json!({ "statement": "GRANT SELECT ON t TO a" })),
        ] {
            assert!(blocks(id, arguments), "{id}");
        }
        assert!(!blocks("jobs.get", json!({ "job_id": 7 })));
        assert!(!blocks("clusters.edit", json!({ "cluster_id": "c" })));
        assert!(!blocks("jobs.create", json!({ "name": "j" })));
        assert!(!blocks("secrets.put_secret", json!({ "scope": "s" })));
        assert!(!blocks(SQL, json!({ "statement": "DROP TABLE t" })));
    }
}
