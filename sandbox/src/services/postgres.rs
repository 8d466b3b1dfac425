//! Lakebase: Postgres projects with branches, endpoints, databases and roles; and the older instances.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::collections::{Ids, Item, Step};
use crate::http::{ApiError, Call};
use crate::identity::USER;
use crate::kinds::{Kind, OPERATION};
use crate::operations::Operations;
use crate::shared::Shared;

const PROJECT: &str = "Project";
const BRANCH: &str = "Branch";
const ENDPOINT: &str = "Postgres endpoint";
const DATABASE: &str = "Postgres database";
const ROLE: &str = "Postgres role";
const RUNNING: &str = "Operation";
/// Seconds until a requested change is done.
const TAKES: &[Step] = &[("RUNNING", 5.0), ("DONE", 0.0)];
const PHASE: &str = "phase";
/// The branch every project has.
const DEFAULT_BRANCH: &str = "production";
const IN_PROJECT: &[&str] = &["project_id"];
const IN_BRANCH: &[&str] = &["project_id", "branch_id"];

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    projects().serve(on, shared);
    branches().serve(on, shared);
    endpoints().serve(on, shared);
    databases().serve(on, shared);
    roles().serve(on, shared);
    operations().serve(on, shared);
}

pub(super) fn serve_instances(on: &mut Operations, shared: &Arc<Shared>) {
    instances().serve(on, shared);
}

fn projects() -> Kind {
    Kind::new(PROJECT, "project_id", Ids::Given)
        .codes("NOT_FOUND", "ALREADY_EXISTS")
        .create("postgres.create_project")
        .get("postgres.get_project")
        .list("postgres.list_projects")
        .update("postgres.update_project")
        .delete("postgres.delete_project")
        .on_create(|shared, _, project| {
            let id = project.text("project_id").to_owned();
            furnish(shared, &id);
            project.set("uid", uuid::Uuid::new_v4().to_string());
            start(shared, project);
            Ok(())
        })
        .on_update(begin)
        .on_delete(begin)
        .view(|_, item, fields| {
            let id = item.text("project_id");
            show(
                item,
                fields,
                json!({
                    "project_id": id,
                    "display_name": id,
                    "pg_version": 17,
                    "owner": USER,
                    "default_branch": format!("projects/{id}/branches/{DEFAULT_BRANCH}"),
                    "enable_pg_native_login": true,
                    "history_retention_duration": "604800s",
                    "synthetic_storage_size_bytes": 31_457_280,
                }),
            );
        })
        .seed(json!({
            "project_id": "shop",
            "uid": "b0f4c6d1-83e2-4a57-9d10-6c2f7e5a9b38",
            "spec": {"display_name": "Shop", "pg_version": 17},
        }))
}

/// Makes the branch, endpoint, database and role of a new project.
fn furnish(shared: &Shared, project: &str) {
    let now = shared.clock.now();
    let make = |word: &str, fields: Value| {
        if let Some(all) = shared.collections.of(word) {
            all.make(fields, now);
        }
    };
    make(BRANCH, branch(project));
    make(ENDPOINT, endpoint(project, DEFAULT_BRANCH));
    make(DATABASE, database(project));
    make(ROLE, role(project));
}

fn branch(project: &str) -> Value {
    json!({
        "project_id": project,
        "branch_id": DEFAULT_BRANCH,
        "spec": {"no_expiry": true, "is_protected": false},
    })
}

fn endpoint(project: &str, branch: &str) -> Value {
    json!({
        "project_id": project,
        "branch_id": branch,
        "endpoint_id": "primary",
        "spec": {
            "endpoint_type": "ENDPOINT_TYPE_READ_WRITE",
            "autoscaling_limit_min_cu": 0.5,
            "autoscaling_limit_max_cu": 2.0,
        },
    })
}

fn database(project: &str) -> Value {
    json!({
        "project_id": project,
        "branch_id": DEFAULT_BRANCH,
        "database_id": "databricks-postgres",
        "spec": {"postgres_database": "databricks_postgres", "role": "owner"},
    })
}

