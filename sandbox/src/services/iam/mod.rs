//! Users, groups and service principals over SCIM, and permissions on objects.

mod me;
mod patch;
mod permissions;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::collections::{Ids, Item};
use crate::identity::{USER, USER_ID};
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

/// The words of the kinds.
pub(super) const GROUP: &str = "Group";
const MEMBERS: [&str; 3] = ["User", GROUP, "Service principal"];

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    me::serve(on, shared);
    permissions::serve(on, shared);
    users().serve(on, shared);
    groups().serve(on, shared);
    service_principals().serve(on, shared);
}

fn users() -> Kind {
    let entitlements = json!([{"value": "workspace-access"}, {"value": "databricks-sql-access"}]);
    let user = |id: String, mail: &str, given: &str, family: &str| {
        json!({
            "id": id,
            "userName": mail,
            "displayName": format!("{given} {family}").trim(),
            "name": {"givenName": given, "familyName": family},
            "emails": [{"type": "work", "value": mail, "primary": true}],
        })
    };
    Kind::new("User", "id", Ids::Digits)
        .unique("userName")
        .create("users.create")
        .get("users.get")
        .list("users.list")
        .replace("users.update")
        .act("users.patch", patch::apply)
        .delete("users.delete")
        .defaults(json!({"active": true, "entitlements": entitlements, "schemas": [USER_SCHEMA]}))
        .on_create(|_, _, user| {
            let mail = user.text("userName").to_owned();
            if user.text("displayName").is_empty() {
                user.set("displayName", mail.split('@').next().unwrap_or_default());
            }
            if user.get("emails").is_none() {
                user.set(
                    "emails",
                    json!([{"type": "work", "value": mail, "primary": true}]),
                );
            }
            Ok(())
        })
        .view(|shared, item, fields| {
            fields.insert("groups".to_owned(), groups_of(shared, item));
        })
        .seed(user(USER_ID.to_string(), USER, "You", "Yourself"))
        .seed(user(
            "5120934471".to_owned(),
            "ana@example.com",
            "Ana",
            "Silva",
        ))
        .seed(user(
            "6380215567".to_owned(),
            "ben@example.com",
            "Ben",
            "Okafor",
        ))
}

const USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PRINCIPAL_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal";

fn groups() -> Kind {
    let you = json!([{"value": USER_ID.to_string()}]);
    let all = json!([
        {"value": USER_ID.to_string()}, {"value": "5120934471"}, {"value": "6380215567"},
    ]);
    Kind::new(GROUP, "id", Ids::Digits)
        .unique("displayName")
        .create("groups.create")
        .get("groups.get")
        .list("groups.list")
        .replace("groups.update")
        .act("groups.patch", patch::apply)
        .delete("groups.delete")
        .defaults(json!({"meta": {"resourceType": "WorkspaceGroup"}, "schemas": [GROUP_SCHEMA]}))
        .view(|shared, item, fields| {
            fields.insert("groups".to_owned(), groups_of(shared, item));
            if let Some(members) = fields.get_mut("members").and_then(Value::as_array_mut) {
                members
                    .iter_mut()
                    .for_each(|member| name_member(shared, member));
            }
        })
        .seed(json!({"id": "7730112", "displayName": "admins", "members": you}))
        .seed(json!({"id": "7730113", "displayName": "users", "members": all}))
        .seed(json!({
            "id": "7730118",
            "displayName": "data-engineers",
            "members": [{"value": USER_ID.to_string()}, {"value": "5120934471"}],
        }))
}

fn service_principals() -> Kind {
    Kind::new("Service principal", "id", Ids::Digits)
        .create("service_principals.create")
        .get("service_principals.get")
        .list("service_principals.list")
        .replace("service_principals.update")
        .act("service_principals.patch", patch::apply)
        .delete("service_principals.delete")
        .defaults(json!({"active": true, "schemas": [PRINCIPAL_SCHEMA]}))
        .on_create(|_, _, principal| {
            if principal.get("applicationId").is_none() {
                principal.set("applicationId", uuid::Uuid::new_v4().to_string());
            }
            Ok(())
        })
        .view(|shared, item, fields| {
            fields.insert("groups".to_owned(), groups_of(shared, item));
        })
        .seed(json!({
            "id": "8801274",
            "displayName": "nightly-etl",
            "applicationId": "2f8c1e07-5b94-4d6a-a1f3-6e0d72c9b845",
        }))
}

/// The groups of which it is a direct member.
fn groups_of(shared: &Shared, item: &Item) -> Value {
    let id = item.get("id");
    let groups = shared.collections.of(GROUP).map(|groups| groups.all());
    let holds = |group: &Item| {
        let members = group.get("members").and_then(Value::as_array);
        members.is_some_and(|members| members.iter().any(|member| member.get("value") == id))
    };
    let groups: Vec<Value> = groups
        .into_iter()
        .flatten()
        .filter(holds)
        .map(|group| {
            let id = group.text("id");
            json!({
                "type": "direct",
                "display": group.text("displayName"),
                "value": id,
                "$ref": format!("Groups/{id}"),
            })
        })
        .collect();
    if groups.is_empty() {
        Value::Null
    } else {
        json!(groups)
    }
}

fn name_member(shared: &Shared, member: &mut Value) {
    let id = member
        .get("value")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut kinds = MEMBERS.iter().zip(["Users", "Groups", "ServicePrincipals"]);
    let found = kinds.find_map(|(word, path)| Some((shared.collections.find(word, id)?, path)));
    if let Some((item, path)) = found {
        let reference = format!("{path}/{id}");
        let display = json!(item.text("displayName"));
        if let Some(member) = member.as_object_mut() {
            member.insert("display".to_owned(), display);
            member.insert("$ref".to_owned(), json!(reference));
        }
    }
}
