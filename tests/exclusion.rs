//! Promise: what is excluded is not sent by any door, not by the way of another tool either, and what is only a means
//! goes on. The built binary against the sandbox.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use support::binary::{Binary, Era, text};

const FOLDER: &str = "/Workspace/Shared/exclusion";
const VOLUME: &str = "/Volumes/main/default/landing";

fn sandbox() -> Running {
    Sandbox::start(Options {
        speed: 1_000.0,
        ..Options::default()
    })
    .unwrap()
}

/// A server of all tools but these, that asks nobody.
fn without(sandbox: &Running, excluded: &str) -> Binary {
    let variables = [
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
        ("DATABRICKS_MCP_YES", "true"),
        ("DATABRICKS_MCP_EXCLUDE", excluded),
    ];
    Binary::start(Era::Alone, &variables)
}

fn done(server: &mut Binary, tool: &str, arguments: Value) -> Value {
    let result = server.call(tool, arguments.clone());
    let said = text(&result);
    assert_ne!(result["isError"], true, "{tool} {arguments}: {said}");
    result["structuredContent"].clone()
}

fn refused(server: &mut Binary, tool: &str, arguments: Value) -> String {
    let result = server.call(tool, arguments.clone());
    assert_eq!(result["isError"], true, "{tool} {arguments}: {result}");
    text(&result)
}

/// Refuses a call because it would send this operation.
#[track_caller]
fn does_not_send(server: &mut Binary, operation: &str, tool: &str, arguments: Value) {
    let said = refused(server, tool, arguments);
    let reason = format!("the user has excluded the tools that send `{operation}`");
    assert!(said.contains(&reason), "{tool}: {said}");
}

#[test]
fn what_a_tool_sends_by_the_way_is_excluded_too() {
    let sandbox = sandbox();
    let mut open = without(&sandbox, "health");
    for (tool, arguments) in [
        (
            "upload_file",
            json!({ "path": format!("{FOLDER}/a.txt"), "content": "secret" }),
        ),
        (
            "upload_file",
            json!({ "path": format!("{VOLUME}/a.txt"), "content": "secret" }),
        ),
        ("dbfs_put", json!({ "path": "/a.txt", "content": "secret" })),
        (
            "import_notebook",
            json!({ "path": "/Shared/n", "content": "1", "language": "PYTHON" }),
        ),
    ] {
        done(&mut open, tool, arguments);
    }
    let copy = |from: &str, to: &str| json!({ "source": from, "target": to });
    let (tree, dbfs) = (format!("{FOLDER}/a.txt"), "dbfs:/a.txt");
    let volume = format!("{VOLUME}/a.txt");
    let to = format!("{VOLUME}/b.txt");

    let mut server = without(&sandbox, "export_notebook");
    for tool in ["copy_file", "move_file"] {
        does_not_send(&mut server, "workspace.export", tool, copy(&tree, &to));
    }
    let edit = json!({ "path": "/Shared/n", "edits": [{ "op": "delete", "cell": 1 }] });
    for (tool, arguments) in [
        ("edit_notebook", edit),
        ("download_file", json!({ "path": tree })),
        ("get_workspace_file_content", json!({ "path": tree })),
    ] {
        let said = refused(&mut server, tool, arguments);
        assert!(
            said.contains("the user has excluded what it does"),
            "{said}"
        );
    }
    // It is compared with what was sent, and nothing of it shown.
    let verified = json!({ "path": format!("{FOLDER}/v.txt"), "content": "x", "verify": true });
    done(&mut server, "upload_file", verified);

    let mut server = without(&sandbox, "download_file");
    for (operation, from) in [
        ("files.download", volume.as_str()),
        ("dbfs.read", dbfs),
        ("workspace.export", &tree),
    ] {
        does_not_send(&mut server, operation, "copy_file", copy(from, &to));
    }

    // A move that may not delete its source does not begin.
    let mut server = without(&sandbox, "delete_file,dbfs_delete,delete_workspace_object");
    for (operation, from) in [
        ("files.delete", volume.as_str()),
        ("dbfs.delete", dbfs),
        ("workspace.delete", &tree),
    ] {
        does_not_send(&mut server, operation, "move_file", copy(from, &to));
    }
    let there = done(&mut server, "list_volume_files", json!({ "path": VOLUME }));
    assert!(!there.to_string().contains("b.txt"), "{there}");
    done(&mut server, "copy_file", copy(&volume, "dbfs:/c.txt"));
    done(&mut server, "move_file", copy("dbfs:/c.txt", "dbfs:/d.txt"));

    // The folders on the way are another tool's.
    let mut server = without(&sandbox, "create_workspace_directory,list_files");
    let deep = json!({ "path": format!("{FOLDER}/deep/a.txt"), "content": "x" });
    refused(&mut server, "upload_file", deep);
    let folder = json!({ "source": FOLDER, "target": format!("{VOLUME}/all"), "recursive": true });
    does_not_send(&mut server, "workspace.list", "copy_file", folder);

    let mut server = without(&sandbox, "set_permissions,get_permissions");
    let taken = json!({
        "object_type": "clusters", "object_id": "none",
        "access_control_list": [{ "group_name": "users", "permission_level": "NONE" }],
    });
    let said = refused(&mut server, "update_permissions", taken);
    assert!(
        !said.contains("the user has excluded the tools that send `permissions.get`"),
        "{said}"
    );
}

