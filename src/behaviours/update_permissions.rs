//! `update_permissions`: gives principals a level and takes single entries away, for which the API has no request:
//! what stays is set anew.

use databricks_client::types::{PermissionsSetRequest, PermissionsUpdateRequest};
use databricks_client::{PermissionsGetParams, PermissionsSetParams, PermissionsUpdateParams};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Behaviour;
use super::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;
use crate::transport::typed_answer;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Permissions>("update_permissions", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    })
    .checking(check);

/// The level of an entry that is taken away.
const NONE: &str = "NONE";
/// The fields that name the principal of an entry.
const PRINCIPALS: [&str; 3] = ["user_name", "group_name", "service_principal_name"];

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// jobs, clusters, warehouses, notebooks, directories, dashboards, pipelines, apps, serving-endpoints…
    object_type: String,
    object_id: String,
    /// For example [{"user_name": "me@example.com", "permission_level": "CAN_MANAGE"}]; level NONE takes the entry away
    #[schemars(length(min = 1))]
    access_control_list: Vec<Entry>,
    /// true once the user has agreed
    #[serde(default)]
    #[expect(dead_code, reason = "the policy takes it before the call")]
    confirm: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    user_name: Option<String>,
    #[serde(default)]
    group_name: Option<String>,
    #[serde(default)]
    service_principal_name: Option<String>,
    permission_level: String,
}

impl Entry {
    /// The field that names the principal, and the name.
    fn principal(&self) -> Option<(&'static str, &str)> {
        let [user, group, service] = PRINCIPALS;
        let named = [
            (user, &self.user_name),
            (group, &self.group_name),
            (service, &self.service_principal_name),
        ];
        let mut named = named
            .into_iter()
            .filter_map(|(field, name)| Some((field, name.as_deref()?)));
        match (named.next(), named.next()) {
            (Some(one), None) => Some(one),
            _ => None,
        }
    }

    fn is_removal(&self) -> bool {
        self.permission_level == NONE
    }
}

#[derive(Serialize, JsonSchema)]
struct Permissions {
    #[serde(skip_serializing_if = "Option::is_none")]
    object_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_type: Option<String>,
    permissions: Vec<Held>,
}

/// The permissions of one principal.
#[derive(Serialize, JsonSchema)]
struct Held {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_principal: Option<String>,
    permissions: Vec<Map<String, Value>>,
}

/// Every entry names one principal.
fn check(given: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let Arguments {
        access_control_list,
        ..
    } = arguments(Value::Object(given.clone()))?;
    let unclear = access_control_list.iter().zip(0..);
    let unclear = unclear.filter(|(entry, _)| entry.principal().is_none());
    let problems: Vec<String> = unclear
        .map(|(_, at)| {
            format!(
                "`access_control_list[{at}]` needs one of `user_name`, `group_name` and `service_principal_name`"
            )
        })
        .collect();
    if problems.is_empty() {
        return Ok(given);
    }
    Err(refused(problems))
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let Arguments {
        object_type,
        object_id,
        access_control_list,
        ..
    } = arguments;
    let (taken, given): (Vec<Entry>, Vec<Entry>) =
        access_control_list.into_iter().partition(Entry::is_removal);
    let client = context.client();
    if taken.is_empty() {
        let wanted = PermissionsUpdateRequest {
            access_control_list: Some(given.iter().filter_map(wire).collect()),
        };
        let called = client
            .permissions_update(
                PermissionsUpdateParams {
                    request_object_type: &object_type,
                    request_object_id: &object_id,
                },
                &wanted,
            )
            .await;
        return shown(&json!(typed_answer("permissions.update", called)?));
    }
    // The API adds and replaces entries, but has no request that takes one away. Who changes the list between
    // these two requests is overruled.
    let called = client
        .permissions_get(PermissionsGetParams {
            request_object_type: &object_type,
            request_object_id: &object_id,
        })
        .await;
    let now = json!(typed_answer("permissions.get", called)?);
    let wanted = PermissionsSetRequest {
        access_control_list: Some(remaining(&now, &taken, &given)?),
    };
    let called = client
        .permissions_set(
            PermissionsSetParams {
                request_object_type: &object_type,
                request_object_id: &object_id,
            },
            &wanted,
        )
        .await;
    shown(&json!(typed_answer("permissions.set", called)?))
}

