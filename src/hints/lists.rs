//! The tool that lists what an operation could have named.

use serde_json::Value;

use super::refusal::Refusal;
use super::tool_names::{
    LIST_CATALOGS, LIST_CLUSTERS, LIST_JOB_RUNS, LIST_QUERY_HISTORY, LIST_SCHEMAS, LIST_VOLUMES,
    LIST_WAREHOUSES,
};
use crate::catalog::{Door, TOOLS, ToolSpec};

/// A list that the manifest would not lead to.
struct Exception {
    services: &'static [&'static str],
    applies: fn(&Refusal<'_>) -> bool,
    list: &'static str,
}

/// The exceptions. The first one that applies counts.
static EXCEPTIONS: &[Exception] = &[
    Exception {
        services: &[
            "tables",
            "volumes",
            "functions",
            "schemas",
            "registered_models",
            "files",
        ],
        applies: |refusal| refusal.lacks("Catalog"),
        list: LIST_CATALOGS,
    },
    Exception {
        services: &[
            "tables",
            "volumes",
            "functions",
            "registered_models",
            "files",
        ],
        applies: |refusal| refusal.lacks("Schema"),
        list: LIST_SCHEMAS,
    },
    Exception {
        services: &["files"],
        applies: |refusal| {
            refusal.lacks("Volume") || refusal.message.to_lowercase().contains("volume ")
        },
        list: LIST_VOLUMES,
    },
    Exception {
        services: &["jobs"],
        applies: |refusal| refusal.message.starts_with("Cluster "),
        list: LIST_CLUSTERS,
    },
    Exception {
        services: &["jobs"],
        applies: |refusal| {
            // These two name a job.
            let method = refusal.parts().1;
            method.contains("run") && !["run_now", "cancel_all_runs"].contains(&method)
        },
        list: LIST_JOB_RUNS,
    },
    Exception {
        services: &["libraries", "command_execution"],
        applies: |_| true,
        list: LIST_CLUSTERS,
    },
    Exception {
        services: &["statement_execution"],
        applies: |refusal| refusal.parts().1 == "execute_statement",
        list: LIST_WAREHOUSES,
    },
];

/// The name of the list that has what an operation may have started, where there is one.
pub(super) fn shows_started(refusal: &Refusal<'_>) -> Option<&'static str> {
    match refusal.parts() {
        ("jobs", "run_now" | "submit" | "repair_run") => Some(LIST_JOB_RUNS),
        ("statement_execution", _) => Some(LIST_QUERY_HISTORY),
        (service, _) => of_manifest(service),
    }
}

/// The name of the list that has what is missing, where there is one.
pub(super) fn list_for(refusal: &Refusal<'_>) -> Option<&'static str> {
    let (service, _) = refusal.parts();
    let exception = EXCEPTIONS
        .iter()
        .find(|one| one.services.contains(&service) && (one.applies)(refusal));
    match exception {
        Some(exception) => Some(exception.list),
        None => of_manifest(service),
    }
}

/// The list tool of a service. Of several, it is the one that can be called knowing least.
fn of_manifest(service: &str) -> Option<&'static str> {
    let lists = TOOLS.iter().filter(|tool| match &tool.door {
        Door::Table(plan) => {
            let lists = plan.request.operation.split_once('.');
            tool.name.starts_with("list_") && lists.is_some_and(|(of, _)| of == service)
        }
        Door::Behaviour(_) => false,
    });
    let needed = |tool: &&ToolSpec| {
        let schema: Value = serde_json::from_str(tool.input_schema).unwrap_or_default();
        let required = schema.get("required").and_then(Value::as_array);
        required.map_or(0, Vec::len)
    };
    lists.min_by_key(needed).map(|tool| tool.name)
}

/// True if a list is itself what was refused: it leads to nothing that it did not find.
pub(super) fn is_refused_itself(list: &str, refusal: &Refusal<'_>) -> bool {
    let tool = TOOLS.iter().find(|tool| tool.name == list);
    tool.is_some_and(|tool| tool.primary().any(|sent| sent.id == refusal.operation))
}

/// The hint that the tool `list` leads to the right name.
#[must_use]
pub(crate) fn shows_what_exists(list: &str) -> String {
    format!("{list} shows what exists")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(operation: &str, code: &str, message: &str) -> Option<&'static str> {
        list_for(&Refusal {
            operation,
            status: 404,
            code,
            message,
        })
    }

    #[test]
    fn a_job_on_a_cluster_that_is_not_there_leads_to_the_clusters() {
        let said = "Cluster 0801-1 does not exist";
        let clusters = list("jobs.submit", "INVALID_PARAMETER_VALUE", said);
        assert_eq!(clusters, Some("list_clusters"));
        let job = list(
            "jobs.run_now",
            "INVALID_PARAMETER_VALUE",
            "Job 7 does not exist.",
        );
        assert_eq!(job, Some("list_jobs"));
    }

    #[test]
    fn a_list_is_of_the_service_unless_something_else_is_missing() {
        for (operation, wanted) in [
            ("pipelines.get", Some("list_pipelines")),
            ("genie.get_space", Some("list_genie_spaces")),
            ("repos.get", Some("list_repos")),
            ("secrets.put_secret", Some("list_secret_scopes")),
            (
                "vector_search_indexes.get_index",
                Some("list_vector_indexes"),
            ),
            ("files.download", Some("list_volume_files")),
            ("queries.get", Some("list_queries")),
            ("volumes.read", Some("list_volumes")),
            ("tables.get", Some("list_tables")),
            ("catalogs.get", Some("list_catalogs")),
            ("schemas.get", Some("list_schemas")),
            ("warehouses.get", Some("list_warehouses")),
            (
                "statement_execution.execute_statement",
                Some("list_warehouses"),
            ),
            ("statement_execution.get_statement", None),
            ("jobs.get", Some("list_jobs")),
            ("jobs.run_now", Some("list_jobs")),
            ("jobs.get_run", Some("list_job_runs")),
            ("clusters.get", Some("list_clusters")),
            ("libraries.install", Some("list_clusters")),
            ("command_execution.create", Some("list_clusters")),
            ("workspace.export", Some("list_notebooks")),
            ("nothing.get", None),
            ("nothing", None),
        ] {
            assert_eq!(list(operation, "NOT_FOUND", ""), wanted, "{operation}");
        }
        let lacking = |message| list("tables.list", "NOT_FOUND", message);
        assert_eq!(
            lacking("Schema 'main.x' does not exist."),
            Some("list_schemas")
        );
        assert_eq!(
            lacking("Catalog 'x' does not exist."),
            Some("list_catalogs")
        );
        let code = list("tables.list", "CATALOG_DOES_NOT_EXIST", "");
        assert_eq!(code, Some("list_catalogs"));
    }

    #[test]
    fn every_exception_differs_from_the_manifest() {
        for exception in EXCEPTIONS {
            for service in exception.services {
                let list = exception.list;
                assert_ne!(of_manifest(service), Some(list), "{service}");
            }
        }
    }
}
