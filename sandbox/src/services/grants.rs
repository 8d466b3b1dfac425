//! Grants on securables of Unity Catalog, direct and inherited.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::catalogs;
use crate::http::{ApiError, Call, Reply};
use crate::identity::METASTORE;
use crate::operations::Operations;
use crate::shared::Shared;

/// Assignments by securable: `[{"principal", "privileges"}]`.
struct Grants {
    shared: Arc<Shared>,
    all: Mutex<BTreeMap<(String, String), Value>>,
}

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    let seeds = [
        ("CATALOG", "main", "users", json!(["USE_CATALOG", "BROWSE"])),
        (
            "SCHEMA",
            "main.default",
            "data-engineers",
            json!(["ALL_PRIVILEGES"]),
        ),
        ("TABLE", "main.default.products", "users", json!(["SELECT"])),
    ];
    let all = seeds
        .into_iter()
        .map(|(kind, name, principal, privileges)| {
            let assignment = json!([{"principal": principal, "privileges": privileges}]);
            ((kind.to_owned(), name.to_owned()), assignment)
        });
    let state = Arc::new(Grants {
        shared: shared.clone(),
        all: Mutex::new(all.collect()),
    });
    on.on("grants.get", &state, Grants::get);
    on.on("grants.update", &state, Grants::update);
    on.on("grants.get_effective", &state, Grants::get_effective);
}

impl Grants {
    fn get(&self, call: &Call) -> Result<Reply, ApiError> {
        let securable = self.securable(call)?;
        let found = self
            .all
            .lock()
            .get(&securable)
            .cloned()
            .unwrap_or(json!([]));
        Ok(json!({"privilege_assignments": of_principal(found, call)}).into())
    }

    fn update(&self, call: &Call) -> Result<Reply, ApiError> {
        let securable = self.securable(call)?;
        let mut all = self.all.lock();
        let assignments = all.entry(securable).or_insert(json!([]));
        change(assignments, &call.body);
        Ok(json!({"privilege_assignments": assignments}).into())
    }

    fn get_effective(&self, call: &Call) -> Result<Reply, ApiError> {
        let securable = self.securable(call)?;
        let all = self.all.lock();
        let mut found: Map<String, Value> = Map::new();
        for (place, from) in above(&securable).iter().enumerate() {
            let assignments = all.get(from).and_then(Value::as_array);
            for assignment in assignments.into_iter().flatten() {
                let principal = assignment.get("principal").and_then(Value::as_str);
                let list = found
                    .entry(principal.unwrap_or_default())
                    .or_insert(json!([]));
                let privileges = assignment.get("privileges").and_then(Value::as_array);
                for privilege in privileges.into_iter().flatten() {
                    let mut effective = json!({"privilege": privilege});
                    if let Some(fields) = effective.as_object_mut().filter(|_| place > 0) {
                        fields.insert("inherited_from_type".to_owned(), json!(from.0));
                        fields.insert("inherited_from_name".to_owned(), json!(from.1));
                    }
                    if let Some(list) = list.as_array_mut() {
                        list.push(effective);
                    }
                }
            }
        }
        let assignments = found.into_iter();
        let assignments: Value = assignments
            .map(
                |(principal, privileges)| json!({"principal": principal, "privileges": privileges}),
            )
            .collect();
        Ok(json!({"privilege_assignments": of_principal(assignments, call)}).into())
    }

    /// The securable of a call.
    fn securable(&self, call: &Call) -> Result<(String, String), ApiError> {
        let kind = call.path("securable_type").to_uppercase();
        let name = call.path("full_name").to_lowercase();
        catalogs::require(&self.shared, &kind, &name)?;
        Ok((kind, name))
    }
}

/// The securable and its parents, up to the metastore.
fn above((kind, name): &(String, String)) -> Vec<(String, String)> {
    let mut all = vec![(kind.clone(), name.clone())];
    let mut rest = name.as_str();
    let levels = match rest.matches('.').count() {
        2 => vec!["SCHEMA", "CATALOG"],
        1 => vec!["CATALOG"],
        _ => Vec::new(),
    };
    for level in levels {
        rest = rest.rsplit_once('.').map_or(rest, |(parent, _)| parent);
        all.push((level.to_owned(), rest.to_owned()));
    }
    if kind != "METASTORE" {
        all.push(("METASTORE".to_owned(), METASTORE.to_owned()));
    }
    all
}

fn of_principal(mut assignments: Value, call: &Call) -> Value {
    if let (Some(principal), Some(all)) = (call.query.get("principal"), assignments.as_array_mut())
    {
        all.retain(|assignment| assignment.get("principal") == Some(principal));
    }
    assignments
}

/// Applies the `changes` of a body to assignments. A principal without privileges is dropped.
pub(super) fn change(assignments: &mut Value, body: &Value) {
    let Some(all) = assignments.as_array_mut() else {
        return;
    };
    let changes = body.get("changes").and_then(Value::as_array);
    for one in changes.into_iter().flatten() {
        let principal = one.get("principal").cloned().unwrap_or_default();
        let list = |name: &str| {
            one.get(name)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        let known = all
            .iter()
            .position(|a| a.get("principal") == Some(&principal));
        let mut privileges = known
            .map(|at| all.remove(at))
            .and_then(|a| a.get("privileges")?.as_array().cloned())
            .unwrap_or_default();
        let removed = list("remove");
        privileges.retain(|privilege| !removed.contains(privilege));
        for privilege in list("add") {
            if !privileges.contains(&privilege) {
                privileges.push(privilege);
            }
        }
        if !privileges.is_empty() {
            all.push(json!({"principal": principal, "privileges": privileges}));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_add_and_remove_and_forget_who_has_nothing() {
        let mut all = json!([{"principal": "a", "privileges": ["SELECT"]}]);
        change(
            &mut all,
            &json!({"changes": [
                {"principal": "a", "remove": ["SELECT"]},
                {"principal": "b", "add": ["SELECT", "MODIFY", "SELECT"]},
            ]}),
        );
        assert_eq!(
            all,
            json!([{"principal": "b", "privileges": ["SELECT", "MODIFY"]}])
        );
    }

    #[test]
    fn what_lies_above_is_named_up_to_the_metastore() {
        let table = ("TABLE".to_owned(), "a.b.c".to_owned());
        let names: Vec<String> = above(&table).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["a.b.c", "a.b", "a", METASTORE]);
    }
}
