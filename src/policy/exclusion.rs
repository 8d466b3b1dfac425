//! Operations that `api_call` may not send because their tools are excluded.

use std::collections::HashSet;

use crate::catalog::{Operation, ToolSpec};

/// The primary requests of excluded tools: verb, and path without the names of its parameters.
///
/// Requests that an excluded tool sends only to wait, clean up or look something up stay open. A primary request
/// is blocked even if a tool that remains sends it too: that tool was left in by name, the operation was not.
#[derive(Debug, Clone, Default)]
pub struct Exclusion(HashSet<(&'static str, String)>);

impl Exclusion {
    /// The exclusion that follows from excluding these tools.
    #[must_use]
    pub fn of(tools: impl IntoIterator<Item = &'static ToolSpec>) -> Self {
        let primary = tools.into_iter().flat_map(ToolSpec::primary);
        Self(primary.map(|sent| (sent.verb, route(sent.path))).collect())
    }

    /// True if the operation sends the same request as a primary operation of an excluded tool.
    #[must_use]
    pub fn blocks(&self, operation: &Operation) -> bool {
        self.0.contains(&(operation.verb, route(operation.path)))
    }
}

/// `/jobs/{job_id}` as `/jobs/{}`, since the service does not see the names of path parameters.
fn route(path: &str) -> String {
    let mut pieces = path.split('{');
    let mut route = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.split_once('}').map_or(piece, |(_, rest)| rest);
        route.push_str("{}");
        route.push_str(rest);
    }
    route
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_holes_do_not_matter() {
        assert_eq!(route("/api/2.0/a/{b}/c{d}"), "/api/2.0/a/{}/c{}");
        assert_eq!(route("/api/2.0/a"), "/api/2.0/a");
    }
}
