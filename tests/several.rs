//! Promise: `api_call` takes several argument sets of an operation that reads, answers each alone, in order and within
//! the room of one answer, and sends nothing if one of them would do more than read. The built binary against the
//! sandbox.
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

fn stage() -> (Running, Binary) {
    let sandbox = Sandbox::start(Options {
        speed: 1_000.0,
        check_answers: true,
        ..Options::default()
    })
    .unwrap();
    let variables = [
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
    ];
    let server = Binary::start(Era::Session, &variables);
    (sandbox, server)
}

/// Makes a job of this name and returns its id.
fn job(server: &mut Binary, name: &str) -> Value {
    let task = json!({ "task_key": "t", "notebook_task": { "notebook_path": "/Shared/etl" } });
    let made = server.call("create_job", json!({ "name": name, "tasks": [task] }));
    assert_ne!(made["isError"], true, "{made}");
    made["structuredContent"]["job_id"].clone()
}

#[test]
fn each_set_is_answered_alone_and_in_order() {
    let (_sandbox, mut server) = stage();
    let ids: Vec<Value> = (0..12)
        .map(|nth| job(&mut server, &format!("job {nth}")))
        .collect();
    let mut sets: Vec<Value> = ids.iter().map(|id| json!({ "job_id": id })).collect();
    // One that is not there, one that does not fit, one that names nothing.
    sets.insert(3, json!({ "job_id": 987_654_321 }));
    sets.insert(5, json!({ "jb_id": 1 }));
    let answer = server.call(
        "api_call",
        json!({ "operation": "jobs.get", "arguments_list": sets, "fields": ["job_id", "settings.name"] }),
    );
    assert_ne!(answer["isError"], true, "{answer}");
    let results = answer["structuredContent"]["results"].as_array().unwrap();
    assert_eq!(results.len(), 14);
    let mut named = Vec::new();
    for (nth, result) in results.iter().enumerate() {
        assert_eq!(result["nth"], nth);
        match nth {
            3 => assert!(
                result["error"].as_str().unwrap().contains("987654321"),
                "{result}"
            ),
            5 => assert!(
                result["error"].as_str().unwrap().contains("jb_id"),
                "{result}"
            ),
            _ => {
                assert_eq!(result["answer"].as_object().unwrap().len(), 2, "{result}");
                named.push(result["answer"]["settings.name"].clone());
            }
        }
    }
    let wanted: Vec<Value> = (0..12).map(|nth| json!(format!("job {nth}"))).collect();
    assert_eq!(named, wanted);
    assert_eq!(answer["structuredContent"]["failed"], 2);
    assert!(text(&answer).contains("12 of 14 answered"), "{answer}");
}

#[test]
fn a_set_that_is_none_is_told_and_the_others_are_answered() {
    let (_sandbox, mut server) = stage();
    let id = job(&mut server, "there");
    let sets = json!([{ "job_id": id }, 7, "x", null, [id], format!("{{\"job_id\": {id}}}"), { "job_id": id }]);
    for sets in [sets.clone(), json!(sets.to_string())] {
        let call =
            json!({ "operation": "jobs.get", "arguments_list": sets, "fields": ["settings.name"] });
        let answer = server.call("api_call", call);
        assert_ne!(answer["isError"], true, "{answer}");
        let results = answer["structuredContent"]["results"].as_array().unwrap();
        assert_eq!(results.len(), 7, "{answer}");
        for (nth, result) in results.iter().enumerate() {
            if [0, 5, 6].contains(&nth) {
                assert_eq!(result["answer"]["settings.name"], "there", "{result}");
            } else {
                let said = result["error"].as_str().unwrap();
                assert!(said.contains("a set is an object"), "{result}");
            }
        }
        assert_eq!(answer["structuredContent"]["failed"], 4);
    }
    // What would do more than read is refused as before.
    let call = json!({ "operation": "jobs.delete", "arguments_list": [7, { "job_id": id }] });
    assert_eq!(server.call("api_call", call)["isError"], true);
}

#[test]
fn what_all_sets_share_is_said_once_and_a_list_pages_within_its_share() {
    let (_sandbox, mut server) = stage();
    for nth in 0..60 {
        job(&mut server, &format!("{nth} {}", "x".repeat(200)));
    }
    let answer = server.call(
        "api_call",
        json!({ "operation": "jobs.list", "arguments": { "limit": 50 },
                "arguments_list": vec![json!({}); 10] }),
    );
    assert_ne!(answer["isError"], true, "{answer}");
    let shown = answer["structuredContent"].to_string().len();
    assert!(shown < 21_000, "{shown}");
    assert!(text(&answer).len() < 24_000, "{}", text(&answer).len());
    let first = &answer["structuredContent"]["results"][0]["answer"];
    let rows = first["jobs"].as_array().unwrap().len();
    assert!(rows > 0 && rows < 50, "{rows}");
    // It goes on exactly behind what was shown.
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = server.call(
        "api_call",
        json!({ "operation": "jobs.list", "arguments": { "limit": 50, "cursor": cursor } }),
    );
    let whole = server.call(
        "api_call",
        json!({ "operation": "jobs.list", "arguments": { "limit": 50 }, "fields": ["job_id"] }),
    );
    assert_eq!(
        rest["structuredContent"]["jobs"][0]["job_id"],
        whole["structuredContent"]["jobs"][rows]["job_id"]
    );
}

#[test]
fn a_set_that_would_do_more_than_read_stops_all_before_anything_is_sent() {
    let (_sandbox, mut server) = stage();
    let id = job(&mut server, "stays");
    for (operation, arguments) in [
        ("jobs.delete", json!({ "job_id": id })),
        ("jobs.run_now", json!({ "job_id": id })),
        ("secrets.get_secret", json!({ "scope": "s", "key": "k" })),
        (
            "statement_execution.execute_statement",
            json!({ "statement": "SELECT 1", "warehouse_id": "w" }),
        ),
    ] {
        let refused = server.call(
            "api_call",
            json!({ "operation": operation, "arguments_list": [arguments], "confirm": true }),
        );
        assert_eq!(refused["isError"], true, "{refused}");
        assert!(text(&refused).contains("only read"), "{refused}");
    }
    let runs = server.call("list_job_runs", json!({ "job_id": id }));
    assert_eq!(runs["structuredContent"]["runs"], json!([]), "{runs}");
    let kept = server.call("get_job", json!({ "job_id": id }));
    assert_ne!(kept["isError"], true, "{kept}");
    let many = server.call(
        "api_call",
        json!({ "operation": "jobs.list", "arguments_list": vec![json!({}); 51] }),
    );
    assert_eq!(many["isError"], true, "{many}");
}
