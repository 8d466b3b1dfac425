//! Levels and privileges that an object does not have, told before anything is sent.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Facts;
use crate::catalog::{OPERATIONS, Operation};

/// The start of the path of every operation on permissions.
const PERMISSIONS: &str = "/api/2.0/permissions/";

/// Privileges, each with the kinds that it can be granted on, of those below. A privilege that is not here may be
/// new, and one on another kind is for the service to judge. Source: "Unity Catalog privileges and securable
/// objects", docs.databricks.com/data-governance/unity-catalog/manage-privileges/privileges.
static PRIVILEGES: &[(&str, &[&str])] = &[
    ("SELECT", &["catalog", "schema", "table"]),
    ("MODIFY", &["catalog", "schema", "table"]),
    ("REFRESH", &["catalog", "schema", "table"]),
    ("USE_CATALOG", &["catalog"]),
    ("USE_SCHEMA", &["catalog", "schema"]),
    ("CREATE_SCHEMA", &["catalog"]),
    ("CREATE_TABLE", &["catalog", "schema"]),
    ("CREATE_FUNCTION", &["catalog", "schema"]),
    ("CREATE_MODEL", &["catalog", "schema"]),
    ("CREATE_VOLUME", &["catalog", "schema"]),
    ("CREATE_MATERIALIZED_VIEW", &["catalog", "schema"]),
    ("EXECUTE", &["catalog", "schema", "function"]),
    ("READ_VOLUME", &["catalog", "schema", "volume"]),
    ("WRITE_VOLUME", &["catalog", "schema", "volume"]),
    ("READ_FILES", &[]),
    ("WRITE_FILES", &[]),
    ("CREATE_CATALOG", &[]),
    ("CREATE_EXTERNAL_TABLE", &[]),
    ("CREATE_EXTERNAL_VOLUME", &[]),
    ("CREATE_EXTERNAL_LOCATION", &[]),
    ("CREATE_STORAGE_CREDENTIAL", &[]),
    ("USE_CONNECTION", &[]),
];

/// The kinds that [`PRIVILEGES`] judges.
const KINDS: [&str; 5] = ["catalog", "schema", "table", "volume", "function"];

/// The problems of a request that gives a level or a privilege which the object cannot have. The arguments have the
/// service's names.
#[must_use]
pub fn no_level(operation: &Operation, arguments: &Map<String, Value>) -> Vec<String> {
    match operation.id {
        "permissions.update" | "permissions.set" => of_permissions(arguments),
        "grants.update" => of_grants(arguments),
        _ => Vec::new(),
    }
}

fn of_permissions(arguments: &Map<String, Value>) -> Vec<String> {
    let kind = text(arguments, "request_object_type");
    levels(kind).map_or_else(Vec::new, |levels| without_level(kind, &levels, arguments))
}

/// The problems of permissions with a level that is not among those of the kind of object.
#[must_use]
pub fn without_level(kind: &str, levels: &[&str], arguments: &Map<String, Value>) -> Vec<String> {
    let entries = arguments
        .get("access_control_list")
        .and_then(Value::as_array);
    let given = entries.into_iter().flatten();
    let given = given.filter_map(|entry| entry.get("permission_level")?.as_str());
    let wrong: BTreeSet<&str> = given.filter(|level| !levels.contains(level)).collect();
    let known: Vec<&str> = levels
        .iter()
        .copied()
        .filter(|level| *level != "NONE")
        .collect();
    let known = named(&known);
    wrong
        .into_iter()
        .map(|level| {
            format!("`permission_level`: no level \"{level}\" for {kind}; there are {known}")
        })
        .collect()
}

/// The levels of a kind of object, as the operation on the permissions of that kind has them. `None` where the facts
/// do not tell.
#[must_use]
pub fn levels(kind: &str) -> Option<Vec<&'static str>> {
    let facts = Facts::get().ok()?;
    let id = match kind {
        // These have no path of their own.
        "notebooks" | "directories" => "workspace.update_permissions",
        _ => {
            let own = format!("{PERMISSIONS}{kind}");
            let mut of_kind = OPERATIONS.iter().filter(|one| {
                let rest = one.path.strip_prefix(&own);
                one.verb == "PATCH"
                    && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            of_kind.next().filter(|_| !kind.is_empty())?.id
        }
    };
    let params = &facts.operation(id)?.params;
    let list = params
        .iter()
        .find(|param| param.name == "access_control_list")?;
    let entry = facts
        .schemas
        .resolve(facts.schemas.resolve(&list.schema).get("items")?);
    let level = facts
        .schemas
        .resolve(entry.get("properties")?.get("permission_level")?);
    let levels = level.get("enum")?.as_array()?;
    Some(levels.iter().filter_map(Value::as_str).collect())
}

fn of_grants(arguments: &Map<String, Value>) -> Vec<String> {
    let kind = text(arguments, "securable_type").to_lowercase();
    if !KINDS.contains(&kind.as_str()) {
        return Vec::new();
    }
    let changes = arguments.get("changes").and_then(Value::as_array);
    let changes = changes.into_iter().flatten();
    let given = changes.flat_map(|change| {
        ["add", "remove"].into_iter().flat_map(|list| {
            let list = change.get(list).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str)
        })
    });
    let is_on = |kinds: &[&str]| kinds.contains(&kind.as_str());
    let wrong: BTreeSet<&str> = given
        .filter(|privilege| {
            let plain = privilege.to_uppercase().replace(' ', "_");
            let mut known = PRIVILEGES.iter();
            known.any(|(known, kinds)| *known == plain && !is_on(kinds))
        })
        .collect();
    let fitting = PRIVILEGES.iter().filter(|(_, kinds)| is_on(kinds));
    let mut fitting: Vec<&str> = fitting.map(|(privilege, _)| *privilege).collect();
    fitting.extend(["MANAGE", "ALL_PRIVILEGES"]);
    let fitting = named(&fitting);
    wrong
        .into_iter()
        .map(|privilege| {
            format!("`changes`: \"{privilege}\" is no privilege on a {kind}; there are {fitting}")
        })
        .collect()
}

