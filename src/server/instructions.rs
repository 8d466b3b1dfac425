//! Instructions for an agent about the server as a whole: the way the served tools fit together.

use crate::tools::Inventory;

/// Lines, each shown when all of its tools are served.
const LINES: &[(&[&str], &str)] = &[
    (
        &[
            "list_catalogs",
            "list_schemas",
            "list_tables",
            "get_table",
            "execute_sql",
        ],
        "Data questions: list_catalogs > list_schemas > list_tables > get_table to find tables and columns, then execute_sql with catalog.schema.table names.",
    ),
    (
        &["execute_sql"],
        "execute_sql needs no cluster; without `warehouse_id` a warehouse is chosen. Aggregate and LIMIT in SQL: answers hold at most `max_rows` rows and say what was cut.",
    ),
    (
        &["list_genie_spaces", "ask_genie"],
        "Questions in words, where a space knows the data: list_genie_spaces > ask_genie.",
    ),
    (
        &["list_jobs", "get_job", "run_job"],
        "Jobs: list_jobs > get_job > run_job.",
    ),
    (
        &["list_job_runs", "get_run", "get_run_output"],
        "Why a run failed: list_job_runs > get_run > get_run_output of the task.",
    ),
    (
        &["list_pipelines", "start_pipeline", "list_pipeline_events"],
        "Pipelines: list_pipelines > start_pipeline > list_pipeline_events.",
    ),
    (
        &["list_notebooks", "export_notebook"],
        "Notebooks: list_notebooks > export_notebook.",
    ),
    (
        &["list_volumes", "list_volume_files", "download_file"],
        "Files: list_volumes > list_volume_files > download_file.",
    ),
    (
        &[
            "list_clusters",
            "create_execution_context",
            "execute_command",
            "destroy_execution_context",
        ],
        "Code on a cluster: list_clusters > create_execution_context > execute_command > destroy_execution_context.",
    ),
    (
        &["list_serving_endpoints", "query_serving_endpoint"],
        "Models: list_serving_endpoints > query_serving_endpoint.",
    ),
    (
        &[
            "list_vector_endpoints",
            "list_vector_indexes",
            "query_vector_index",
        ],
        "Search by meaning: list_vector_endpoints > list_vector_indexes > query_vector_index.",
    ),
    (
        &["get_effective_grants", "get_permissions"],
        "Who may do what: get_effective_grants for data, get_permissions for jobs, clusters and other objects.",
    ),
    (
        &["api_search", "api_describe", "api_call"],
        "For the rest of the REST API: api_search > api_describe > api_call.",
    ),
    (&["health"], "If every call fails, call health."),
];

/// Sent once per connection, under the 2,048 characters that clients keep.
pub(super) fn text(
    inventory: &Inventory,
    read_only: bool,
    workspaces: &[&str],
    within: u64,
    yes: bool,
) -> String {
    let served = |name: &&str| inventory.entries().any(|entry| entry.spec.name == *name);
    let mut text = "Tools for a Databricks workspace; which of them are served depends on how the user started the server.".to_owned();
    let mut line = |words: &str| {
        text.push_str("\n- ");
        text.push_str(words);
    };
    if read_only {
        line("Read-only: no tool that writes is served, and only SQL that reads is let through.");
    }
    if let [first, _, ..] = workspaces {
        line(&format!(
            "`workspace` says where a call goes; without it, to {first}."
        ));
    }
    for (tools, words) in LINES {
        if tools.iter().all(served) {
            line(words);
        }
    }
    line(&format!(
        "Calls that wait answer within {within} s, or after `wait` seconds (0: at once); unfinished work is named with the tool that follows it up. Do not start it again.",
    ));
    if !yes
        && inventory
            .entries()
            .any(|entry| entry.spec.confirm.is_some())
    {
        line(
            "What deletes or replaces asks the user first; where the client cannot ask, ask them and pass `confirm: true`.",
        );
    }
    line("`next_cursor` in an answer goes into `cursor` of the same call for more rows.");
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::catalog::{PRESETS, TOOLS, TOOLSETS};
    use crate::tools::Selection;
    use crate::workspaces::Workspaces;

    /// Nothing where the selection leaves no tool.
    fn of(toolset: &str, read_only: bool) -> Option<(Inventory, String)> {
        let selection = Selection {
            toolsets: vec![toolset.to_owned()],
            read_only,
            ..Selection::default()
        };
        let nowhere = Workspaces::nowhere(&[]);
        let inventory = Inventory::load(&selection, &nowhere).ok()?;
        let text = text(&inventory, read_only, &[], 45, false);
        Some((inventory, text))
    }

    #[test]
    fn only_what_is_served_is_named_and_it_is_short_enough_to_be_kept() {
        let sets = TOOLSETS.iter().map(|(name, _, _)| *name);
        for set in sets.chain(PRESETS.iter().map(|(name, _)| *name)) {
            for read_only in [false, true] {
                let Some((inventory, text)) = of(set, read_only) else {
                    assert!(read_only, "{set}");
                    continue;
                };
                assert!(text.len() < 2_048, "{set}: {}", text.len());
                let words = text.split(|c: char| c != '_' && !c.is_ascii_alphanumeric());
                for word in words.filter(|word| TOOLS.iter().any(|tool| tool.name == *word)) {
                    let served = inventory.entries().any(|entry| entry.spec.name == word);
                    assert!(served, "`{word}` for {set}, read-only {read_only}");
                }
            }
        }
    }

    #[test]
    fn every_line_is_of_tools_that_there_are_and_names_them() {
        let (_, text) = of("all", false).unwrap();
        for (tools, words) in LINES {
            assert!(text.contains(words), "{words}");
            assert!(tools.iter().all(|name| words.contains(name)), "{words}");
        }
    }

    #[test]
    fn what_is_told_is_made_once_and_anew_when_nobody_is_asked() {
        use rmcp::ServerHandler;

        use super::super::{Confirmation, Server};

        let nowhere = Workspaces::nowhere(&[]);
        let asking = Server::new(nowhere, &Selection::default()).unwrap();
        let told = asking.get_info().instructions.unwrap();
        assert!(told.contains("`confirm: true`"), "{told}");
        assert_eq!(asking.get_info().instructions.as_ref(), Some(&told));
        let unattended = asking.confirming(Confirmation {
            yes: true,
            ..Confirmation::default()
        });
        let told = unattended.get_info().instructions.unwrap();
        assert!(!told.contains("`confirm: true`"), "{told}");
    }
}
