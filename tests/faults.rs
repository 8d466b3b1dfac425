//! Promise: the built binary survives every failure that the sandbox plays on demand: a read is answered all the same,
//! a write is never sent twice, and where no answer can be had it says why and goes on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use support::binary::{Binary, Era, text};

fn sandbox(faults: &[&str]) -> Running {
    Sandbox::start(Options {
        speed: 1_000.0,
        chunk_rows: 100,
        faults: faults.iter().map(|spec| spec.parse().unwrap()).collect(),
        ..Options::default()
    })
    .unwrap()
}

fn server(sandbox: &Running, more: &[(&str, &str)]) -> Binary {
    let mut variables = vec![
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_WAREHOUSE_ID", sandbox.warehouse_id()),
    ];
    variables.extend_from_slice(more);
    Binary::start(Era::Session, &variables)
}

fn ok(result: &Value) -> &Value {
    assert_ne!(result["isError"], true, "{}", text(result));
    &result["structuredContent"]
}

#[test]
fn a_read_is_answered_in_spite_of_each_fault() {
    let unharmed = server(&sandbox(&[]), &[]).call("list_warehouses", json!({}));
    for fault in [
        "429,retry-after=1",
        "503",
        "502,after",
        "reset",
        "reset,after",
        "stall,seconds=1",
        "truncate",
    ] {
        let once = format!("{fault},path=/api/2.0/sql/warehouses,times=1");
        let sandbox = sandbox(&[&once]);
        let result = server(&sandbox, &[]).call("list_warehouses", json!({}));
        assert_eq!(ok(&result), ok(&unharmed), "{fault}");
    }
}

#[test]
fn a_write_whose_answer_is_lost_is_not_sent_again() {
    for fault in ["reset,after", "truncate", "503,after"] {
        let spec = format!("{fault},method=POST,path=/api/2.0/sql/statements*,times=1");
        let sandbox = sandbox(&[&spec]);
        let mut server = server(&sandbox, &[]);
        let row = json!({ "statement": "INSERT INTO main.default.kept VALUES (1)" });
        ok(&server.call("list_warehouses", json!({})));
        let lost = server.call(
            "execute_sql",
            json!({ "statement": "CREATE TABLE main.default.kept (n INT)" }),
        );
        assert_eq!(lost["isError"], true, "{fault}: {}", text(&lost));
        // Nobody has waited for it.
        let count = json!({ "statement": "SELECT count(*) FROM main.default.kept" });
        let is_there =
            |server: &mut Binary| server.call("execute_sql", count.clone())["isError"] != true;
        assert!((0..500).any(|_| is_there(&mut server)), "{fault}");
        ok(&server.call("execute_sql", row));
        let count = server.call("execute_sql", count);
        assert_eq!(ok(&count)["rows"], json!([[1]]), "{fault}");
    }
}

#[test]
fn a_write_that_was_refused_for_now_is_sent_again_and_done_once() {
    let sandbox = sandbox(&["429,retry-after=1,method=POST,path=/api/2.0/sql/statements*,times=1"]);
    let mut server = server(&sandbox, &[]);
    let statement = "CREATE TABLE main.default.later AS SELECT 1 AS n";
    ok(&server.call("execute_sql", json!({ "statement": statement })));
    let count = server.call(
        "execute_sql",
        json!({ "statement": "SELECT count(*) FROM main.default.later" }),
    );
    assert_eq!(ok(&count)["rows"], json!([[1]]));
}

#[test]
fn a_file_whose_download_breaks_off_arrives_whole_or_not_at_all() {
    let sandbox = sandbox(&["truncate,method=GET,path=/api/2.0/workspace/export,times=1"]);
    let mut server = server(&sandbox, &[]);
    let path = json!({ "path": "/Shared/etl/ingest" });
    let first = server.call("export_notebook", path.clone());
    let second = server.call("export_notebook", path);
    assert_eq!(ok(&first), ok(&second));
}

