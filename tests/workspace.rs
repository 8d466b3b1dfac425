//! The built binary against the sandbox: SQL, runs, progress, cancelling.
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

const QUERY: &str = "SELECT pickup_zip, count(*) AS n, avg(fare_amount) FROM samples.nyctaxi.trips \
                     GROUP BY 1 ORDER BY n DESC LIMIT 5";

/// A sandbox whose states change at once, so that no test waits.
fn sandbox() -> Running {
    Sandbox::start(Options {
        speed: 1_000.0,
        check_answers: true,
        ..Options::default()
    })
    .unwrap()
}

fn server(era: Era, sandbox: &Running) -> Binary {
    serving("default", era, sandbox)
}

fn serving(toolsets: &str, era: Era, sandbox: &Running) -> Binary {
    let variables = [
        ("DATABRICKS_MCP_TOOLSETS", toolsets),
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_WAREHOUSE_ID", sandbox.warehouse_id()),
    ];
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, *value))
        .collect();
    Binary::start(era, &variables)
}

fn ok(result: &Value) -> &Value {
    assert_ne!(result["isError"], true, "{}", text(result));
    &result["structuredContent"]
}

#[test]
fn sql_is_answered_with_real_numbers_in_both_eras() {
    let sandbox = sandbox();
    for era in [Era::Session, Era::Alone] {
        let mut server = server(era, &sandbox);
        let result = server.call("execute_sql", json!({ "statement": QUERY }));
        let rows = ok(&result)["rows"].as_array().unwrap().clone();
        assert_eq!(rows.len(), 5);
        for row in &rows {
            // The same numbers by another query.
            let zip = &row[0];
            let check = format!(
                "SELECT count(*), avg(fare_amount) FROM samples.nyctaxi.trips WHERE pickup_zip = {zip}"
            );
            let again = server.call("execute_sql", json!({ "statement": check }));
            assert_eq!(ok(&again)["rows"][0][0], row[1]);
            let (one, other) = (
                ok(&again)["rows"][0][1].as_f64().unwrap(),
                row[2].as_f64().unwrap(),
            );
            assert!((one - other).abs() < 1e-9, "{one} {other}");
        }
    }
}

