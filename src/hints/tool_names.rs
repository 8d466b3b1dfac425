//! Names of tools that hints give. A name that no tool has stops the build.

use crate::catalog::TOOLS;

pub(super) const CREATE_EXECUTION_CONTEXT: &str = existing("create_execution_context");
pub(super) const CREATE_WORKSPACE_DIRECTORY: &str = existing("create_workspace_directory");
pub(super) const DBFS_PUT: &str = existing("dbfs_put");
pub(super) const DBFS_READ: &str = existing("dbfs_read");
pub(super) const DIAGNOSE_RUN: &str = existing("diagnose_run");
pub(super) const DOWNLOAD_FILE: &str = existing("download_file");
pub(super) const EXECUTE_SQL: &str = existing("execute_sql");
pub(super) const EXPORT_NOTEBOOK: &str = existing("export_notebook");
pub(super) const CANCEL_TRANSFER: &str = existing("cancel_transfer");
pub(super) const GET_TRANSFER: &str = existing("get_transfer");
pub(super) const GET_RUN_OUTPUT: &str = existing("get_run_output");
pub(super) const GET_CLUSTER: &str = existing("get_cluster");
pub(super) const GET_CONTEXT_STATUS: &str = existing("get_context_status");
pub(super) const LIST_CATALOGS: &str = existing("list_catalogs");
pub(super) const LIST_CLUSTERS: &str = existing("list_clusters");
pub(super) const LIST_FILES: &str = existing("list_files");
pub(super) const LIST_JOB_RUNS: &str = existing("list_job_runs");
pub(super) const LIST_NOTEBOOKS: &str = existing("list_notebooks");
pub(super) const LIST_QUERY_HISTORY: &str = existing("list_query_history");
pub(super) const LIST_SCHEMAS: &str = existing("list_schemas");
pub(super) const LIST_VOLUME_FILES: &str = existing("list_volume_files");
pub(super) const LIST_VOLUMES: &str = existing("list_volumes");
pub(super) const LIST_WAREHOUSES: &str = existing("list_warehouses");
pub(super) const START_CLUSTER: &str = existing("start_cluster");
pub(super) const UPLOAD_FILE: &str = existing("upload_file");

/// Returns `name` if the catalog has such a tool.
#[expect(
    clippy::panic,
    reason = "only constants call it, so that it panics in the compiler"
)]
const fn existing(name: &'static str) -> &'static str {
    let mut tools = TOOLS;
    while let [tool, rest @ ..] = tools {
        if equal(tool.name.as_bytes(), name.as_bytes()) {
            return name;
        }
        tools = rest;
    }
    panic!("no tool of the catalog has this name")
}

/// `==` of slices, which a constant cannot use.
const fn equal(mut left: &[u8], mut right: &[u8]) -> bool {
    while let ([first, left_rest @ ..], [other, right_rest @ ..]) = (left, right) {
        if *first != *other {
            return false;
        }
        (left, right) = (left_rest, right_rest);
    }
    left.is_empty() && right.is_empty()
}