fn text<'a>(arguments: &'a Map<String, Value>, name: &str) -> &'a str {
    arguments
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn named(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::api::find;

    fn problems(operation: &str, arguments: Value) -> Vec<String> {
        no_level(find(operation).unwrap(), arguments.as_object().unwrap())
    }

    #[test]
    fn the_levels_of_a_kind_are_those_of_the_specs() {
        let given = |kind: &str, level: &str| {
            let list = json!([{ "user_name": "a", "permission_level": level }]);
            problems(
                "permissions.update",
                json!({ "request_object_type": kind, "request_object_id": "1", "access_control_list": list }),
            )
        };
        for (kind, level) in [
            ("jobs", "CAN_MANAGE_RUN"),
            ("clusters", "CAN_RESTART"),
            ("warehouses", "CAN_MONITOR"),
            ("notebooks", "CAN_RUN"),
            ("directories", "CAN_EDIT"),
            ("serving-endpoints", "CAN_QUERY"),
            ("cluster-policies", "CAN_USE"),
            ("authorization/tokens", "CAN_USE"),
            // The facts do not tell these.
            ("dashboards", "CAN_RUN"),
            ("genie", "CAN_VIEW"),
        ] {
            assert_eq!(given(kind, level), [""; 0], "{kind} {level}");
        }
        for (kind, level) in [
            ("jobs", "CAN_RUN"),
            ("clusters", "CAN_USE"),
            ("warehouses", "CAN_RESTART"),
            ("notebooks", "IS_OWNER"),
            ("pipelines", "CAN_EDIT"),
            ("apps", "CAN_VIEW"),
        ] {
            let found = given(kind, level).join("");
            assert!(
                found.contains(level) && found.contains("CAN_MANAGE"),
                "{kind} {level}: {found}"
            );
        }
        assert_eq!(
            given("jobs", "CAN_RUN"),
            [
                "`permission_level`: no level \"CAN_RUN\" for jobs; there are `CAN_MANAGE`, `CAN_MANAGE_RUN`, `CAN_VIEW`, `IS_OWNER`"
            ]
        );
    }

    #[test]
    fn a_privilege_goes_by_the_kind_of_securable() {
        let given = |kind: &str, privilege: &str| {
            let changes = json!([{ "principal": "a", "add": [privilege] }]);
            problems(
                "grants.update",
                json!({ "securable_type": kind, "full_name": "a", "changes": changes }),
            )
        };
        for (kind, privilege) in [
            ("table", "SELECT"),
            ("TABLE", "MODIFY"),
            ("catalog", "SELECT"),
            ("schema", "READ_VOLUME"),
            ("volume", "WRITE_VOLUME"),
            ("function", "EXECUTE"),
            ("table", "A_NEW_ONE"),
            ("external_location", "READ_FILES"),
            ("share", "SELECT"),
        ] {
            assert_eq!(given(kind, privilege), [""; 0], "{kind} {privilege}");
        }
        for (kind, privilege) in [
            ("volume", "SELECT"),
            ("table", "USE_SCHEMA"),
            ("table", "use schema"),
            ("schema", "USE_CATALOG"),
            ("function", "MODIFY"),
            ("catalog", "READ_FILES"),
        ] {
            assert_eq!(given(kind, privilege).len(), 1, "{kind} {privilege}");
        }
    }

    #[test]
    fn every_privilege_is_one_of_the_specs() {
        let facts = Facts::get().unwrap();
        let known = serde_json::to_string(facts.schemas.get("catalog.Privilege").unwrap()).unwrap();
        for (privilege, kinds) in PRIVILEGES {
            assert!(known.contains(&format!("\"{privilege}\"")), "{privilege}");
            assert!(kinds.iter().all(|kind| KINDS.contains(kind)), "{privilege}");
        }
    }
}