fn role(project: &str) -> Value {
    json!({
        "project_id": project,
        "branch_id": DEFAULT_BRANCH,
        "role_id": "owner",
        "spec": {
            "postgres_role": USER,
            "identity_type": "USER",
            "auth_method": "LAKEBASE_OAUTH_V1",
            "membership_roles": ["DATABRICKS_SUPERUSER"],
        },
    })
}

fn branches() -> Kind {
    Kind::new(BRANCH, "branch_id", Ids::Given)
        .codes("NOT_FOUND", "ALREADY_EXISTS")
        .within(IN_PROJECT)
        .parent(PROJECT)
        .create("postgres.create_branch")
        .get("postgres.get_branch")
        .list("postgres.list_branches")
        .update("postgres.update_branch")
        .delete("postgres.delete_branch")
        .on_create(|shared, _, branch| {
            let (project, id) = (branch.text("project_id"), branch.text("branch_id"));
            if let Some(endpoints) = shared.collections.of(ENDPOINT) {
                endpoints.make(endpoint(project, id), shared.clock.now());
            }
            start(shared, branch);
            Ok(())
        })
        .on_update(begin)
        .on_delete(|shared, call, branch| {
            if branch.text("branch_id") == DEFAULT_BRANCH {
                let message = "The default branch of a project cannot be deleted.";
                return Err(ApiError::bad_request("BAD_REQUEST", message));
            }
            begin(shared, call, branch)
        })
        .view(|_, item, fields| {
            let id = item.text("branch_id");
            let parent = format!("projects/{}", item.text("project_id"));
            let is_default = id == DEFAULT_BRANCH;
            let source = format!("{parent}/branches/{DEFAULT_BRANCH}");
            show(
                item,
                fields,
                json!({
                    "branch_id": id,
                    "current_state": "READY",
                    "default": is_default,
                    "is_protected": false,
                    "source_branch": if is_default { Value::Null } else { json!(source) },
                    "logical_size_bytes": 31_457_280,
                }),
            );
        })
        .seed(branch("shop"))
        .seed(json!({
            "project_id": "shop",
            "branch_id": "experiment",
            "spec": {"source_branch": "projects/shop/branches/production", "ttl": "604800s"},
        }))
}

fn endpoints() -> Kind {
    Kind::new(ENDPOINT, "endpoint_id", Ids::Given)
        .codes("NOT_FOUND", "ALREADY_EXISTS")
        .within(IN_BRANCH)
        .parent(BRANCH)
        .create("postgres.create_endpoint")
        .get("postgres.get_endpoint")
        .list("postgres.list_endpoints")
        .update("postgres.update_endpoint")
        .delete("postgres.delete_endpoint")
        .on_create(begin)
        .on_update(begin)
        .on_delete(begin)
        .view(|_, item, fields| {
            let off = item.get("spec.disabled") == Some(&json!(true));
            let host = format!("ep-{}-{}", item.text("project_id"), item.text("branch_id"));
            show(
                item,
                fields,
                json!({
                    "endpoint_id": item.text("endpoint_id"),
                    "current_state": if off { "IDLE" } else { "ACTIVE" },
                    "disabled": off,
                    "hosts": {"host": format!("{host}.database.us-west-2.example.com")},
                }),
            );
        })
        .seed(endpoint("shop", DEFAULT_BRANCH))
        .seed(endpoint("shop", "experiment"))
}

fn databases() -> Kind {
    Kind::new(DATABASE, "database_id", Ids::Given)
        .codes("NOT_FOUND", "ALREADY_EXISTS")
        .within(IN_BRANCH)
        .parent(BRANCH)
        .create("postgres.create_database")
        .get("postgres.get_database")
        .list("postgres.list_databases")
        .update("postgres.update_database")
        .delete("postgres.delete_database")
        .on_create(begin)
        .on_update(begin)
        .on_delete(begin)
        .view(|_, item, fields| {
            show(
                item,
                fields,
                json!({"database_id": item.text("database_id")}),
            );
        })
        .seed(database("shop"))
}

