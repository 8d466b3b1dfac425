//! The modes of the built binary: toolsets, read-only, several workspaces.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use databricks_mcp::catalog::{Access, TOOLS};
use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use support::binary::{Binary, Era, text};
use support::recorder::Recorder;

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
        text.contains("`run_job` is not served here") && text.contains("`--toolsets sql,jobs`"),
        "{text}"
    );
}

#[test]
fn read_only_lets_a_post_that_reads_through_and_no_get_that_shows_a_secret() {
    let sandbox = sandbox();
    let variables = [
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_MCP_READ_ONLY", "true"),
    ];
    let mut binary = Binary::start(Era::Alone, &variables);
    for operation in ["experiments.search_runs", "clusters.events"] {
        let sent = binary.call("api_call", json!({ "operation": operation }));
        assert!(!text(&sent).contains("read-only"), "{sent}");
    }
    for operation in ["secrets.get_secret", "clusters.start", "jobs.delete"] {
        let refused = binary.call("api_call", json!({ "operation": operation }));
        assert!(text(&refused).contains("read-only"), "{refused}");
    }
}

#[test]
fn excluded_grants_are_not_to_be_had_by_the_door_of_one_service() {
    let sandbox = sandbox();
    let variables = [
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_MCP_EXCLUDE", "grants"),
    ];
    let mut binary = Binary::start(Era::Alone, &variables);
    for operation in ["clusters.set_permissions", "jobs.update_permissions"] {
        let refused = binary.call("api_call", json!({ "operation": operation }));
        assert!(
            text(&refused).contains("the user has excluded"),
            "{refused}"
        );
    }
}

#[test]
fn without_grants_or_secrets_no_door_leads_to_them() {
    let sandbox = sandbox();
    let variables = [
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
        ("DATABRICKS_MCP_EXCLUDE", "grants,secrets"),
    ];
    let mut binary = Binary::start(Era::Alone, &variables);
    let everyone = json!([{ "group_name": "users", "permission_level": "CAN_MANAGE" }]);
    let api = |operation: &str, arguments: Value| {
        let call = json!({ "operation": operation, "arguments": arguments, "confirm": true });
        ("api_call", call)
    };
    let sql = |tool: &'static str, sql: &str| {
        let argument = if tool == "execute_sql" {
            "statement"
        } else {
            "script"
        };
        (tool, json!({ argument: sql, "confirm": true }))
    };
    for (tool, arguments) in [
        sql("execute_sql", "GRANT SELECT ON TABLE t TO `a`"),
        sql("execute_sql", "ALTER TABLE t OWNER TO `a`"),
        sql("execute_sql", "SELECT secret('s', 'k')"),
        sql("execute_sql", "SELECT `TRY_SECRET` /* x */ ('s', 'k')"),
        sql(
            "execute_sql",
            "EXECUTE IMMEDIATE 'GRANT SELECT ON t TO `a`'",
        ),
        sql(
            "execute_sql_multi",
            "SELECT 1; DENY SELECT ON t TO `a`; SELECT 2",
        ),
        sql(
            "execute_sql_multi",
            "BEGIN BEGIN REVOKE SELECT ON t FROM `a`; END; END",
        ),
        api(
            "statement_execution.execute_statement",
            json!({ "statement": "GRANT SELECT ON TABLE t TO `a`", "warehouse_id": "w" }),
        ),
        api("secrets.put_acl", json!({ "scope": "s" })),
        api("secrets.get_secret", json!({ "scope": "s", "key": "k" })),
        api("shares.update_permissions", json!({ "name": "s" })),
        api(
            "jobs.create",
            json!({ "name": "j", "access_control_list": everyone }),
        ),
        (
            "create_group",
            json!({ "name": "g", "members": [{ "value": "1" }], "confirm": true }),
        ),
        (
            "update_catalog",
            json!({ "name": "main", "owner": "a", "confirm": true }),
        ),
    ] {
        let refused = binary.call(tool, arguments.clone());
        assert_eq!(refused["isError"], true, "{tool} {arguments}");
        let said = text(&refused);
        assert!(said.contains("the user has excluded"), "{arguments} {said}");
    }
    let served = binary.request("tools/list", json!({}));
    let served = served["result"]["tools"].as_array().unwrap().iter();
    let served: Vec<&str> = served.map(|tool| tool["name"].as_str().unwrap()).collect();
    assert!(served.contains(&"execute_sql") && served.contains(&"create_job"));
    for gone in ["set_permissions", "update_share_permissions", "create_user"] {
        assert!(!served.contains(&gone), "{gone}");
    }
    // What does neither goes on.
    let (tool, arguments) = api("jobs.create", json!({ "name": "plain" }));
    let made = binary.call(tool, arguments);
    assert_ne!(made["isError"], true, "{made}");
}