#[test]
fn a_large_result_is_cut_and_read_on_without_gap_or_overlap() {
    let sandbox = sandbox();
    let mut server = server(Era::Session, &sandbox);
    let statement = "SELECT n FROM (SELECT row_number() OVER (ORDER BY tpep_pickup_datetime) AS n \
                     FROM samples.nyctaxi.trips) WHERE n <= 2500 ORDER BY n";
    let mut page = server.call(
        "execute_sql",
        json!({ "statement": statement, "max_rows": 1100 }),
    );
    let mut numbers = Vec::new();
    loop {
        let answer = ok(&page).clone();
        assert_eq!(answer["total_rows"], 2500);
        numbers.extend(
            answer["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row[0].as_u64().unwrap()),
        );
        let Some(offset) = answer["next_offset"].as_u64() else {
            break;
        };
        let arguments =
            json!({ "statement_id": answer["statement_id"], "offset": offset, "max_rows": 1100 });
        page = server.call("get_statement", arguments);
    }
    assert_eq!(numbers, (1..=2500).collect::<Vec<u64>>());
}

#[test]
fn what_is_created_is_there() {
    let sandbox = sandbox();
    let mut server = server(Era::Alone, &sandbox);
    for statement in [
        "CREATE TABLE main.default.pets (name STRING, legs INT)",
        "INSERT INTO main.default.pets VALUES ('cat', 4), ('hen', 2)",
    ] {
        let result = server.call("execute_sql", json!({ "statement": statement }));
        ok(&result);
    }
    let table = server.call("get_table", json!({ "full_name": "main.default.pets" }));
    assert_eq!(ok(&table)["columns"][1]["name"], "legs");
    let parameters = json!({ "statement": "SELECT name FROM pets WHERE legs = :legs", "parameters": { "legs": 2 } });
    let result = server.call("execute_sql", parameters);
    assert_eq!(ok(&result)["rows"], json!([["hen"]]));
}

#[test]
fn a_failed_statement_is_an_error_with_its_cause() {
    let sandbox = sandbox();
    let mut server = server(Era::Session, &sandbox);
    let result = server.call(
        "execute_sql",
        json!({ "statement": "SELECT * FROM main.default.nope" }),
    );
    assert_eq!(result["isError"], true);
    let text = text(&result);
    assert!(
        text.contains("[TABLE_OR_VIEW_NOT_FOUND]") && text.contains("hint: list_tables"),
        "{text}"
    );
}

#[test]
fn every_read_tool_answers() {
    let sandbox = sandbox();
    let mut server = server(Era::Alone, &sandbox);
    let cluster = server.call("list_clusters", json!({}));
    let cluster = ok(&cluster)["clusters"][0]["id"].clone();
    let job = server.call("list_jobs", json!({ "limit": 1 }));
    let job = ok(&job)["jobs"][0]["id"].clone();
    let calls = [
        ("health", json!({})),
        ("list_warehouses", json!({})),
        ("list_catalogs", json!({})),
        ("list_schemas", json!({ "catalog_name": "samples" })),
        (
            "list_tables",
            json!({ "catalog_name": "samples", "schema_name": "tpch" }),
        ),
        ("get_table", json!({ "full_name": "samples.nyctaxi.trips" })),
        ("get_cluster", json!({ "cluster_id": cluster })),
        ("get_job", json!({ "job_id": job })),
        ("list_notebooks", json!({ "path": "/Shared/etl" })),
        ("export_notebook", json!({ "path": "/Shared/etl/ingest" })),
    ];
    for (tool, arguments) in calls {
        let result = server.call(tool, arguments);
        assert_ne!(ok(&result), &json!({}), "{tool}");
        assert!(!text(&result).is_empty(), "{tool}");
    }
}

#[test]
fn all_jobs_are_found_page_by_page() {
    let sandbox = sandbox();
    let mut server = server(Era::Session, &sandbox);
    let whole = server.call("list_jobs", json!({ "limit": 1000 }));
    let mut ids = Vec::new();
    let mut arguments = json!({ "limit": 7 });
    loop {
        let page = server.call("list_jobs", arguments.clone());
        ids.extend(
            ok(&page)["jobs"]
                .as_array()
                .unwrap()
                .iter()
                .map(|job| job["id"].clone()),
        );
        match ok(&page).get("next_cursor") {
            Some(cursor) => arguments["cursor"] = cursor.clone(),
            None => break,
        }
    }
    let whole: Vec<Value> = ok(&whole)["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["id"].clone())
        .collect();
    assert!(whole.len() > 50);
    assert_eq!(ids, whole);
}

#[test]
fn a_run_reports_its_real_states_and_ends_with_its_result() {
    let sandbox = Sandbox::start(Options {
        speed: 20.0,
        ..Options::default()
    })
    .unwrap();
    let mut server = server(Era::Session, &sandbox);
    let jobs = server.call("list_jobs", json!({ "name": "nightly-etl" }));
    let job = ok(&jobs)["jobs"][0]["id"].clone();
    let call = json!({ "name": "run_job", "arguments": { "job_id": job }, "_meta": { "progressToken": "run" } });
    let id = server.ask("tools/call", call);
    let (answer, before) = server.answer(id);
    let run = ok(&answer["result"]).clone();
    assert_eq!(
        (&run["state"], &run["result"]),
        (&json!("TERMINATED"), &json!("SUCCESS"))
    );
    let progress: Vec<&Value> = before
        .iter()
        .filter(|message| message["method"] == "notifications/progress")
        .collect();
    assert!(!progress.is_empty());
    let values: Vec<f64> = progress
        .iter()
        .map(|one| one["params"]["progress"].as_f64().unwrap())
        .collect();
    assert!(values.is_sorted_by(|a, b| a < b), "{values:?}");
    assert!(
        progress
            .iter()
            .all(|one| one["params"]["progressToken"] == "run")
    );
    assert!(progress.iter().any(|one| {
        let message = one["params"]["message"].as_str().unwrap();
        message.contains("of 4 tasks") && one["params"]["total"] == 4.0
    }));
}

#[test]
fn a_cluster_starts() {
    let sandbox = sandbox();
    let mut server = server(Era::Alone, &sandbox);
    let stopped = server.call("list_clusters", json!({ "states": ["TERMINATED"] }));
    let id = ok(&stopped)["clusters"][0]["id"].clone();
    let started = server.call("start_cluster", json!({ "cluster_id": id }));
    assert_eq!(ok(&started)["state"], "RUNNING");
}

#[test]
fn a_cancelled_call_cancels_the_statement_in_the_workspace() {
    let sandbox = sandbox();
    let mut server = server(Era::Session, &sandbox);
    let call = json!({
        "name": "execute_sql",
        "arguments": { "statement": "SELECT sandbox_sleep(600)" },
        "_meta": { "progressToken": 1 },
    });
    let id = server.ask("tools/call", call);
    // The first report names the statement.
    let progress = server.message();
    let message = progress["params"]["message"].as_str().unwrap().to_owned();
    let statement = message.rsplit(' ').next().unwrap().to_owned();
    server.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }));
    let after = server.call("get_statement", json!({ "statement_id": statement }));
    let text = text(&after);
    assert_eq!(after["isError"], true);
    assert!(
        text.contains(&format!("statement {statement} ended as CANCELED")),
        "{text}"
    );
}

