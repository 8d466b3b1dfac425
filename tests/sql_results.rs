//! Promise: over stdio, the rows of every statement can be read to the last one by its id, from any process, until the
//! service has let them go; a cancelled script starts nothing more; the user's bounds on statements hold.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use databricks_mcp::config::Settings;
use databricks_mcp::connect::Connections;
use databricks_mcp::context::{Context, Progress, Workspace};
use databricks_mcp::tools;
use databricks_mcp::transport::{Call, Limits, Statements};
use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use support::binary::{Binary, Era, text};
use support::inventory::everything;
use support::recorder::Recorder;
use tokio_util::sync::CancellationToken;

fn sandbox(options: Options) -> Running {
    Sandbox::start(Options {
        check_answers: true,
        ..options
    })
    .unwrap()
}

fn quick() -> Options {
    Options {
        speed: 1_000.0,
        ..Options::default()
    }
}

fn server(sandbox: &Running, more: &[(&str, &str)]) -> Binary {
    let mut variables = vec![
        ("DATABRICKS_MCP_TOOLSETS", "sql,queries"),
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_WAREHOUSE_ID", sandbox.warehouse_id()),
    ];
    variables.extend_from_slice(more);
    Binary::start(Era::Session, &variables)
}

fn ok(result: &Value) -> Value {
    assert_ne!(result["isError"], true, "{}", text(result));
    result["structuredContent"].clone()
}

#[test]
fn a_result_too_large_for_an_answer_is_read_to_its_end_from_another_process() {
    let sandbox = sandbox(Options {
        chunk_rows: 100_000,
        ..quick()
    });
    let large = "SELECT n, repeat('x', 50) AS x FROM range(500000) AS r(n)";
    let arguments = json!({ "statement": large, "max_rows": 3 });
    let answer = server(&sandbox, &[]).call("execute_sql", arguments);
    let page = ok(&answer);
    assert_eq!(page["total_rows"], 500_000, "{page}");
    let note = page["note"].as_str().unwrap();
    assert!(note.contains("second time"), "{note}");
    let mut other = server(&sandbox, &[]);
    for (offset, count) in [
        (0, 3),
        (99_995, 10),
        (199_999, 2),
        (299_995, 10),
        (400_000, 1),
        (499_998, 2),
    ] {
        let arguments =
            json!({ "statement_id": page["statement_id"], "offset": offset, "max_rows": count });
        let read = ok(&other.call("get_statement", arguments));
        let rows: Vec<u64> = (read["rows"].as_array().unwrap().iter())
            .map(|row| row[0].as_u64().unwrap())
            .collect();
        let expected: Vec<u64> = (offset..offset + count).collect();
        assert_eq!(rows, expected);
        let next = (offset + count < 500_000).then_some(offset + count);
        assert_eq!(read.get("next_offset").and_then(Value::as_u64), next);
    }
}

#[test]
fn a_statement_longer_than_the_wait_gives_its_rows_to_another_process() {
    let sandbox = sandbox(quick());
    let mut first = server(&sandbox, &[("DATABRICKS_MCP_ANSWER_WITHIN", "1")]);
    let slow = json!({ "statement": "SELECT sandbox_sleep(3) AS slept" });
    let page = ok(&first.call("execute_sql", slow));
    let state = page["state"].as_str().unwrap();
    assert!(["PENDING", "RUNNING"].contains(&state), "{page}");
    let (status, log) = first.close();
    assert!(status.success(), "{log}");
    let arguments = json!({ "statement_id": page["statement_id"] });
    let read = ok(&server(&sandbox, &[]).call("get_statement", arguments));
    assert_eq!(read["state"], "SUCCEEDED");
    assert_eq!(read["rows"].as_array().unwrap().len(), 1);
}

#[test]
fn a_cancelled_script_stops_what_runs_and_starts_nothing_more() {
    let sandbox = sandbox(quick());
    let mut first = server(&sandbox, &[]);
    let call = json!({
        "name": "execute_sql_multi",
        "arguments": { "script": "SELECT sandbox_sleep(600); SELECT 'two'; SELECT 'three'" },
        "_meta": { "progressToken": 1 },
    });
    let id = first.ask("tools/call", call);
    first.message();
    first.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }));
    let (status, log) = first.close();
    assert!(status.success(), "{log}");
    let history = ok(&server(&sandbox, &[]).call("list_query_history", json!({})));
    let told = history.to_string();
    assert!(
        told.contains("sandbox_sleep(600)") && told.contains("CANCELED"),
        "{told}"
    );
    assert!(
        !told.contains("'two'") && !told.contains("'three'"),
        "{told}"
    );
}

#[test]
fn a_warehouse_that_starts_is_progress_and_not_an_error() {
    let sandbox = sandbox(Options {
        speed: 6.0,
        ..Options::default()
    });
    let mut server = server(&sandbox, &[]);
    let call = json!({
        "name": "execute_sql",
        "arguments": { "statement": "SELECT 1 AS one", "warehouse_id": "1d9e6b35c07f42a8" },
        "_meta": { "progressToken": 1 },
    });
    let id = server.ask("tools/call", call);
    let (answer, before) = server.answer(id);
    let told = Value::from(before).to_string();
    assert!(
        told.contains("PENDING, the warehouse Batch Warehouse is starting: statement "),
        "{told}"
    );
    assert_eq!(ok(&answer["result"])["rows"], json!([[1]]));
}

