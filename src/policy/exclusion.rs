//! Operations that excluding tools takes away from `api_call` too.

use std::collections::HashSet;

use crate::catalog::{Operation, ToolSpec};

/// The requests that excluded tools are there to send: verb, and path without the names of its holes.
///
/// What a tool sends only to wait, clean up or look something up stays open, and so does everything that the
/// excluded tool shares with none of its primary operations. The tools that remain make no difference: they
/// have been left in by name, the operation has not.
#[derive(Debug, Clone, Default)]
pub struct Exclusion(HashSet<(&'static str, String)>);

impl Exclusion {
    /// What excluding these tools excludes.
    #[must_use]
    pub fn of(tools: impl IntoIterator<Item = &'static ToolSpec>) -> Self {
        let primary = tools.into_iter().flat_map(ToolSpec::primary);
        Self(primary.map(|sent| (sent.verb, route(sent.path))).collect())
    }

    /// True where the operation sends what an excluded tool is there to send.
    #[must_use]
    pub fn blocks(&self, operation: &Operation) -> bool {
        self.0.contains(&(operation.verb, route(operation.path)))
    }
}

/// `/jobs/{job_id}` as `/jobs/{}`: the service does not know what a hole is called.
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