/// The direct entries of an object without those that are taken away and with those that are given.
fn remaining(
    now: &Value,
    taken: &[Entry],
    given: &[Entry],
) -> Result<Vec<Map<String, Value>>, Error> {
    let direct = direct(now);
    let holds =
        |entry: &Entry, (field, name): (&str, &str)| entry.principal() == Some((field, name));
    let problems: Vec<String> = taken
        .iter()
        .filter_map(Entry::principal)
        .filter(|principal| !direct.iter().any(|(field, name, _)| (*field, name.as_str()) == *principal))
        .map(|(field, name)| {
            format!(
                "{field} `{name}` has no entry of its own here; what is inherited is taken away where it was given, which \
                 get_permissions shows"
            )
        })
        .collect();
    if !problems.is_empty() {
        return Err(refused(problems));
    }
    let kept = direct.iter().filter(|(field, name, _)| {
        let mut changed = taken.iter().chain(given);
        !changed.any(|entry| holds(entry, (field, name)))
    });
    let kept = kept.map(|(field, name, level)| row(field, name, level));
    Ok(kept.chain(given.iter().filter_map(wire)).collect())
}

/// The entries that are not inherited: field of the principal, name, level.
fn direct(now: &Value) -> Vec<(&'static str, String, String)> {
    let mut direct = Vec::new();
    for entry in now
        .get("access_control_list")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let text = |field: &str| entry.get(field).and_then(Value::as_str);
        let Some((field, name)) = PRINCIPALS
            .iter()
            .find_map(|field| Some((*field, text(field)?)))
        else {
            continue;
        };
        let all = entry.get("all_permissions").and_then(Value::as_array);
        for permission in all.into_iter().flatten() {
            let level = permission.get("permission_level").and_then(Value::as_str);
            let inherited = permission.get("inherited").and_then(Value::as_bool);
            if let (Some(level), false) = (level, inherited.unwrap_or(false)) {
                direct.push((field, name.to_owned(), level.to_owned()));
            }
        }
    }
    direct
}

fn wire(entry: &Entry) -> Option<Map<String, Value>> {
    let (field, name) = entry.principal()?;
    Some(row(field, name, &entry.permission_level))
}

/// An entry as the service takes it.
fn row(field: &str, name: &str, level: &str) -> Map<String, Value> {
    Map::from_iter([
        (field.to_owned(), json!(name)),
        ("permission_level".to_owned(), json!(level)),
    ])
}

fn shown(answer: &Value) -> Result<Answer, Error> {
    let text = |value: &Value, field: &str| {
        let text = value.get(field).and_then(Value::as_str);
        text.map(ToOwned::to_owned)
    };
    let entries = answer.get("access_control_list").and_then(Value::as_array);
    let held = entries.into_iter().flatten().map(|entry| {
        let [user, group, service] = PRINCIPALS;
        let all = entry.get("all_permissions").and_then(Value::as_array);
        let permissions = all.into_iter().flatten().filter_map(Value::as_object);
        Held {
            user: text(entry, user),
            group: text(entry, group),
            service_principal: text(entry, service),
            permissions: permissions.cloned().collect(),
        }
    });
    let permissions = Permissions {
        object_id: text(answer, "object_id"),
        object_type: text(answer, "object_type"),
        permissions: held.collect(),
    };
    Ok(Answer::json(structured(&permissions)?))
}

fn refused(problems: Vec<String>) -> Error {
    Error::Arguments {
        tool: BEHAVIOUR.name.to_owned(),
        problems,
    }
}