#[test]
fn a_client_that_goes_away_leaves_nothing_running() {
    let sandbox = sandbox();
    let mut first = server(Era::Session, &sandbox);
    let call = json!({
        "name": "execute_sql",
        "arguments": { "statement": "SELECT sandbox_sleep(600)" },
        "_meta": { "progressToken": 1 },
    });
    first.ask("tools/call", call);
    let progress = first.message();
    let message = progress["params"]["message"].as_str().unwrap().to_owned();
    let statement = message.rsplit(' ').next().unwrap().to_owned();
    let (status, log) = first.close();
    assert!(status.success(), "{log}");
    let after =
        server(Era::Session, &sandbox).call("get_statement", json!({ "statement_id": statement }));
    assert!(
        text(&after).contains("ended as CANCELED"),
        "{}",
        text(&after)
    );
}

#[test]
fn contexts_go_with_their_client_and_a_running_command_can_be_followed_by_another() {
    let sandbox = sandbox();
    let mut first = serving("clusters,commands", Era::Session, &sandbox);
    let cluster = json!({ "cluster_name": "c", "spark_version": "15.4.x-scala2.12", "node_type_id": "i3.xlarge", "num_workers": 0 });
    let created = first.call("create_cluster", cluster);
    let cluster = ok(&created)["id"].clone();
    let opened = first.call("create_execution_context", json!({ "cluster_id": cluster }));
    let idle = ok(&opened)["id"].clone();
    let sleep = json!({ "cluster_id": cluster, "command": "SELECT sandbox_sleep(600)", "language": "sql", "wait": 0 });
    let started = first.call("execute_command_simple", sleep);
    let resume = ok(&started)["resume"].clone();
    assert_eq!(resume["tool"], "get_command_status");
    let busy = resume["arguments"]["context_id"].clone();
    let (status, log) = first.close();
    assert!(status.success(), "{log}");
    assert!(
        log.contains("left behind") && log.contains(busy.as_str().unwrap()),
        "{log}"
    );

    let mut second = serving("clusters,commands", Era::Session, &sandbox);
    let gone = |server: &mut Binary, context: &Value| {
        let arguments = json!({ "cluster_id": cluster, "context_id": context });
        let answer = server.call("get_context_status", arguments);
        text(&answer).contains("ContextNotFound")
    };
    assert!(gone(&mut second, &idle));
    let mut follow = resume["arguments"].clone();
    follow["wait"] = json!(0);
    let going = second.call("get_command_status", follow);
    assert_eq!(ok(&going)["status"], "Running");
    assert!(!gone(&mut second, &busy));
    let stopped = second.call("cancel_command", resume["arguments"].clone());
    assert_eq!(ok(&stopped)["status"], "Cancelled");
    assert_eq!(ok(&stopped)["context_closed"], true);
    assert!(gone(&mut second, &busy));
}

