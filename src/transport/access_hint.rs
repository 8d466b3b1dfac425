//! Hints about access to the workspace: host, credential, network, permission, rate, failing service.
//!
//! Hints about the things in the workspace name tools, and come from [`crate::hints`].

/// The hint for a refusal that is about access to the workspace.
pub(super) fn of(
    status: u16,
    code: &str,
    message: &str,
    auth_type: &str,
    idempotent: bool,
) -> Option<String> {
    let says = |words: &str| message.contains(words);
    let hint = match status {
        300..=399 => LOGIN_PAGE,
        _ if credential_refused(status, code, message) => return Some(credential(auth_type)),
        403 if says("IP ") || says("ip address") || says("network") => {
            "the workspace refuses your network: connect from an allowed one, or ask an admin to allow yours"
        }
        _ if status == 403 || (status == 400 && code == "PERMISSION_DENIED") => {
            return Some(permission(message));
        }
        // The service calls SQL warehouses endpoints, too, and one may be missing where the API is not.
        404 if code == "ENDPOINT_NOT_FOUND" && !says("does not exist") && !says("arehouse") => {
            "this workspace does not offer the API: check `DATABRICKS_HOST`"
        }
        413 => "the request is too large: send less at once",
        429 => "the workspace limits its request rate: wait and call again",
        408 | 500.. if idempotent => "the service failed: call again in a moment",
        408 | 500.. => {
            "the service failed, and may have done it all the same: look before calling again, so that nothing happens twice"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

const LOGIN_PAGE: &str = "the workspace does not answer here: check `DATABRICKS_HOST`; a redirect to a login page also means that the network may not reach it (private link, VPN)";

/// Tells whether the service refused the credential itself. The gateway does so with 403 and a number for a code, too.
pub(super) fn credential_refused(status: u16, code: &str, message: &str) -> bool {
    status == 401 || (status == 403 && code == "FORBIDDEN" && message.contains("access token"))
}

/// The hint that says how to mend a credential of this type.
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

/// The hint that names the missing permission, where the service says which.
fn permission(message: &str) -> String {
    match privilege(message) {
        Some(privilege) => format!("ask the owner or an admin to grant you {privilege}"),
        None => "your user lacks a permission for this: ask the owner or an admin".to_owned(),
    }
}

/// The privilege that the service's sentence names, such as `USE SCHEMA on Schema 'main.sales'`.
fn privilege(message: &str) -> Option<String> {
    let rest = message.split("does not have ").nth(1)?;
    let end = rest.find(['.', '\n', ';']);
    // A name with dots stands in quotes or backticks, and the sentence ends at the closing one.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_names_the_variable_the_permission_or_the_network() {
        let text = [
            of(401, "UNAUTHORIZED", "", "pat", true),
            of(403, "FORBIDDEN", "Invalid access token.", "oauth-m2m", true),
            of(
                403,
                "PERMISSION_DENIED",
                "Source IP address: 1.2.3.4 is blocked by IP ACL",
                "pat",
                true,
            ),
            of(
                403,
                "PERMISSION_DENIED",
                "User does not have USE SCHEMA on Schema 'main.sales'.",
                "pat",
                true,
            ),
            of(400, "PERMISSION_DENIED", "no", "pat", true),
            of(404, "ENDPOINT_NOT_FOUND", "", "pat", true),
            of(404, "NOT_FOUND", "", "pat", true),
            of(
                404,
                "ENDPOINT_NOT_FOUND",
                "SQL warehouse (a) does not exist",
                "pat",
                true,
            ),
            of(503, "", "", "pat", true),
            of(503, "", "", "pat", false),
            of(400, "BAD_REQUEST", "no", "pat", true),
        ]
        .map(|hint| hint.unwrap_or_else(|| "-".to_owned()))
        .join("\n");
        insta::assert_snapshot!(text, @r#"
        the credential was not accepted: check `DATABRICKS_TOKEN`: it may be expired, revoked or of another workspace
        the credential was not accepted: check `DATABRICKS_CLIENT_ID` and `DATABRICKS_CLIENT_SECRET`, and that the service principal is in this workspace
        the workspace refuses your network: connect from an allowed one, or ask an admin to allow yours
        ask the owner or an admin to grant you USE SCHEMA on Schema 'main.sales'
        your user lacks a permission for this: ask the owner or an admin
        this workspace does not offer the API: check `DATABRICKS_HOST`
        -
        -
        the service failed: call again in a moment
        the service failed, and may have done it all the same: look before calling again, so that nothing happens twice
        -
        "#);
    }
}
