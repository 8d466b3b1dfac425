//! What to do about an error of the service: which variable, which permission, which tool to call next.

/// The hint that fits, where there is one.
pub(super) fn of(
    operation: &str,
    status: u16,
    code: &str,
    message: &str,
    auth_type: &str,
    harmless: bool,
) -> Option<String> {
    let says = |words: &str| message.contains(words);
    let hint = match status {
        300..=399 => format!("the workspace does not answer here: check `DATABRICKS_HOST`; {LOGIN_PAGE}"),
        401 => credential(auth_type),
        403 if credential_refused(status, code, message) => credential(auth_type),
        403 if says("IP ") || says("ip address") || says("network") => {
            "the workspace refuses your network: connect from an allowed one, or ask an admin to allow yours".to_owned()
        }
        403 | 400 if code == "PERMISSION_DENIED" || status == 403 => match privilege(message) {
            Some(privilege) => format!("ask the owner or an admin to grant you {privilege}"),
            None => "your user lacks a permission for this: ask the owner or an admin".to_owned(),
        },
        404 if code == "ENDPOINT_NOT_FOUND" => {
            "this workspace does not offer the API: check `DATABRICKS_HOST`".to_owned()
        }
        404 if code == "FEATURE_DISABLED" => return None,
        400 | 404 | 500 if context_gone(operation, message) => {
            "get_context_status shows whether the context still lives, create_execution_context opens a new one".to_owned()
        }
        400 | 404 | 409 if cluster_stopped(message) => {
            let start = if operation == "clusters.start" { "" } else { ", start_cluster starts it" };
            format!("get_cluster shows its state{start}")
        }
        400 | 404 if operation == "workspace.import_" && says("folder") => {
            "create_workspace_directory makes the folder and its parents".to_owned()
        }
        400 | 404 if status == 404 || says("does not exist") || says("doesn't exist") => format!(
            "check the id or name; {} shows what exists",
            finder(operation, code, message).unwrap_or(SOME_LIST)
        ),
        409 => "it exists already, or changed meanwhile: look at it and decide anew".to_owned(),
        413 => "the request is too large: send less at once".to_owned(),
        429 => "the workspace limits its request rate: wait and call again".to_owned(),
        408 | 500.. if !harmless => "the service failed, and may have done it all the same: look before calling again, so that nothing happens twice".to_owned(),
        408 | 500.. => "the service failed: call again in a moment".to_owned(),
        _ => return None,
    };
    Some(hint)
}

/// What a hint says for the tool that lists, where only the manifest knows which.
pub(crate) const SOME_LIST: &str = "the matching list_ tool";

const LOGIN_PAGE: &str =
    "a redirect to a login page also means that the network may not reach it (private link, VPN)";

/// Whether the credential itself was refused; the gateway also says so with 403 and a number for a code.
pub(super) fn credential_refused(status: u16, code: &str, message: &str) -> bool {
    status == 401 || (status == 403 && code == "FORBIDDEN" && message.contains("access token"))
}

/// How a credential of this type is mended.
fn credential(auth_type: &str) -> String {
    let mend = match auth_type {
        "pat" => "check `DATABRICKS_TOKEN`: it may be expired, revoked or of another workspace",
        "basic" => "check `DATABRICKS_USERNAME` and `DATABRICKS_PASSWORD`",
        "oauth-m2m" => {
            "check `DATABRICKS_CLIENT_ID` and `DATABRICKS_CLIENT_SECRET`, and that the service principal is in this workspace"
        }
        "databricks-cli" => "sign in again with `databricks auth login`",
        "external-browser" => "sign in again with `databricks-mcp login`",
        "azure-cli" => "sign in again with `az login`",
        "azure-client-secret" => "check `ARM_CLIENT_ID`, `ARM_CLIENT_SECRET` and `ARM_TENANT_ID`",
        "google-credentials" | "google-id" => {
            "check the Google credentials, and that the service account is in this workspace"
        }
        _ => return format!("the credential (`{auth_type}`) was not accepted"),
    };
    format!("the credential was not accepted: {mend}")
}

/// `USE SCHEMA on Schema 'main.sales'` out of the service's sentence.
fn privilege(message: &str) -> Option<String> {
    let rest = message.split("does not have ").nth(1)?;
    let end = rest.find(['.', '\n', ';']);
    // A name with dots stands in quotes or backticks: the sentence ends at the closing one.
    let quote = rest.find(['\'', '`', '"']);
    let end = match (end, quote) {
        (Some(end), Some(quote)) if quote < end => {
            let mark = rest.get(quote..quote + 1)?;
            quote + 1 + rest.get(quote + 1..)?.find(mark)? + 1
        }
        (Some(end), _) => end,
        (None, _) => rest.len(),
    };
    let privilege = rest.get(..end)?.trim();
    (!privilege.is_empty() && privilege.len() <= 200).then(|| privilege.to_owned())
}

