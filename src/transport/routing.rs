//! The header that names the workspace of a request, for hosts that serve several.

use http::{HeaderName, HeaderValue};

use crate::error::Error;

/// The official SDK 0.162.0 sends this header with every operation of a workspace and with none of an account.
pub(super) const WORKSPACE_ID: HeaderName = HeaderName::from_static("x-databricks-workspace-id");

/// The header's value for a configured workspace id.
pub(super) fn value(id: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(id).map_err(|_| Error::Setting {
        setting: "DATABRICKS_WORKSPACE_ID",
        reason: "it holds characters that no header can carry".to_owned(),
    })
}

/// Tells whether a path belongs to the account: `…/accounts/{account_id}/…`. A few paths have `accounts` without
/// an id: they are account matters that a workspace serves.
pub(super) fn is_of_account(path: &str) -> bool {
    let mut segments = path.split('/').skip_while(|segment| *segment != "accounts");
    let of_workspace = ["access-control", "servicePrincipals"];
    segments.next().is_some()
        && segments
            .next()
            .is_some_and(|next| !of_workspace.contains(&next))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use serde_json::Value;

    use super::*;

    /// Levels and paths of all operations, as the documents have them.
    fn documented() -> Vec<(bool, String)> {
        let mut found = Vec::new();
        for file in std::fs::read_dir("specs/databricks").unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let document: Value = serde_json::from_str(&text).unwrap();
            let of_account = match document["info"]["x-databricks-level"].as_str() {
                None => document["x-databricks-level"].as_str() == Some("account"),
                level => level == Some("account"),
            };
            for path in document["paths"].as_object().unwrap().keys() {
                // The account is part of a resource's name there.
                let path = if of_account {
                    path.replace("/{name}", "/accounts/a-1/things/1")
                } else {
                    path.clone()
                };
                found.push((of_account, path));
            }
        }
        found
    }

    #[test]
    fn the_level_of_every_operation_is_told_by_its_path() {
        let documented = documented();
        for (of_account, path) in &documented {
            assert_eq!(is_of_account(path), *of_account, "{path}");
        }
        let of_account = documented.iter().filter(|(of_account, _)| *of_account);
        assert!(of_account.count() > 100 && documented.len() > 700);
    }
}