#[test]
fn who_waits_on_for_a_statement_is_told_that_its_warehouse_starts() {
    let sandbox = sandbox(Options {
        speed: 6.0,
        ..Options::default()
    });
    let mut server = server(&sandbox, &[]);
    let sent = json!({ "statement": "SELECT 1", "warehouse_id": "1d9e6b35c07f42a8", "wait": 0 });
    let sent = text(&server.call("execute_sql", sent)).to_owned();
    let starts = "Still PENDING (the warehouse Batch Warehouse is starting) after 0 s.";
    assert!(sent.contains(starts), "{sent}");
    let (_, rest) = sent.split_once("statement_id: \"").unwrap();
    let (statement, _) = rest.split_once('"').unwrap();
    let call = json!({
        "name": "get_statement",
        "arguments": { "statement_id": statement },
        "_meta": { "progressToken": 1 },
    });
    let id = server.ask("tools/call", call);
    let (answer, before) = server.answer(id);
    let told = Value::from(before).to_string();
    assert!(
        told.contains("PENDING, the warehouse Batch Warehouse is starting: statement "),
        "{told}"
    );
    assert_eq!(ok(&answer["result"])["rows"], json!([[1]]));
}

#[test]
fn a_script_waits_as_long_as_its_caller_and_then_starts_no_other() {
    let sandbox = sandbox(quick());
    let mut server = server(&sandbox, &[]);
    let script = "SELECT sandbox_sleep(600); SELECT 'two'";
    let submitted = ok(&server.call("execute_sql_multi", json!({ "script": script, "wait": 0 })));
    assert_eq!(
        (&submitted["running"], &submitted["not_started"]),
        (&json!(1), &json!(1)),
        "{submitted}"
    );
    let id = &submitted["statements"][0]["result"]["statement_id"];
    assert!(id.is_string(), "{submitted}");
    let at_once = ok(&server.call(
        "execute_sql_multi",
        json!({ "script": script, "wait": 0, "parallel": true }),
    ));
    assert_eq!(at_once["not_started"], json!(0), "{at_once}");
    let ids = at_once["statements"].as_array().unwrap().iter();
    let mut ids = ids.map(|one| &one["result"]["statement_id"]);
    assert!(ids.all(Value::is_string), "{at_once}");
}

#[test]
fn a_result_that_has_expired_says_so_and_how_to_get_it_anew() {
    let sandbox = sandbox(Options {
        result_seconds: 0,
        ..quick()
    });
    let mut server = server(&sandbox, &[]);
    let page = ok(&server.call("execute_sql", json!({ "statement": "SELECT 1" })));
    let arguments = json!({ "statement_id": page["statement_id"] });
    let read = ok(&server.call("get_statement", arguments));
    assert_eq!(read["rows"], json!([]));
    let note = read["note"].as_str().unwrap();
    assert!(
        note.contains("can no longer be read")
            && note.contains("execute_sql with the same `statement`")
            && note.contains("`save_to` keeps them"),
        "{note}"
    );
}

#[test]
fn the_bounds_of_the_user_hold() {
    let sandbox = sandbox(quick());
    let bounds = [
        ("DATABRICKS_MCP_SQL_ROWS", "10"),
        ("DATABRICKS_MCP_SQL_MEBIBYTES", "1"),
    ];
    let mut server = server(&sandbox, &bounds);
    let trips = "SELECT fare_amount FROM samples.nyctaxi.trips";
    let page = ok(&server.call("execute_sql", json!({ "statement": trips })));
    assert_eq!(page["rows"].as_array().unwrap().len(), 10);
    let note = page["note"].as_str().unwrap();
    assert!(
        note.contains("10 rows, the most that the user allows"),
        "{note}"
    );
    let large = "SELECT a.fare_amount FROM range(5000000) AS r(n) JOIN samples.nyctaxi.trips a";
    let refused = server.call("execute_sql", json!({ "statement": large }));
    assert_eq!(refused["isError"], true);
    let told = text(&refused);
    assert!(
        told.contains("1 MiB is the most that the user allows"),
        "{told}"
    );
    let history = ok(&server.call("list_query_history", json!({})));
    let ran = history.to_string().matches("range(5000000)").count();
    assert_eq!(ran, 1, "only its plan was asked for: {history}");
}