fn roles() -> Kind {
    Kind::new(ROLE, "role_id", Ids::Given)
        .codes("NOT_FOUND", "ALREADY_EXISTS")
        .within(IN_BRANCH)
        .parent(BRANCH)
        .create("postgres.create_role")
        .get("postgres.get_role")
        .list("postgres.list_roles")
        .update("postgres.update_role")
        .delete("postgres.delete_role")
        .on_create(begin)
        .on_update(begin)
        .on_delete(begin)
        .view(|_, item, fields| {
            show(item, fields, json!({"role_id": item.text("role_id")}));
        })
        .seed(role("shop"))
}

/// Adds the full names of the resource and its parent, and the status: the spec of the request over defaults.
fn show(item: &Item, fields: &mut Map<String, Value>, usual: Value) {
    let name = name_of(item);
    if let Some((parent, _)) = name
        .rsplit_once('/')
        .and_then(|(path, _)| path.rsplit_once('/'))
    {
        fields.insert("parent".to_owned(), json!(parent));
    }
    fields.insert("name".to_owned(), json!(name));
    let mut status = usual;
    if let (Some(status), Some(Value::Object(spec))) = (status.as_object_mut(), item.get("spec")) {
        status.extend(spec.clone());
    }
    fields.insert("status".to_owned(), status);
}

fn name_of(item: &Item) -> String {
    let levels = [
        ("projects", "project_id"),
        ("branches", "branch_id"),
        ("endpoints", "endpoint_id"),
        ("databases", "database_id"),
        ("roles", "role_id"),
    ];
    let parts: Vec<String> = levels
        .iter()
        .filter(|(_, field)| item.get(field).is_some())
        .map(|(level, field)| format!("{level}/{}", item.text(field)))
        .collect();
    parts.join("/")
}

fn begin(shared: &Shared, _: &Call, item: &mut Item) -> Result<(), ApiError> {
    start(shared, item);
    Ok(())
}

/// Begins the long-running operation that the answer names and `get_operation` follows.
fn start(shared: &Shared, item: &mut Item) {
    let target = name_of(item);
    let id = uuid::Uuid::new_v4();
    let name = format!("{target}/operations/{id}");
    let operation = json!({"name": name, "done": false, "metadata": {}});
    if let Some(operations) = shared.collections.of(RUNNING) {
        let mut fields = operation.clone();
        if let Some(fields) = fields.as_object_mut() {
            fields.insert("response".to_owned(), json!({"name": target}));
        }
        operations.make(fields, shared.clock.now());
    }
    item.set(OPERATION, operation);
}

fn operations() -> Kind {
    Kind::new(RUNNING, "name", Ids::Given)
        .codes("NOT_FOUND", "ALREADY_EXISTS")
        .get("postgres.get_operation")
        .moves(PHASE, TAKES)
        .view(|shared, item, fields| {
            let done = item.state(PHASE, shared.clock) == "DONE";
            fields.insert("done".to_owned(), json!(done));
            if !done {
                fields.remove("response");
            }
        })
}

fn instances() -> Kind {
    Kind::new("Database instance", "name", Ids::Given)
        .codes("NOT_FOUND", "ALREADY_EXISTS")
        .create("database.create_database_instance")
        .get("database.get_database_instance")
        .list("database.list_database_instances")
        .update("database.update_database_instance")
        .delete("database.delete_database_instance")
        .moves("state", &[("STARTING", 60.0), ("AVAILABLE", 0.0)])
        .defaults(json!({"capacity": "CU_1", "node_count": 1}))
        .view(|_, item, fields| {
            let host = format!("{}.database.us-west-2.example.com", item.text("name"));
            fields.insert("read_write_dns".to_owned(), json!(host));
            fields.insert("pg_version".to_owned(), json!("PG_VERSION_16"));
            fields.insert("effective_capacity".to_owned(), json!(item.get("capacity")));
        })
        .seed(json!({"name": "orders-cache", "uid": "7e15d0b3-2c98-4f6a-b1d4-90a3c8e7f526"}))
}
