//! The credential, whom it belongs to, and what that one is allowed.

use std::time::Duration;

use databricks_mcp::config::Settings;
use databricks_mcp::context::Workspace;
use databricks_mcp::error::Error;
use databricks_mcp::settings::{Given, setting};
use databricks_mcp::transport::Call;
use reqwest::Method;
use serde_json::Value;
use tokio::time::timeout;

use super::report::Check;

/// Time for a token, which may come from a program or another service.
const TOKEN_WITHIN: Duration = Duration::from_secs(30);

/// Gets the headers of a request.
pub(super) async fn credential(given: &Given, settings: Result<&Settings, &Error>) -> Check {
    let name = "credential";
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return Check::failed(name, error),
    };
    let credential = &settings.credential;
    let set = setting::ALL.iter().filter(|setting| setting.kind.is_some());
    let set =
        set.filter_map(|setting| Some(format!("{} ({})", setting.name, given.origin(setting)?)));
    let by: Vec<String> = set.collect();
    let by = if by.is_empty() {
        String::new()
    } else {
        format!(" by {}", by.join(", "))
    };
    match timeout(TOKEN_WITHIN, credential.headers()).await {
        Ok(Ok(_)) => {
            let kind = credential.auth_type();
            let got = if matches!(kind, "pat" | "basic") {
                ""
            } else {
                ", a token was got"
            };
            Check::ok(name, format!("`{kind}`{by}{got}"))
        }
        Ok(Err(error)) => Check::failed(name, &error),
        Err(_) => {
            let found = format!(
                "`{}`{by} gave no token within {} s",
                credential.auth_type(),
                TOKEN_WITHIN.as_secs()
            );
            Check::fail(name, found)
                .next("choose another with `DATABRICKS_AUTH_TYPE`, or set `DATABRICKS_TOKEN`")
        }
    }
}

/// Asks the workspace who the credential is.
///
/// # Errors
/// It was refused, or no answer came.
pub(super) async fn me(workspace: &Workspace) -> Result<Value, Error> {
    let transport = &workspace.transport;
    let url = transport.host().join("api/2.0/preview/scim/v2/Me");
    let url = url.map_err(|error| Error::Internal {
        reason: error.to_string(),
    })?;
    let request = transport.client().request(Method::GET, url).build();
    let request = request.map_err(|error| Error::Internal {
        reason: error.to_string(),
    })?;
    let operation = "current_user.me";
    let reply = transport
        .send(&Call::new("doctor"), operation, request)
        .await?;
    reply.expect_object(operation)?;
    reply.json(operation)
}

pub(super) fn identity(me: &Value) -> Check {
    let text = |key: &str| me.get(key).and_then(Value::as_str);
    match text("userName").or_else(|| text("displayName")) {
        Some(user) => Check::ok("identity", user),
        None => Check::warn("identity", "the workspace does not say who this is")
            .next("check that the host is that of a workspace, and not of an account"),
    }
}

/// The groups and entitlements of the user. Permissions on single things show only when those are asked for.
pub(super) fn permissions(me: &Value) -> Check {
    let all = |list: &str, key: &str| -> Vec<String> {
        let items = me.get(list).and_then(Value::as_array).into_iter().flatten();
        let items = items.filter_map(|item| item.get(key)?.as_str());
        items.map(ToOwned::to_owned).collect()
    };
    let named = |what: &str, names: Vec<String>| {
        if names.is_empty() {
            format!("no {what}")
        } else {
            format!("{what} {}", names.join(", "))
        }
    };
    if me.get("active").and_then(Value::as_bool) == Some(false) {
        let found = "the user is not active in this workspace";
        return Check::fail("permissions", found).next("ask an admin to activate it");
    }
    let groups = named("groups", all("groups", "display"));
    let entitlements = named("entitlements of its own", all("entitlements", "value"));
    Check::ok("permissions", format!("{groups}; {entitlements}"))
}