#[test]
fn a_run_that_failed_shows_where_it_stands_and_what_finds_the_cause() {
    let sandbox = sandbox();
    for toolsets in ["default", "jobs"] {
        let mut server = serving(toolsets, Era::Session, &sandbox);
        let jobs = server.call("list_jobs", json!({ "name": "payroll-export" }));
        let job = &ok(&jobs)["jobs"][0]["id"];
        let notebook = server.call(
            "run_notebook",
            json!({ "notebook_path": "/Shared/nowhere" }),
        );
        for failed in [server.call("run_job", json!({ "job_id": job })), notebook] {
            assert_eq!(failed["isError"], true, "{failed}");
            let shown = &failed["structuredContent"];
            for field in ["run_id", "state", "message", "url"] {
                assert!(shown[field].is_string(), "{field}: {failed}");
            }
            let said = text(&failed);
            assert!(
                said.contains(
                    "diagnose_run finds the cause, get_run_output says why: {\"run_id\":"
                ),
                "{said}"
            );
        }
    }
}

#[test]
fn a_run_is_exported_as_it_ran_and_a_range_has_the_column_of_databricks() {
    let sandbox = sandbox();
    let mut server = serving("default,notebooks,jobs_admin", Era::Session, &sandbox);
    let write = |server: &mut Binary, code: &str| {
        let notebook = json!({
            "path": "/Shared/kept", "content": code, "language": "PYTHON", "overwrite": true, "confirm": true,
        });
        ok(&server.call("import_notebook", notebook));
    };
    write(&mut server, "print('as it ran')");
    let ran = server.call("run_notebook", json!({ "notebook_path": "/Shared/kept" }));
    let run = ok(&ran)["run_id"].as_str().unwrap().parse::<i64>().unwrap();
    write(&mut server, "print('as it is now')");
    let exported = server.call("export_run", json!({ "run_id": run }));
    let told = ok(&exported)["text"].as_str().unwrap();
    assert!(
        told.contains("as it ran") && !told.contains("as it is now"),
        "{told}"
    );
    let range = server.call(
        "execute_sql",
        json!({ "statement": "SELECT id FROM range(1, 4)" }),
    );
    assert_eq!(ok(&range)["rows"], json!([[1], [2], [3]]));
}

#[test]
fn all_runs_of_a_job_are_cancelled_and_waited_for() {
    let sandbox = Sandbox::start(Options {
        speed: 2.0,
        ..Options::default()
    })
    .unwrap();
    let mut server = serving("jobs,jobs_admin", Era::Session, &sandbox);
    let task =
        json!({ "task_key": "a", "notebook_task": { "notebook_path": "/Shared/etl/ingest" } });
    let job = json!({ "name": "long", "tasks": [task], "max_concurrent_runs": 5 });
    let created = server.call("create_job", job);
    let job = ok(&created)["job_id"].clone();
    for _ in 0..2 {
        ok(&server.call("run_job", json!({ "job_id": job, "wait": 0 })));
    }
    let submitted = server.call(
        "cancel_all_runs",
        json!({ "job_id": job, "confirm": true, "wait": 0 }),
    );
    ok(&submitted);
    let cancelled = server.call("cancel_all_runs", json!({ "job_id": job, "confirm": true }));
    assert!(ok(&cancelled)["resume"].is_null(), "{cancelled}");
    let runs = server.call("list_job_runs", json!({ "job_id": job }));
    let runs = ok(&runs)["runs"].as_array().unwrap().clone();
    assert_eq!(runs.len(), 2);
    for run in runs {
        assert_eq!(run["state"], "TERMINATED", "{run}");
        assert_eq!(run["result"], "CANCELED", "{run}");
    }
}

#[test]
fn many_calls_at_once_are_all_answered() {
    let sandbox = sandbox();
    let mut server = server(Era::Session, &sandbox);
    let ids: Vec<u64> = (0..100)
        .map(|n| {
            let statement = json!({ "statement": format!("SELECT {n}") });
            server.ask(
                "tools/call",
                json!({ "name": "execute_sql", "arguments": statement }),
            )
        })
        .collect();
    for (n, id) in ids.into_iter().enumerate() {
        let (answer, _) = server.answer(id);
        assert_eq!(ok(&answer["result"])["rows"][0][0], n, "{answer}");
    }
}
