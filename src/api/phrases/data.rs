//! Phrases about data, who may do what, and what it costs.

pub(super) static PHRASES: &[(&[&str], &[&str])] = &[
    // Data.
    (&["column"], &["tables.get"]),
    (&["when", "table"], &["tables.get"]),
    (
        &["size", "volume"],
        &["files.list_directory_contents", "volumes.read"],
    ),
    (&["schema", "table"], &["tables.get"]),
    (&["describe", "table"], &["tables.get"]),
    (&["size", "table"], &["tables.get"]),
    (
        &["search", "table"],
        &["tables.list_summaries", "tables.list"],
    ),
    (
        &["find", "table"],
        &["tables.list_summaries", "tables.list"],
    ),
    (&["database"], &["schemas.list"]),
    (&["rename", "catalog"], &["catalogs.update"]),
    (&["rename", "schema"], &["schemas.update"]),
    (
        &["rename", "table"],
        &["statement_execution.execute_statement", "tables.update"],
    ),
    (&["owner", "table"], &["tables.update"]),
    (&["owner", "schema"], &["schemas.update"]),
    (&["owner", "catalog"], &["catalogs.update"]),
    (&["comment", "table"], &["tables.update"]),
    (&["lineage"], LINEAGE),
    (&["upstream"], LINEAGE),
    (&["downstream"], LINEAGE),
    (&["depend", "table"], LINEAGE),
    (&["come", "from"], LINEAGE),
    (&["where", "table"], LINEAGE),
    (&["feed"], LINEAGE),
    (&["origin"], LINEAGE),
    (
        &["storage", "location"],
        &["external_locations.list", "external_locations.create"],
    ),
    (&["insert"], &["statement_execution.execute_statement"]),
    (
        &["query", "table"],
        &["statement_execution.execute_statement"],
    ),
    (&["row"], &["statement_execution.execute_statement"]),
    (&["select"], &["statement_execution.execute_statement"]),
    (
        &["history", "table"],
        &[
            "statement_execution.execute_statement",
            "query_history.list",
        ],
    ),
    (&["lineage", "column"], &["lineage_tracking.column_lineage"]),
    (
        &["tag", "table"],
        &[
            "entity_tag_assignments.create",
            "entity_tag_assignments.list",
        ],
    ),
    (
        &["tag", "column"],
        &[
            "entity_tag_assignments.create",
            "entity_tag_assignments.list",
        ],
    ),
    (&["primary", "key"], &["table_constraints.create"]),
    (&["foreign", "key"], &["table_constraints.create"]),
    (&["function", "udf"], &["functions.list"]),
    (&["udf"], &["functions.list", "functions.create"]),
    (
        &["data", "quality"],
        &[
            "data_quality.create_monitor",
            "quality_monitors.create",
            "quality_monitors.get",
        ],
    ),
    (&["freshness"], &["data_quality.create_monitor"]),
    (&["metastore"], &["metastores.current", "metastores.list"]),
    (
        &["connection", "federation"],
        &["connections.create", "connections.list"],
    ),
    (&["federated"], &["connections.create", "connections.list"]),
    (
        &["bucket"],
        &["external_locations.create", "external_locations.list"],
    ),
    (
        &["share", "data"],
        &["shares.create", "recipients.create", "shares.update"],
    ),
    (&["share", "table"], &["shares.update", "shares.create"]),
    (
        &["delta", "sharing"],
        &["shares.list_shares", "recipients.list"],
    ),
    (&["partner"], &["recipients.create"]),
    // Who may do what.
    (&["who", "read"], EFFECTIVE),
    (&["who", "query"], EFFECTIVE),
    (&["who", "write"], EFFECTIVE),
    (&["who", "table"], EFFECTIVE),
    (&["who", "see", "table"], EFFECTIVE),
    (&["who", "schema"], EFFECTIVE),
    (&["who", "catalog"], EFFECTIVE),
    (&["who", "volume"], EFFECTIVE),
    (
        &["who", "job"],
        &["jobs.get_permissions", "permissions.get"],
    ),
    (
        &["who", "cluster"],
        &["clusters.get_permissions", "permissions.get"],
    ),
    (
        &["who", "warehouse"],
        &["warehouses.get_permissions", "permissions.get"],
    ),
    (
        &["who", "notebook"],
        &["workspace.get_permissions", "permissions.get"],
    ),
    (&["who", "dashboard"], &["permissions.get", "lakeview.get"]),
    (
        &["access", "table"],
        &["grants.get_effective", "grants.update", "grants.get"],
    ),
    (
        &["permission", "table"],
        &["grants.get_effective", "grants.update", "grants.get"],
    ),
    (
        &["permission", "schema"],
        &["grants.get_effective", "grants.update", "grants.get"],
    ),
    (
        &["permission", "catalog"],
        &["grants.get_effective", "grants.update", "grants.get"],
    ),
    (&["can", "do", "table"], EFFECTIVE),
    (&["can", "do", "schema"], EFFECTIVE),
    (&["can", "do", "catalog"], EFFECTIVE),
    (&["can", "read", "table"], EFFECTIVE),
    (&["can", "query", "table"], EFFECTIVE),
    (
        &["permission", "user"],
        &["permissions.get", "permissions.update", "grants.update"],
    ),
    (&["take", "away"], &["permissions.update", "grants.update"]),
    (
        &["revoke", "permission"],
        &["permissions.update", "grants.update"],
    ),
    (
        &["remove", "permission"],
        &["permissions.update", "grants.update"],
    ),
    (
        &["remove", "access"],
        &["permissions.update", "grants.update"],
    ),
    (
        &["let", "warehouse"],
        &["warehouses.update_permissions", "permissions.update"],
    ),
    (
        &["let", "cluster"],
        &["clusters.update_permissions", "permissions.update"],
    ),
    (
        &["let", "job"],
        &["jobs.update_permissions", "permissions.update"],
    ),
    (&["let", "table"], &["grants.update"]),
    (&["let", "schema"], &["grants.update"]),
    (&["let", "catalog"], &["grants.update"]),
    (&["give", "table"], &["grants.update"]),
    (&["give", "schema"], &["grants.update"]),
    (&["give", "catalog"], &["grants.update"]),
    (&["give", "volume"], &["grants.update"]),
    (
        &["give", "cluster"],
        &["clusters.update_permissions", "permissions.update"],
    ),
    (
        &["give", "job"],
        &["jobs.update_permissions", "permissions.update"],
    ),
    (
        &["give", "warehouse"],
        &["warehouses.update_permissions", "permissions.update"],
    ),
    (
        &["give", "notebook"],
        &["workspace.update_permissions", "permissions.update"],
    ),
    (
        &["give", "access"],
        &["permissions.update", "grants.update"],
    ),
    (
        &["share", "notebook"],
        &["permissions.update", "workspace.update_permissions"],
    ),
    (
        &["share", "folder"],
        &["permissions.update", "workspace.update_permissions"],
    ),
    (&["share", "dashboard"], &["permissions.update"]),
    (
        &["share", "job"],
        &["jobs.update_permissions", "permissions.update"],
    ),
    (&["share", "query"], &["permissions.update"]),
    (&["add", "user", "group"], &["groups.patch"]),
    (&["remove", "user", "group"], &["groups.patch"]),
    (&["member"], &["groups.get", "groups.patch"]),
    (
        &["user", "group"],
        &["groups.get", "groups.patch", "groups.list"],
    ),
    (&["invite"], &["users.create"]),
    (&["deactivate", "user"], &["users.patch"]),
    (&["disable", "user"], &["users.patch"]),
    (&["am"], &["current_user.me"]),
    (&["whoami"], &["current_user.me"]),
    (&["current", "user"], &["current_user.me"]),
    (&["personal", "token"], &["tokens.create", "tokens.list"]),
    (&["pat"], &["tokens.create", "tokens.list"]),
    (&["robot"], &["service_principals.create"]),
    // Money and what happened.
    (&["cost"], COST),
    (&["spend"], COST),
    (&["spent"], COST),
    (&["billing"], COST),
    (&["bill"], COST),
    (&["usage"], COST),
    (&["dbu"], COST),
    (&["price"], COST),
    (&["budget", "policy"], &["budget_policy.list"]),
    (
        &["audit"],
        &[
            "system_schemas.enable",
            "log_delivery.list",
            "statement_execution.execute_statement",
        ],
    ),
    (
        &["system", "table"],
        &["system_schemas.list", "system_schemas.enable"],
    ),
];

const LINEAGE: &[&str] = &[
    "lineage_tracking.table_lineage",
    "lineage_tracking.column_lineage",
];
const EFFECTIVE: &[&str] = &["grants.get_effective", "grants.get"];
const COST: &[&str] = &[
    "billable_usage.download",
    "budgets.list",
    "statement_execution.execute_statement",
];