/// Whether an execution context, or a command in it, is not known to its cluster.
fn context_gone(operation: &str, message: &str) -> bool {
    let message = message.to_lowercase().replace(' ', "");
    let unknown = ["notfound", "invalid", "doesnotexist", "nosuch", "unknown"];
    operation.starts_with("command_execution.")
        && (message.contains("context") || message.contains("command"))
        && !message.contains("cluster")
        && unknown.iter().any(|word| message.contains(word))
}

/// Whether the service wanted a cluster that runs and found it in another state.
fn cluster_stopped(message: &str) -> bool {
    let message = message.to_lowercase();
    let states = ["unexpected state", "not running", "is not in running state"];
    message.contains("cluster") && states.iter().any(|words| message.contains(words))
}

/// The tool that lists what is missing, where that is another than the manifest's for the operation's service.
fn finder(operation: &str, code: &str, message: &str) -> Option<&'static str> {
    let (service, method) = operation.split_once('.')?;
    let lacks = |kind: &str| {
        code == format!("{}_DOES_NOT_EXIST", kind.to_uppercase())
            || message.contains(&format!("{kind} '"))
    };
    Some(match service {
        "tables" | "volumes" | "functions" | "schemas" | "registered_models"
            if lacks("Catalog") =>
        {
            "list_catalogs"
        }
        "tables" | "volumes" | "functions" | "registered_models" if lacks("Schema") => {
            "list_schemas"
        }
        "jobs" if method.contains("run") && method != "run_now" => "list_job_runs",
        "jobs" => "list_jobs",
        "clusters" | "libraries" | "command_execution" => "list_clusters",
        "warehouses" => "list_warehouses",
        "statement_execution" if method == "execute_statement" => "list_warehouses",
        "catalogs" => "list_catalogs",
        "schemas" => "list_schemas",
        "workspace" => "list_notebooks",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn hints_name_the_variable_the_permission_and_the_tool() {
        let hints = [
            of("jobs.get", 401, "UNAUTHORIZED", "", "pat", true),
            of(
                "jobs.get",
                403,
                "FORBIDDEN",
                "Invalid access token.",
                "oauth-m2m",
                true,
            ),
            of(
                "jobs.get",
                403,
                "PERMISSION_DENIED",
                "Source IP address: 1.2.3.4 is blocked by IP ACL",
                "pat",
                true,
            ),
            of(
                "tables.get",
                403,
                "PERMISSION_DENIED",
                "User does not have USE SCHEMA on Schema 'main.sales'.",
                "pat",
                true,
            ),
            of(
                "jobs.get",
                400,
                "INVALID_PARAMETER_VALUE",
                "Job 7 does not exist.",
                "pat",
                true,
            ),
            of("clusters.get", 404, "NOT_FOUND", "", "pat", true),
            of("genie.get_space", 404, "NOT_FOUND", "", "pat", true),
            of(
                "jobs.get_run",
                400,
                "INVALID_PARAMETER_VALUE",
                "Run 7 does not exist.",
                "pat",
                true,
            ),
            of(
                "tables.list",
                404,
                "SCHEMA_DOES_NOT_EXIST",
                "Schema 'main.x' does not exist.",
                "pat",
                true,
            ),
            of(
                "tables.list",
                404,
                "CATALOG_DOES_NOT_EXIST",
                "Catalog 'x' does not exist.",
                "pat",
                true,
            ),
            of(
                "command_execution.execute",
                500,
                "",
                "ContextNotFound: no context 7",
                "pat",
                false,
            ),
            of(
                "command_execution.create",
                400,
                "",
                "Cluster 7 is in unexpected state Terminated.",
                "pat",
                false,
            ),
            of(
                "workspace.import_",
                404,
                "RESOURCE_DOES_NOT_EXIST",
                "The parent folder (/x) does not exist.",
                "pat",
                false,
            ),
            of("jobs.list", 503, "", "", "pat", true),
            of("jobs.create", 503, "", "", "pat", false),
            of("jobs.list", 400, "BAD_REQUEST", "no", "pat", true),
        ];
        let text: Vec<String> = hints
            .into_iter()
            .map(|hint| hint.unwrap_or_else(|| "-".to_owned()))
            .collect();
        insta::assert_snapshot!(text.join("\n"), @r#"
        the credential was not accepted: check `DATABRICKS_TOKEN`: it may be expired, revoked or of another workspace
        the credential was not accepted: check `DATABRICKS_CLIENT_ID` and `DATABRICKS_CLIENT_SECRET`, and that the service principal is in this workspace
        the workspace refuses your network: connect from an allowed one, or ask an admin to allow yours
        ask the owner or an admin to grant you USE SCHEMA on Schema 'main.sales'
        check the id or name; list_jobs shows what exists
        check the id or name; list_clusters shows what exists
        check the id or name; the matching list_ tool shows what exists
        check the id or name; list_job_runs shows what exists
        check the id or name; list_schemas shows what exists
        check the id or name; list_catalogs shows what exists
        get_context_status shows whether the context still lives, create_execution_context opens a new one
        get_cluster shows its state, start_cluster starts it
        create_workspace_directory makes the folder and its parents
        the service failed: call again in a moment
        the service failed, and may have done it all the same: look before calling again, so that nothing happens twice
        -
        "#);
    }
}