#[test]
fn a_stall_without_end_ends_with_the_time_of_the_call_and_the_server_goes_on() {
    let sandbox = sandbox(&["stall,path=/api/2.0/sql/warehouses,times=1"]);
    let mut server = server(&sandbox, &[("DATABRICKS_MCP_CALL_TIMEOUT", "1")]);
    let stalled = server.call("list_warehouses", json!({}));
    assert_eq!(stalled["isError"], true);
    insta::assert_snapshot!(text(&stalled));
    ok(&server.call("list_warehouses", json!({})));
}

#[test]
fn a_service_that_refuses_everything_is_told_as_such() {
    let sandbox = sandbox(&["503,path=/api/2.0/sql/warehouses"]);
    let refused = server(&sandbox, &[]).call("list_warehouses", json!({}));
    assert_eq!(refused["isError"], true);
    assert!(
        text(&refused).contains("TEMPORARILY_UNAVAILABLE"),
        "{}",
        text(&refused)
    );
}

#[test]
fn many_calls_come_through_a_service_that_fails_now_and_then() {
    let sandbox = sandbox(&[
        "reset,path=/api/2.0/sql/warehouses,chance=0.2,seed=4",
        "503,path=/api/2.0/sql/warehouses,chance=0.2,seed=9",
    ]);
    let mut server = server(&sandbox, &[]);
    let ids: Vec<u64> = (0..30)
        .map(|_| {
            server.ask(
                "tools/call",
                json!({ "name": "list_warehouses", "arguments": {} }),
            )
        })
        .collect();
    for id in ids {
        let (answer, _) = server.answer(id);
        ok(&answer["result"]);
    }
}

/// Runs a statement with its result behind links, and returns its id.
fn with_links(sandbox: &Running, statement: &str) -> Value {
    let body = json!({
        "statement": statement, "warehouse_id": sandbox.warehouse_id(), "disposition": "EXTERNAL_LINKS",
        "wait_timeout": "50s",
    })
    .to_string();
    let host = sandbox.host().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "POST /api/2.0/sql/statements HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        sandbox.token(),
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let answer: Value = serde_json::from_str(body).unwrap();
    assert_eq!(answer["manifest"]["total_chunk_count"], 5, "{answer}");
    answer["statement_id"].clone()
}

#[test]
fn rows_arrive_once_and_in_order_although_links_expire_and_break_off_in_the_middle() {
    let sandbox = sandbox(&[
        "403,path=/presigned/results/*,skip=2,times=1",
        "reset,path=/presigned/results/*,skip=4,times=1",
    ]);
    let mut server = server(&sandbox, &[]);
    // Made by another client, which wants links.
    let id = with_links(
        &sandbox,
        "SELECT row_number() OVER (ORDER BY tpep_pickup_datetime) AS n FROM samples.nyctaxi.trips LIMIT 500",
    );
    let mut page = server.call(
        "get_statement",
        json!({ "statement_id": id, "max_rows": 500 }),
    );
    let mut rows = Vec::new();
    loop {
        let answer = ok(&page).clone();
        rows.extend(
            answer["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row[0].as_u64().unwrap()),
        );
        let Some(offset) = answer["next_offset"].as_u64() else {
            break;
        };
        page = server.call(
            "get_statement",
            json!({ "statement_id": answer["statement_id"], "offset": offset }),
        );
    }
    rows.sort_unstable();
    assert_eq!(rows, (1..=500).collect::<Vec<u64>>());
}

#[test]
fn a_result_that_has_expired_is_said_to_be_gone() {
    let sandbox = Sandbox::start(Options {
        result_seconds: 0,
        ..Options::default()
    })
    .unwrap();
    let mut server = server(&sandbox, &[]);
    let made = server.call("execute_sql", json!({ "statement": "SELECT 1 AS n" }));
    let id = ok(&made)["statement_id"].clone();
    // With no life at all the result is gone as soon as it is there.
    let gone = loop {
        let answer = server.call("get_statement", json!({ "statement_id": id }));
        let state = &answer["structuredContent"]["state"];
        if answer["isError"] == true || state == "CLOSED" {
            break answer;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    insta::assert_snapshot!(text(&gone).replace(id.as_str().unwrap(), "<id>"));
}
