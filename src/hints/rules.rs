//! The rules: when a refusal has which hint.

use super::lists::{is_refused_itself, list_for, shows_what_exists};
use super::refusal::Refusal;
use super::tool_names::{
    CREATE_EXECUTION_CONTEXT, CREATE_WORKSPACE_DIRECTORY, DOWNLOAD_FILE, EXECUTE_SQL, GET_CLUSTER,
    GET_CONTEXT_STATUS, LIST_FILES, LIST_VOLUMES, START_CLUSTER, UPLOAD_FILE,
};
use crate::catalog::{Door, TOOLS, ToolSpec};

/// A hint, and the refusals that it is for.
struct Rule {
    statuses: &'static [u16],
    applies: fn(&Refusal<'_>) -> bool,
    hint: fn(&Refusal<'_>) -> String,
}

/// The rules. The first one that applies counts.
static RULES: &[Rule] = &[
    Rule {
        statuses: &[400, 401, 403, 404, 409, 500, 501],
        applies: |refusal| refusal.is_dbfs_root_disabled(),
        hint: |_| dbfs_root_disabled(),
    },
    Rule {
        statuses: &[400, 404, 500],
        applies: |refusal| refusal.is_context_gone(),
        hint: |_| {
            format!(
                "{GET_CONTEXT_STATUS} shows whether the context still lives, {CREATE_EXECUTION_CONTEXT} opens a new one"
            )
        },
    },
    Rule {
        statuses: &[400, 404, 409],
        applies: |refusal| refusal.is_cluster_stopped() && refusal.operation == "clusters.start",
        hint: |_| format!("{GET_CLUSTER} shows its state"),
    },
    Rule {
        statuses: &[400, 404, 409],
        applies: |refusal| refusal.is_cluster_stopped(),
        hint: |_| format!("{GET_CLUSTER} shows its state, {START_CLUSTER} starts it"),
    },
    Rule {
        statuses: &[400],
        applies: |refusal| {
            refusal.operation == "workspace.import_"
                && refusal.message.contains("overwrite the directory")
        },
        hint: |_| "it is a folder: append the name of the notebook to `path`".to_owned(),
    },
    Rule {
        statuses: &[400],
        applies: |refusal| {
            refusal.parts().0 == "files" && refusal.message.contains("must begin with /Volumes/")
        },
        hint: |_| {
            format!("{LIST_FILES} goes from /Volumes through catalogs and schemas to a volume")
        },
    },
    Rule {
        statuses: &[400, 404],
        applies: |refusal| {
            refusal.operation == "workspace.import_" && refusal.message.contains("folder")
        },
        hint: |_| format!("{CREATE_WORKSPACE_DIRECTORY} makes the folder and its parents"),
    },
    Rule {
        statuses: &[400, 409],
        applies: |refusal| refusal.is_there_already() && takes_overwrite(refusal.operation),
        hint: |_| {
            "`overwrite: true` replaces what is there; another path leaves it as it is".to_owned()
        },
    },
    Rule {
        statuses: &[404],
        applies: |refusal| refusal.operation == "statement_execution.get_statement",
        hint: |_| result_gone(),
    },
    Rule {
        statuses: &[400, 404],
        applies: |refusal| refusal.is_missing(),
        hint: |refusal| match list_for(refusal) {
            Some(list) if is_refused_itself(list, refusal) => {
                let folders = ["files", "dbfs", "workspace"];
                if folders.contains(&refusal.parts().0) {
                    format!("check the path; {list} of the folder above it shows what exists")
                } else {
                    "check the id or name".to_owned()
                }
            }
            list => {
                let list = list.map(|list| format!("; {}", shows_what_exists(list)));
                format!("check the id or name{}", list.unwrap_or_default())
            }
        },
    },
    Rule {
        statuses: &[409],
        applies: |_| true,
        hint: |_| "it exists already, or changed meanwhile: look at it and decide anew".to_owned(),
    },
];

/// True if a tool that sends the operation lets the caller replace what is there.
fn takes_overwrite(operation: &str) -> bool {
    let takes = |tool: &ToolSpec| match &tool.door {
        Door::Table(plan) => {
            let mut arguments = plan.request.arguments.iter();
            plan.request.operation == operation
                && arguments.any(|argument| argument.name == "overwrite")
        }
        Door::Behaviour(_) => {
            let mut sent = tool.operations.iter();
            let confirm = tool.confirm.as_ref();
            confirm.is_some_and(|confirm| confirm.when == "overwrite")
                && sent.any(|sent| sent.id == operation && sent.primary)
        }
    };
    TOOLS.iter().any(takes)
}

/// The hint that a result is there no longer, and how to get it anew.
pub(super) fn result_gone() -> String {
    format!(
        "a statement and its rows are kept for about an hour: if it only reads, {EXECUTE_SQL} with the same `statement` \
         gets them anew, and with `save_to` keeps them"
    )
}

/// The hint that the root of DBFS is disabled, and what takes its place.
pub(super) fn dbfs_root_disabled() -> String {
    format!(
        "the root of DBFS is disabled in this workspace, for everybody: use a volume instead, {LIST_VOLUMES} shows them \
         and {UPLOAD_FILE}, {DOWNLOAD_FILE} and SQL take paths under `/Volumes/`"
    )
}

/// The hint of the first rule that applies.
pub(super) fn hint(refusal: &Refusal<'_>) -> Option<String> {
    let applies = |rule: &&Rule| rule.statuses.contains(&refusal.status) && (rule.applies)(refusal);
    RULES.iter().find(applies).map(|rule| (rule.hint)(refusal))
}

#[cfg(test)]
mod tests {
    use crate::error::Error;
    use crate::hints::with_tool;

    fn refused(operation: &str, status: u16, code: &str, message: &str) -> Error {
        Error::Api {
            operation: operation.to_owned(),
            status,
            code: code.to_owned(),
            message: message.to_owned(),
            request_id: None,
            retryable: false,
            retry_after: None,
            hint: (status == 403 || status == 500).then(|| "of the transport".into()),
        }
    }

    #[test]
    fn every_rule_names_the_tool_that_helps() {
        let context = "ContextNotFound: no context 7";
        let cluster = "Cluster 7 is in unexpected state Terminated.";
        let folder = "The parent folder (/x) does not exist.";
        let text = [
            refused("command_execution.execute", 500, "", context),
            refused("clusters.start", 400, "", cluster),
            refused("command_execution.create", 400, "", cluster),
            refused("workspace.import_", 404, "RESOURCE_DOES_NOT_EXIST", folder),
            refused("jobs.get", 400, "", "Job 7 does not exist."),
            refused("genie.get_space", 404, "NOT_FOUND", ""),
            refused("statement_execution.get_statement", 404, "NOT_FOUND", ""),
            refused("users.create", 409, "uniqueness", "user exists"),
            refused(
                "dbfs.list",
                403,
                "PERMISSION_DENIED",
                "Public DBFS root is disabled. Access is denied on path: /tmp",
            ),
            refused(
                "files.list_directory_contents",
                404,
                "NOT_FOUND",
                "Volume 'a.b.c' does not exist.",
            ),
            refused(
                "files.list_directory_contents",
                404,
                "NOT_FOUND",
                "/Volumes/a/b/c/d is not found",
            ),
            refused(
                "files.download",
                404,
                "NOT_FOUND",
                "/Volumes/a/b/c/d is not found",
            ),
            refused(
                "workspace.list",
                404,
                "RESOURCE_DOES_NOT_EXIST",
                "Path (/a) doesn't exist.",
            ),
            refused("jobs.get", 404, "FEATURE_DISABLED", ""),
            refused("jobs.get", 400, "BAD_REQUEST", "no"),
            // The transport has said what to do.
            refused(
                "jobs.get",
                403,
                "PERMISSION_DENIED",
                "Job 7 does not exist.",
            ),
            refused("jobs.get", 500, "", "Job 7 does not exist."),
        ]
        .map(|error| with_tool(error).hint().unwrap_or("-".into()).into_owned())
        .join("\n");
        insta::assert_snapshot!(text, @r#"
        get_context_status shows whether the context still lives, create_execution_context opens a new one
        get_cluster shows its state
        get_cluster shows its state, start_cluster starts it
        create_workspace_directory makes the folder and its parents
        check the id or name; list_jobs shows what exists
        check the id or name; list_genie_spaces shows what exists
        a statement and its rows are kept for about an hour: if it only reads, execute_sql with the same `statement` gets them anew, and with `save_to` keeps them
        check the id or name
        it exists already, or changed meanwhile: look at it and decide anew
        the root of DBFS is disabled in this workspace, for everybody: use a volume instead, list_volumes shows them and upload_file, download_file and SQL take paths under `/Volumes/`
        check the id or name; list_volumes shows what exists
        check the path; list_volume_files of the folder above it shows what exists
        check the id or name; list_volume_files shows what exists
        check the path; list_notebooks of the folder above it shows what exists
        -
        -
        of the transport
        of the transport
        "#);
    }
}
