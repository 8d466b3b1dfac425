//! How the built binary is narrowed and widened: toolsets, read-only, several workspaces.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use databricks_mcp::rows::{Access, TOOLS};
use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use support::binary::{Binary, Era, text};

fn names(binary: &mut Binary) -> Vec<String> {
    let listed = binary.request("tools/list", json!({}));
    let tools = listed["result"]["tools"].as_array().unwrap();
    tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect()
}

fn sandbox() -> Running {
    Sandbox::start(Options {
        speed: 1_000.0,
        ..Options::default()
    })
    .unwrap()
}

#[test]
fn toolsets_and_tools_come_from_the_environment() {
    let variables = [
        ("DATABRICKS_MCP_TOOLSETS", "sql"),
        ("DATABRICKS_MCP_TOOLS", "health"),
        ("DATABRICKS_MCP_EXCLUDE", "get_statement"),
    ];
    let names = names(&mut Binary::start(Era::Session, &variables));
    for served in ["execute_sql", "list_warehouses", "health"] {
        assert!(names.iter().any(|name| name == served), "`{served}`");
    }
    for gone in ["get_statement", "list_jobs", "list_catalogs"] {
        assert!(!names.iter().any(|name| name == gone), "`{gone}`");
    }
}

#[test]
fn a_tool_that_is_not_served_says_how_to_get_it() {
    let mut binary = Binary::start(Era::Session, &[("DATABRICKS_MCP_TOOLSETS", "sql")]);
    let result = binary.call("run_job", json!({ "job_id": 1 }));
    assert_eq!(result["isError"], true);
    let text = text(&result);
    assert!(
        text.contains("`run_job` is not served here") && text.contains("`--toolsets default,jobs`"),
        "{text}"
    );
}

#[test]
fn an_unknown_toolset_ends_the_start_with_the_right_name() {
    let (status, log) = Binary::start(Era::Alone, &[("DATABRICKS_MCP_TOOLSETS", "sqll")]).end();
    assert!(!status.success());
    assert!(
        log.contains("unknown toolset: `sqll`, did you mean `sql`?"),
        "{log}"
    );
}

#[test]
fn read_only_lists_no_tool_that_writes() {
    let variables = [
        ("DATABRICKS_MCP_READ_ONLY", "1"),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
    ];
    let names = names(&mut Binary::start(Era::Alone, &variables));
    for row in TOOLS {
        let served = names.iter().any(|name| name == row.name);
        assert_eq!(
            served,
            row.access == Access::Read || row.restrains,
            "`{}`",
            row.name
        );
    }
}

#[test]
fn read_only_sql_reads_and_nothing_else() {
    let sandbox = sandbox();
    let (host, token, warehouse) = (sandbox.host(), sandbox.token(), sandbox.warehouse_id());
    let variables = [
        ("DATABRICKS_HOST", host),
        ("DATABRICKS_TOKEN", token),
        ("DATABRICKS_WAREHOUSE_ID", warehouse),
        ("DATABRICKS_MCP_READ_ONLY", "true"),
    ];
    let mut server = Binary::start(Era::Session, &variables);
    for statement in [
        "DROP TABLE main.default.customers",
        "INSERT INTO main.default.customers SELECT * FROM main.default.customers",
        "WITH a AS (SELECT 1) INSERT INTO main.default.customers SELECT * FROM a",
        "SELECT 1; DROP TABLE main.default.customers",
        "/* SELECT */ DROP TABLE main.default.customers",
        "-- read\nDROP TABLE main.default.customers",
    ] {
        let result = server.call("execute_sql", json!({ "statement": statement }));
        assert_eq!(result["isError"], true, "{statement}");
        assert!(
            text(&result).starts_with("read-only mode refuses the statement: "),
            "{}",
            text(&result)
        );
    }
    for statement in [
        "SELECT count(*) FROM main.default.customers",
        "SHOW TABLES IN main.default",
        "DESCRIBE TABLE main.default.customers",
        "EXPLAIN SELECT 1",
    ] {
        let result = server.call("execute_sql", json!({ "statement": statement }));
        assert_ne!(result["isError"], true, "{statement}: {}", text(&result));
    }
}

#[test]
fn several_workspaces_are_told_apart_and_chosen_by_name() {
    let (one, two) = (sandbox(), sandbox());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("databrickscfg");
    let section = |name: &str, at: &Running| {
        format!("[{name}]\nhost = {}\ntoken = {}\n", at.host(), at.token())
    };
    std::fs::write(&file, section("dev", &one) + &section("prod", &two)).unwrap();
    let file = file.to_str().unwrap();
    let variables = [
        ("DATABRICKS_CONFIG_FILE", file),
        ("DATABRICKS_MCP_PROFILES", "dev,prod"),
        // Meant for one workspace; it must reach neither.
        ("DATABRICKS_TOKEN", "of-another-workspace"),
    ];
    let mut server = Binary::start(Era::Alone, &variables);
    let listed = server.request("tools/list", json!({}));
    for tool in listed["result"]["tools"].as_array().unwrap() {
        let choice = &tool["inputSchema"]["properties"]["workspace"];
        assert_eq!(choice["enum"], json!(["dev", "prod"]), "{}", tool["name"]);
    }
    let statement = "CREATE TABLE main.default.only_here (id INT)";
    let made = server.call(
        "execute_sql",
        json!({ "statement": statement, "workspace": "prod" }),
    );
    assert_eq!(
        made["structuredContent"]["workspace"],
        "prod",
        "{}",
        text(&made)
    );
    assert!(text(&made).starts_with("workspace: prod\n"));
    let table = json!({ "full_name": "main.default.only_here" });
    let in_dev = server.call("get_table", table.clone());
    assert_eq!(in_dev["isError"], true, "the default is the first");
    let in_prod = server.call(
        "get_table",
        json!({ "full_name": table["full_name"], "workspace": "prod" }),
    );
    assert_eq!(
        in_prod["structuredContent"]["name"],
        "main.default.only_here"
    );
    let wrong = server.call("health", json!({ "workspace": "prd" }));
    assert!(
        text(&wrong).contains("unknown workspace \"prd\"; there are `dev`, `prod`"),
        "{}",
        text(&wrong)
    );
}

#[test]
fn a_workspace_that_cannot_be_used_does_not_keep_the_others_from_working() {
    let one = sandbox();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("databrickscfg");
    let text_of_file = format!(
        "[dev]\nhost = {}\ntoken = {}\n[lost]\nhost = https://lost.example.com\n",
        one.host(),
        one.token()
    );
    std::fs::write(&file, text_of_file).unwrap();
    let variables = [
        ("DATABRICKS_CONFIG_FILE", file.to_str().unwrap()),
        ("DATABRICKS_MCP_PROFILES", "dev, lost"),
    ];
    let mut server = Binary::start(Era::Session, &variables);
    assert_ne!(server.call("health", json!({}))["isError"], true);
    assert_eq!(
        server.call("health", json!({ "workspace": "lost" }))["isError"],
        true
    );
}

#[test]
fn with_one_workspace_nothing_of_several_shows() {
    let listed = Binary::start(Era::Alone, &[]).request("tools/list", json!({}));
    let tools: &Vec<Value> = listed["result"]["tools"].as_array().unwrap();
    assert!(
        tools
            .iter()
            .all(|tool| tool["inputSchema"]["properties"].get("workspace").is_none())
    );
}
