//! Exceptions to exclusion: requests of a tool that are only the means to what was asked for, and tools whose first
//! requests are.
//!
//! A request that shows the caller something, or does something to what the caller names, is never among them. What a
//! behaviour sends as a means only at some places says so there, by `Context::as_means`.

use crate::catalog::{Door, TOOLS};

/// Requests that follow or stop the work that the tool itself has started, or look whether a thing is there.
const MEANS: &[(&str, &[&str])] = &[
    (
        "execute_sql",
        &[
            "statement_execution.get_statement",
            "statement_execution.cancel_execution",
            // A call that names no warehouse takes one.
            "warehouses.list",
        ],
    ),
    (
        "execute_sql_multi",
        &[
            "statement_execution.get_statement",
            "statement_execution.cancel_execution",
            "warehouses.list",
        ],
    ),
    (
        // Of rows that are saved to a table.
        "get_statement",
        &["statement_execution.cancel_execution", "warehouses.list"],
    ),
    ("run_notebook", &["jobs.get_run", "jobs.cancel_run"]),
    (
        "sync_repo_and_run_notebook",
        &["jobs.get_run", "jobs.cancel_run"],
    ),
    (
        "create_execution_context",
        &[
            "command_execution.context_status",
            "command_execution.destroy",
        ],
    ),
    (
        "execute_command",
        &[
            "command_execution.command_status",
            "command_execution.cancel",
        ],
    ),
    (
        // Its context is its own, from the beginning to the end.
        "execute_command_simple",
        &[
            "command_execution.create",
            "command_execution.context_status",
            "command_execution.command_status",
            "command_execution.cancel",
            "command_execution.destroy",
        ],
    ),
    ("cancel_command", &["command_execution.command_status"]),
    // The branch of a folder that the call has made.
    ("create_repo", &["repos.update"]),
    // The entries that stay, which the request that takes one away has to name.
    ("update_permissions", &["permissions.get"]),
    ("edit_notebook", &["workspace.get_status"]),
    ("copy_file", &["dbfs.get_status", "workspace.get_status"]),
    ("move_file", &["dbfs.get_status", "workspace.get_status"]),
    (
        "download_file",
        &["dbfs.get_status", "workspace.get_status"],
    ),
    ("upload_file", &["dbfs.get_status", "workspace.get_status"]),
];

/// Tools that tell what they make of several answers. To exclude one excludes nothing else; without the answers, it
/// cannot be served.
const OF_ANSWERS: [&str; 2] = ["diagnose_run", "health"];

/// Requests without which a tool does nothing, besides those that it is there to send.
const NEEDS: [(&str, &str); 1] = [("edit_notebook", "workspace.export")];

/// True if the tool sends the operation only as a means: it may whatever is excluded.
pub(super) fn is_means(tool: &str, operation: &str) -> bool {
    let written = MEANS
        .iter()
        .any(|(name, means)| *name == tool && means.contains(&operation));
    written || waits_by(tool, operation)
}

/// True if the tool's plan follows or stops by the operation what it has started.
fn waits_by(tool: &str, operation: &str) -> bool {
    let Some(spec) = TOOLS.iter().find(|spec| spec.name == tool) else {
        return false;
    };
    let Door::Table(plan) = &spec.door else {
        return false;
    };
    let wait = plan.wait.iter();
    let mut sent = wait.flat_map(|wait| std::iter::once(&wait.poll).chain(&wait.cancel));
    // A tool that only waits is there to ask for the state.
    plan.request.operation != operation && sent.any(|request| request.operation == operation)
}

/// True for a tool that tells what it makes of several answers.
pub(super) fn is_of_answers(tool: &str) -> bool {
    OF_ANSWERS.contains(&tool)
}

/// The operations without which the tool does nothing, besides those that it is there to send.
pub(super) fn needs(tool: &str) -> impl Iterator<Item = &'static str> + use<'_> {
    let needs = NEEDS.iter().filter(move |(name, _)| *name == tool);
    needs.map(|(_, operation)| *operation)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;
    use std::fmt::Write;

    use super::*;
    use crate::catalog::ToolSpec;

    fn primary_elsewhere(tool: &ToolSpec, operation: &str) -> bool {
        let mut others = TOOLS.iter().filter(|other| other.name != tool.name);
        others.any(|other| other.primary().any(|sent| sent.id == operation))
    }

    /// Every operation that a tool sends by the way and another is there to send.
    fn pairs() -> Vec<(&'static str, &'static str)> {
        let mut pairs = Vec::new();
        for tool in TOOLS {
            let by_the_way = tool.operations.iter().filter(|sent| !sent.primary);
            let shared = by_the_way.filter(|sent| primary_elsewhere(tool, sent.id));
            pairs.extend(shared.map(|sent| (tool.name, sent.id)));
        }
        pairs
    }

    #[test]
    fn every_exception_is_one() {
        let pairs: BTreeSet<_> = pairs().into_iter().collect();
        for (tool, means) in MEANS {
            for operation in *means {
                assert!(pairs.contains(&(*tool, *operation)), "{tool}: {operation}");
            }
        }
        for pair in NEEDS {
            assert!(pairs.contains(&pair), "{pair:?}");
            assert!(!is_means(pair.0, pair.1), "{pair:?}");
        }
        for name in OF_ANSWERS {
            assert!(TOOLS.iter().any(|tool| tool.name == name), "{name}");
        }
    }

    #[test]
    fn what_each_tool_sends_by_the_way_is_decided_as_reviewed() {
        let mut table = String::new();
        for (tool, operation) in pairs() {
            let sent = if is_means(tool, operation) {
                "means: sent"
            } else {
                "shows or does: refused"
            };
            writeln!(table, "{tool} {operation}: {sent}").unwrap();
        }
        insta::with_settings!({ snapshot_path => "../../tests/snapshots", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!("excluded_operations_sent_by_the_way", table);
        });
    }
}