#[tokio::test]
async fn statements_are_tagged_with_whom_they_come_from_where_the_user_wants_it() {
    let pending = json!({ "statement_id": "s1", "status": { "state": "PENDING" } });
    for tags in [true, false] {
        let recorder = Recorder::routes([("sql/statements", pending.clone())]).await;
        let settings = Settings::from_variables(|name| match name {
            "DATABRICKS_HOST" => Some(recorder.host.clone()),
            "DATABRICKS_TOKEN" => Some("secret-token".to_owned()),
            "DATABRICKS_WAREHOUSE_ID" => Some("w".to_owned()),
            _ => None,
        });
        let limits = Limits {
            statements: Statements {
                tags,
                ..Statements::default()
            },
            ..Limits::default()
        };
        let workspace =
            Workspace::open_with(&settings.unwrap(), &Connections::default(), limits).unwrap();
        let call = Call {
            client: Some("cursor 1.2".into()),
            ..Call::new("execute_sql")
        };
        let id = call.id.to_string();
        let silent = Progress::Silent;
        let context = Context::new(workspace.into(), call, CancellationToken::new(), silent);
        let inventory = everything();
        let arguments = json!({ "statement": "SELECT 1", "wait": 0 });
        let entry = inventory.find("execute_sql").unwrap();
        let arguments = arguments.as_object().unwrap().clone();
        tools::call(entry, &context, arguments).await.unwrap();
        let sent = recorder.requests().concat();
        let tag = |key: &str, value: &str| {
            format!(r#"{{"key":"databricks_mcp_{key}","value":"{value}"}}"#)
        };
        for tag in [
            tag("tool", "execute_sql"),
            tag("request_id", &id),
            tag("client", "cursor 1.2"),
        ] {
            assert_eq!(sent.contains(&tag), tags, "{tag} in {sent}");
        }
    }
}

#[test]
fn every_type_of_a_manifest_keeps_its_name_and_its_exact_value() {
    // The API documents do not list VARIANT and GEOMETRY, with which the service answers.
    let sandbox = Sandbox::start(quick()).unwrap();
    let mut server = server(&sandbox, &[]);
    let mut query =
        |statement: &str| ok(&server.call("execute_sql", json!({ "statement": statement })));
    for (expression, kind, value) in [
        (
            "parse_json('{\"a\": [1, null]}')",
            "VARIANT",
            json!("{\"a\":[1,null]}"),
        ),
        ("CAST('x' AS VARIANT)", "VARIANT", json!("\"x\"")),
        ("CAST(NULL AS VARIANT)", "VARIANT", Value::Null),
        (
            "st_point(1.5, 2, 4326)",
            "GEOMETRY(4326)",
            json!("SRID=4326;POINT(1.5 2)"),
        ),
        (
            "st_geomfromtext('POINT(1 2)')",
            "GEOMETRY(0)",
            json!("POINT(1 2)"),
        ),
        (
            "INTERVAL '1-2' YEAR TO MONTH",
            "INTERVAL YEAR TO MONTH",
            json!("1-2"),
        ),
        (
            "INTERVAL -14 MONTH",
            "INTERVAL YEAR TO MONTH",
            json!("-1-2"),
        ),
        (
            "INTERVAL '26' HOUR",
            "INTERVAL DAY TO SECOND",
            json!("1 02:00:00.000000000"),
        ),
        (
            "CAST('12345678901234567890123456789.123456789' AS DECIMAL(38,9))",
            "DECIMAL(38,9)",
            json!("12345678901234567890123456789.123456789"),
        ),
        (
            "9223372036854775807",
            "BIGINT",
            json!("9223372036854775807"),
        ),
        ("CAST('NaN' AS DOUBLE)", "DOUBLE", json!("NaN")),
        ("CAST('-Infinity' AS FLOAT)", "FLOAT", json!("-Infinity")),
        ("X'00ff'", "BINARY", json!("AP8=")),
        (
            "CAST('2021-01-01 10:00:00' AS TIMESTAMP_NTZ)",
            "TIMESTAMP_NTZ",
            json!("2021-01-01T10:00:00.000"),
        ),
        (
            "array(map('k', named_struct('n', CAST('NaN' AS DOUBLE))))",
            "ARRAY<MAP<STRING, STRUCT<n: DOUBLE>>>",
            json!("[{\"k\":{\"n\":\"NaN\"}}]"),
        ),
    ] {
        let page = query(&format!("SELECT {expression} AS a"));
        assert_eq!(
            (&page["columns"][0]["type"], &page["rows"]),
            (&json!(kind), &json!([[value]])),
            "{expression}: {page}"
        );
    }
    let page = query("SELECT 1 AS a, 2 AS a, 3 AS `we ird`, NULL");
    let names: Vec<&Value> = page["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| &column["name"])
        .collect();
    assert_eq!(names, ["a", "a", "we ird", "NULL"]);
    query("CREATE TABLE main.default.kept (v VARIANT, g GEOMETRY(4326))");
    query("INSERT INTO main.default.kept SELECT parse_json('[1]'), st_point(1, 2, 4326)");
    let page = query("SELECT * FROM main.default.kept");
    let kinds: Vec<&Value> = page["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| &column["type"])
        .collect();
    assert_eq!(kinds, ["VARIANT", "GEOMETRY(4326)"], "{page}");
    assert_eq!(page["rows"], json!([["[1]", "SRID=4326;POINT(1 2)"]]));
}