#[test]
fn what_is_excluded_is_not_to_be_had_by_its_operation_either() {
    let sandbox = sandbox();
    let variables = [
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_MCP_EXCLUDE", "run_job,execute_sql"),
    ];
    let mut binary = Binary::start(Era::Alone, &variables);
    for operation in ["jobs.run_now", "statement_execution.execute_statement"] {
        let refused = binary.call("api_call", json!({ "operation": operation }));
        assert_eq!(refused["isError"], true);
        assert!(
            text(&refused).contains("the user has excluded"),
            "{refused}"
        );
    }
    let listed = binary.call("api_call", json!({ "operation": "jobs.list" }));
    assert_ne!(listed["isError"], true, "{listed}");
}

#[test]
fn an_unknown_toolset_ends_the_start_with_the_right_name() {
    let (status, log) = Binary::start(Era::Alone, &[("DATABRICKS_MCP_TOOLSETS", "sqll")]).end();
    assert!(!status.success());
    assert!(
        log.contains("unknown toolset or preset: `sqll`, did you mean `sql`?"),
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
    for tool in TOOLS {
        let served = names.iter().any(|name| name == tool.name);
        assert_eq!(
            served,
            tool.access == Access::Read || tool.enforces_read_only,
            "`{}`",
            tool.name
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
    let deep = format!("SELECT 1 WHERE {}true", "true AND ".repeat(200_000));
    let nested = format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    for statement in [
        "DROP TABLE main.default.customers",
        "INSERT INTO main.default.customers SELECT * FROM main.default.customers",
        "WITH a AS (SELECT 1) INSERT INTO main.default.customers SELECT * FROM a",
        "SELECT 1; DROP TABLE main.default.customers",
        "/* SELECT */ DROP TABLE main.default.customers",
        "-- read\nDROP TABLE main.default.customers",
        "WITH a AS (SELECT 1) UPDATE main.default.customers SET name = 'x'",
        "FROM main.default.customers INSERT OVERWRITE main.default.customers SELECT *",
        "BEGIN SELECT 1; DROP TABLE main.default.customers; END",
        "EXPLAIN ANALYZE DROP TABLE main.default.customers",
        "SELECT * FROM main.default.customers, LATERAL remote_query('c', query => 'x')",
        "SELECT ai_query('m', 'p')",
        "SELECT secret('a', 'b')",
        "SELECT * FROM read_files('https://x/' || (SELECT 1))",
        "SELEC 1",
        &deep,
        &nested,
    ] {
        let result = server.call("execute_sql", json!({ "statement": statement }));
        assert_eq!(result["isError"], true, "{statement:.80}");
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

#[tokio::test(flavor = "multi_thread")]
async fn functions_pass_read_only_mode_by_a_setting_only() {
    let recorder = Recorder::start([]).await;
    let long = format!("SELECT 1 WHERE {}true", "true AND ".repeat(5_363));
    let ai = "SELECT ai_query('m', 'p')";
    let outbound = "SELECT * FROM t, LATERAL remote_query('c', query => 'x')";
    let sql = |statement: &str| json!({ "statement": statement, "warehouse_id": "w" });
    let sent = |flags: &[&str], statement: &str| {
        let variables = [
            ("DATABRICKS_HOST", recorder.host.as_str()),
            ("DATABRICKS_TOKEN", "secret-token"),
            ("DATABRICKS_MCP_READ_ONLY", "1"),
            ("DATABRICKS_MCP_YES", "1"),
        ];
        let before = recorder.requests().len();
        let mut binary = Binary::launch(Era::Alone, flags, &variables, json!({}));
        let said = text(&binary.call("execute_sql", sql(statement)));
        (recorder.requests().len() > before, said)
    };
    assert!(sent(&[], &long).0, "a long statement that reads");
    for (statement, kind, other) in [(ai, "ai", "outbound"), (outbound, "outbound", "ai")] {
        for flags in [&[][..], &["--read-only-functions", other]] {
            let (sent, said) = sent(flags, statement);
            assert!(!sent, "{statement} with {flags:?}");
            let way = format!("the user can allow it with `--read-only-functions {kind}`");
            assert!(said.contains(&way), "{said}");
        }
        assert!(sent(&["--read-only-functions", kind], statement).0);
    }
    let (status, log) = Binary::launch(
        Era::Alone,
        &["--read-only-functions", "all"],
        &[],
        json!({}),
    )
    .end();
    assert!(!status.success());
    assert!(log.contains("`all` is not `ai` or `outbound`"), "{log}");
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
        // A credential for one of several workspaces must reach neither.
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
    assert!(text(&made).ends_with("\npass `workspace: \"prod\"` to go on there"));
    let table = json!({ "full_name": "main.default.only_here" });
    let in_dev = server.call("get_table", table.clone());
    assert_eq!(in_dev["isError"], true, "the default is the first");
    assert!(text(&in_dev).starts_with("workspace: dev\n"));
    assert!(!text(&in_dev).contains("pass `workspace"));
    let failed = server.call(
        "get_job",
        json!({ "job_id": 987_654_321, "workspace": "prod" }),
    );
    assert_eq!(failed["isError"], true);
    let said = text(&failed);
    assert!(said.starts_with("workspace: prod\n"), "{said}");
    assert!(
        said.ends_with("\npass `workspace: \"prod\"` to go on there"),
        "{said}"
    );
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

/// The output of `list-tools` run in `folder`, or its error.
fn listed(flags: &[&str], variables: &[(&str, &str)], folder: &std::path::Path) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_databricks-mcp"));
    command.arg("list-tools").args(flags).current_dir(folder);
    let done = command.env_clear().envs(variables.iter().copied()).output();
    let done = done.unwrap();
    String::from_utf8(done.stdout).unwrap() + &String::from_utf8(done.stderr).unwrap()
}

#[test]
fn presets_are_chosen_by_name_and_a_wrong_one_gets_the_right_one() {
    let here = tempfile::tempdir().unwrap();
    let all = listed(&["--preset", "all"], &[], here.path());
    assert!(TOOLS.iter().all(|tool| all.contains(tool.name)));
    assert!(all.contains("also answers to: execute_dbsql, "), "{all}");
    let analyst = listed(&["--preset", "analyst"], &[], here.path());
    assert!(analyst.contains("ask_genie") && !analyst.contains("list_clusters"));
    let wrong = listed(&["--preset", "enginer"], &[], here.path());
    assert!(
        wrong.contains("unknown toolset or preset: `enginer`, did you mean `engineer`?"),
        "{wrong}"
    );
}

#[test]
fn tools_come_from_flags_before_variables_before_the_profile_and_dot_env_only_takes_away() {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("databrickscfg");
    std::fs::write(&file, "[DEFAULT]\nmcp_toolsets = genie, apps\n").unwrap();
    let file = file.to_str().unwrap();
    let of_profile = listed(&[], &[("DATABRICKS_CONFIG_FILE", file)], here.path());
    assert!(of_profile.contains("ask_genie") && of_profile.contains("list_apps"));
    assert!(!of_profile.contains("execute_sql"));
    let variables = [
        ("DATABRICKS_CONFIG_FILE", file),
        ("DATABRICKS_MCP_TOOLSETS", "secrets"),
    ];
    let of_variable = listed(&[], &variables, here.path());
    assert!(of_variable.contains("put_secret") && !of_variable.contains("ask_genie"));
    let of_flag = listed(&["--toolsets", "sql"], &variables, here.path());
    assert!(of_flag.contains("execute_sql") && !of_flag.contains("put_secret"));
    // It comes with any repository: what it names bounds what the user has chosen.
    std::fs::write(
        here.path().join(".env"),
        "DATABRICKS_MCP_TOOLSETS=pools,apps\n",
    )
    .unwrap();
    let bounded = listed(&[], &[("DATABRICKS_CONFIG_FILE", file)], here.path());
    assert!(bounded.contains("list_apps") && !bounded.contains("ask_genie"));
    assert!(!bounded.contains("list_instance_pools"));
}

#[test]
fn what_is_left_out_or_read_only_anywhere_stays_so() {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("databrickscfg");
    std::fs::write(
        &file,
        "[DEFAULT]\nmcp_exclude = health\nmcp_read_only = true\n",
    )
    .unwrap();
    std::fs::write(
        here.path().join(".env"),
        "DATABRICKS_MCP_EXCLUDE=list_jobs\nDATABRICKS_MCP_READ_ONLY=false\n",
    )
    .unwrap();
    let variables = [
        ("DATABRICKS_CONFIG_FILE", file.to_str().unwrap()),
        ("DATABRICKS_MCP_EXCLUDE", "get_job"),
        ("DATABRICKS_MCP_READ_ONLY", "0"),
    ];
    let tools = listed(&["--exclude", "get_run"], &variables, here.path());
    for gone in [
        "  health ",
        "  list_jobs ",
        "  get_job ",
        "  get_run ",
        "  run_job ",
    ] {
        assert!(!tools.contains(gone), "{gone}: {tools}");
    }
    assert!(tools.contains("  list_job_runs "), "{tools}");
}

#[test]
fn one_read_only_workspace_among_several_makes_the_server_read_only() {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("databrickscfg");
    let text = "[dev]\nhost = https://dev.example.com\ntoken = a\n\
                [prod]\nhost = https://prod.example.com\ntoken = b\nmcp_read_only = yes\n\
                [DEFAULT]\nmcp_toolsets = genie\n";
    std::fs::write(&file, text).unwrap();
    let variables = [
        ("DATABRICKS_CONFIG_FILE", file.to_str().unwrap()),
        ("DATABRICKS_MCP_PROFILES", "dev,prod"),
    ];
    let served = names(&mut Binary::start(Era::Alone, &variables));
    assert!(served.contains(&"list_jobs".to_owned()));
    assert!(!served.contains(&"run_job".to_owned()), "{served:?}");
}

#[test]
fn a_tool_that_is_not_served_says_why_and_a_near_miss_of_one_too() {
    let read_only = [("DATABRICKS_MCP_READ_ONLY", "1")];
    let refused = Binary::start(Era::Alone, &read_only).call("run_job", json!({ "job_id": 1 }));
    assert_eq!(
        text(&refused),
        "`run_job` is not served here\nhint: it writes, and the server is in read-only mode"
    );
    let excluded = [("DATABRICKS_MCP_EXCLUDE", "jobs")];
    let refused = Binary::start(Era::Alone, &excluded).call("run_job", json!({ "job_id": 1 }));
    assert!(text(&refused).ends_with("the user has excluded it, or its toolset `jobs`"));
    let near = Binary::start(Era::Alone, &[("DATABRICKS_MCP_TOOLSETS", "sql,catalog")]);
    let mut near = near;
    assert_eq!(
        text(&near.call("list_pipeline", json!({}))),
        "unknown tool: `list_pipeline`\nhint: did you mean `list_pipelines`? it belongs to toolset `pipelines`, \
         which is off; the user can start the server with `--toolsets sql,catalog,pipelines`"
    );
}
