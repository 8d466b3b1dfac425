//! Permissions on objects of the workspace: getting, setting and updating them.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use crate::http::{ApiError, Call, Reply};
use crate::identity::USER;
use crate::operations::Operations;
use crate::shared::Shared;

/// The levels of each type of object, strongest first. The owner has the strongest.
const LEVELS: &[(&str, &[&str])] = &[
    ("clusters", &["CAN_MANAGE", "CAN_RESTART", "CAN_ATTACH_TO"]),
    ("cluster-policies", &["CAN_USE"]),
    ("instance-pools", &["CAN_MANAGE", "CAN_ATTACH_TO"]),
    (
        "jobs",
        &["IS_OWNER", "CAN_MANAGE", "CAN_MANAGE_RUN", "CAN_VIEW"],
    ),
    (
        "pipelines",
        &["IS_OWNER", "CAN_MANAGE", "CAN_RUN", "CAN_VIEW"],
    ),
    (
        "sql/warehouses",
        &[
            "IS_OWNER",
            "CAN_MANAGE",
            "CAN_MONITOR",
            "CAN_USE",
            "CAN_VIEW",
        ],
    ),
    (
        "warehouses",
        &[
            "IS_OWNER",
            "CAN_MANAGE",
            "CAN_MONITOR",
            "CAN_USE",
            "CAN_VIEW",
        ],
    ),
    (
        "serving-endpoints",
        &["CAN_MANAGE", "CAN_QUERY", "CAN_VIEW"],
    ),
    ("authorization", &["CAN_USE"]),
    ("apps", &["CAN_MANAGE", "CAN_USE"]),
    ("", &["CAN_MANAGE", "CAN_EDIT", "CAN_RUN", "CAN_READ"]),
];

/// The description of each level.
const MEANING: &[(&str, &str)] = &[
    ("IS_OWNER", "Owns it"),
    (
        "CAN_MANAGE",
        "Can do everything with it and give permissions",
    ),
    ("CAN_MANAGE_RUN", "Can start and cancel runs"),
    ("CAN_MONITOR", "Can see what runs on it"),
    ("CAN_EDIT", "Can change it"),
    ("CAN_RUN", "Can run it"),
    ("CAN_RESTART", "Can start and restart it"),
    ("CAN_ATTACH_TO", "Can attach to it"),
    ("CAN_QUERY", "Can query it"),
    ("CAN_USE", "Can use it"),
    ("CAN_VIEW", "Can see it"),
    ("CAN_READ", "Can read it"),
];

/// The fields that name the principal of an entry.
const PRINCIPALS: [&str; 3] = ["user_name", "group_name", "service_principal_name"];

/// The entries of each object, by type and id.
#[derive(Default)]
struct Permissions(Mutex<BTreeMap<(String, String), Vec<Entry>>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// One of [`PRINCIPALS`].
    field: &'static str,
    name: String,
    level: String,
}

pub(super) fn serve(on: &mut Operations, _shared: &Arc<Shared>) {
    let state = Arc::new(Permissions::default());
    on.on("permissions.get", &state, Permissions::get);
    on.on("permissions.set", &state, Permissions::set);
    on.on("permissions.update", &state, Permissions::update);
    on.on(
        "permissions.get_permission_levels",
        &state,
        Permissions::levels,
    );
}

impl Permissions {
    fn get(&self, call: &Call) -> Result<Reply, ApiError> {
        let entries = self.0.lock().get(&object(call)).cloned();
        Ok(describe(call, entries.unwrap_or_default()))
    }

    fn set(&self, call: &Call) -> Result<Reply, ApiError> {
        let entries = given(call)?;
        self.0.lock().insert(object(call), entries.clone());
        Ok(describe(call, entries))
    }

    fn update(&self, call: &Call) -> Result<Reply, ApiError> {
        let new = given(call)?;
        let mut all = self.0.lock();
        let entries = all.entry(object(call)).or_default();
        let replaced = |known: &Entry| {
            new.iter()
                .any(|entry| (entry.field, &entry.name) == (known.field, &known.name))
        };
        entries.retain(|known| !replaced(known));
        entries.extend(new);
        Ok(describe(call, entries.clone()))
    }

    fn levels(&self, call: &Call) -> Result<Reply, ApiError> {
        let levels: Vec<Value> = levels_of(call)
            .iter()
            .map(|level| {
                let meaning = MEANING.iter().find(|(known, _)| known == level);
                json!({
                    "permission_level": level,
                    "description": meaning.map(|(_, meaning)| meaning),
                })
            })
            .collect();
        Ok(json!({"permission_levels": levels}).into())
    }
}

fn object(call: &Call) -> (String, String) {
    let text = |name: &str| call.path(name).to_owned();
    (text("request_object_type"), text("request_object_id"))
}

fn levels_of(call: &Call) -> &'static [&'static str] {
    let kind = call.path("request_object_type");
    let known = LEVELS.iter().find(|(known, _)| *known == kind);
    known.or(LEVELS.last()).map_or(&[], |(_, levels)| levels)
}

fn given(call: &Call) -> Result<Vec<Entry>, ApiError> {
    let list = call
        .body
        .get("access_control_list")
        .and_then(Value::as_array);
    let entries = list.into_iter().flatten().map(|entry| {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let named = PRINCIPALS
            .iter()
            .find_map(|field| Some((*field, text(field)?)));
        let (field, name) = named.ok_or_else(|| {
            ApiError::invalid(
                "An entry needs a user_name, a group_name or a service_principal_name.",
            )
        })?;
        let level = text("permission_level").unwrap_or_default();
        if !levels_of(call).contains(&level) {
            let (kind, _) = object(call);
            return Err(ApiError::invalid(format!(
                "The permission level {level} is not one of {kind}. It has {}.",
                levels_of(call).join(", ")
            )));
        }
        Ok(Entry {
            field,
            name: name.to_owned(),
            level: level.to_owned(),
        })
    });
    entries.collect()
}

/// The entries, with the owner's and the inherited one of the admins.
fn describe(call: &Call, mut entries: Vec<Entry>) -> Reply {
    let (kind, id) = object(call);
    let own = levels_of(call).first().copied().unwrap_or("CAN_MANAGE");
    if !entries.iter().any(|entry| entry.level == own) {
        entries.insert(
            0,
            Entry {
                field: "user_name",
                name: USER.to_owned(),
                level: own.to_owned(),
            },
        );
    }
    let root = format!("/{kind}/");
    let mut list: Vec<Value> = entries
        .iter()
        .map(|entry| {
            let mut fields = Map::new();
            fields.insert(entry.field.to_owned(), json!(entry.name));
            let permission = json!({"permission_level": entry.level, "inherited": false});
            fields.insert("all_permissions".to_owned(), json!([permission]));
            Value::Object(fields)
        })
        .collect();
    list.push(json!({
        "group_name": "admins",
        "all_permissions": [{
            "permission_level": if levels_of(call).contains(&"CAN_MANAGE") { "CAN_MANAGE" } else { own },
            "inherited": true,
            "inherited_from_object": [root],
        }],
    }));
    let singular = kind.trim_end_matches('s');
    json!({
        "object_id": format!("/{kind}/{id}"),
        "object_type": singular,
        "access_control_list": list,
    })
    .into()
}
