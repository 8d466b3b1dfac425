//! SCIM `Me`: the user of the token.

use std::sync::Arc;

use serde_json::json;

use crate::http::{ApiError, Call, Reply};
use crate::identity::{USER, USER_ID};
use crate::operations::Operations;
use crate::shared::Shared;

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    on.on("current_user.me", shared, me);
}

fn me(_shared: &Shared, _call: &Call) -> Result<Reply, ApiError> {
    let value = json!({
        "id": USER_ID.to_string(),
        "userName": USER,
        "displayName": "You",
        "name": {"givenName": "You", "familyName": "Yourself"},
        "emails": [{"type": "work", "value": USER, "primary": true}],
        "groups": [
            {"type": "direct", "display": "admins", "value": "7730112", "$ref": "Groups/7730112"},
            {"type": "direct", "display": "users", "value": "7730113", "$ref": "Groups/7730113"},
        ],
        "entitlements": [{"value": "workspace-access"}, {"value": "databricks-sql-access"}],
        "active": true,
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    });
    Ok(value.into())
}