#[test]
fn an_error_names_nothing_of_what_is_excluded() {
    let sandbox = sandbox();
    let meant = |server: &mut Binary| {
        let asked = json!({ "full_name": "main.sales.order" });
        let catalog = refused(server, "get_catalog", json!({ "name": "mian" }));
        let job = refused(server, "get_job", json!({ "job_id": "nightly" }));
        let table = refused(server, "get_table", asked);
        format!("{catalog}\n{job}\n{table}")
    };
    assert!(meant(&mut without(&sandbox, "health")).contains("did you mean"));
    let excluded = "list_catalogs,list_schemas,list_jobs,search_tables,list_tables";
    let said = meant(&mut without(&sandbox, excluded));
    assert!(!said.contains("did you mean"), "{said}");
}

#[test]
fn what_is_only_a_means_goes_on() {
    let sandbox = sandbox();
    let excluded = "get_run,get_run_output,cancel_run,list_warehouses,get_statement,cancel_statement,\
                    get_command_status,destroy_execution_context,create_execution_context,get_current_user,\
                    get_job,get_cluster,get_warehouse,get_workspace_file_info,dbfs_get_status";
    let mut server = without(&sandbox, excluded);
    let jobs = done(&mut server, "list_jobs", json!({}));
    let jobs = jobs["jobs"].as_array().unwrap();
    let etl = jobs
        .iter()
        .find(|job| job["name"].as_str().unwrap().contains("etl"))
        .unwrap();
    let run = done(&mut server, "run_job", json!({ "job_id": etl["id"] }));
    assert_eq!(run["result"], "SUCCESS", "{run}");
    // What the run returned is not.
    let shown = run.to_string();
    assert!(!shown.contains("notebook_result"), "{shown}");
    let call = json!({ "operation": "jobs.run_now", "arguments": { "job_id": etl["id"] } });
    done(&mut server, "api_call", call);
    let notebook = json!({ "notebook_path": "/Shared/etl/ingest" });
    let run = done(&mut server, "run_notebook", notebook);
    assert_eq!(run["result"], "SUCCESS", "{run}");
    let rows = done(
        &mut server,
        "execute_sql",
        json!({ "statement": "SELECT 1" }),
    );
    assert_eq!(rows["rows"][0][0], 1, "{rows}");
    let copied = json!({ "path": "dbfs:/m.txt", "content": "x" });
    done(&mut server, "upload_file", copied);
    for tool in [
        "get_run",
        "diagnose_run",
        "wait_for_run_completion",
        "health",
        "get_statement",
    ] {
        let said = refused(&mut server, tool, json!({}));
        assert!(said.contains("the user has excluded"), "{tool}: {said}");
    }
    let of_run = json!({ "run_id": run["run_id"] });
    for operation in ["jobs.get_run", "jobs.get_run_output", "current_user.me"] {
        let call = json!({ "operation": operation, "arguments": of_run });
        does_not_send(&mut server, operation, "api_call", call);
    }
}

#[test]
fn what_only_tells_what_it_makes_of_answers_takes_nothing_along() {
    let sandbox = sandbox();
    let mut server = without(&sandbox, "diagnose_run,health");
    done(&mut server, "get_current_user", json!({}));
    let runs = done(&mut server, "list_job_runs", json!({}));
    let id = &runs["runs"][0]["run_id"];
    done(&mut server, "get_run", json!({ "run_id": id }));
    let call = json!({ "operation": "jobs.get_run", "arguments": { "run_id": id } });
    done(&mut server, "api_call", call);
}
