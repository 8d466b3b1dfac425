//! The built binary over stdin and stdout, in both protocol eras.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use serde_json::{Value, json};
use support::binary::{Binary, Era, text};

const ERAS: [Era; 2] = [Era::Session, Era::Alone];
/// A workspace that receives no request.
const FAR: [(&str, &str); 2] = [
    ("DATABRICKS_HOST", "http://127.0.0.1:9"),
    ("DATABRICKS_TOKEN", "x"),
];

fn names(answer: &Value) -> Vec<String> {
    let tools = answer["result"]["tools"].as_array().unwrap();
    tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_handshake_tells_who_this_is() {
    let mut binary = Binary::start(Era::Alone, &[]);
    let hello = binary.request("server/discover", json!({}));
    insta::assert_snapshot!(format!("{:#}", hello["result"]));
    assert!(hello["result"]["instructions"].as_str().unwrap().len() < 2_048);
}

#[test]
fn without_credentials_it_starts_lists_and_says_what_to_set() {
    for era in ERAS {
        let mut binary = Binary::start(era, &[]);
        let listed = binary.request("tools/list", json!({}));
        assert!(names(&listed).len() >= 15, "{era:?}");
        let result = binary.call("list_jobs", json!({}));
        assert_eq!(result["isError"], true);
        insta::assert_snapshot!("nothing_configured", text(&result));
        let (status, _) = binary.close();
        assert!(status.success(), "{era:?}: {status}");
    }
}

#[test]
fn the_list_is_one_page_and_the_same_in_every_process() {
    for era in ERAS {
        let list = || {
            let answer = Binary::start(era, &[]).request("tools/list", json!({}));
            assert!(answer["result"].get("nextCursor").is_none());
            answer["result"].to_string()
        };
        assert_eq!(list(), list(), "{era:?}");
    }
}

#[test]
fn the_newer_era_is_told_how_long_the_list_holds() {
    let answer = Binary::start(Era::Alone, &[]).request("tools/list", json!({}));
    assert_eq!(answer["result"]["ttlMs"], 3_600_000);
    assert_eq!(answer["result"]["cacheScope"], "public");
}

#[test]
fn a_malformed_call_is_a_protocol_error_and_a_wrong_name_a_tool_error() {
    let mut binary = Binary::start(Era::Session, &[]);
    let malformed = binary.request("tools/call", json!({ "name": 7 }));
    assert_eq!(malformed["error"]["code"], -32602, "{malformed}");
    // It is the params that are wrong, not the method.
    for method in [
        "prompts/get",
        "resources/read",
        "resources/subscribe",
        "completion/complete",
        "tasks/get",
        "tasks/cancel",
    ] {
        let malformed = binary.request(method, json!({}));
        assert_eq!(malformed["error"]["code"], -32602, "{malformed}");
        let message = malformed["error"]["message"].as_str().unwrap();
        assert!(message.contains(method), "{message}");
    }
    let unknown = binary.request("prompts/put", json!({}));
    assert_eq!(unknown["error"]["code"], -32601, "{unknown}");
    let result = binary.call("list_job", json!({}));
    assert_eq!(result["isError"], true);
    assert_eq!(
        text(&result),
        "unknown tool: `list_job`\nhint: did you mean `list_jobs`?"
    );
}

#[test]
fn lines_that_are_no_json_do_not_end_it() {
    let mut binary = Binary::start(Era::Session, &[]);
    binary.send_line("this is not JSON");
    binary.send_line("");
    assert!(names(&binary.request("tools/list", json!({}))).contains(&"execute_sql".to_owned()));
}

#[test]
fn a_client_that_only_looks_in_is_no_fault() {
    let (status, _) = Binary::start(Era::Alone, &[]).close();
    assert!(status.success(), "closed at once: {status}");
    let mut binary = Binary::start(Era::Alone, &[]);
    binary.request("server/discover", json!({}));
    let (status, _) = binary.close();
    assert!(status.success(), "closed after discover: {status}");
}

#[cfg(unix)]
#[test]
fn it_ends_on_a_signal() {
    // A signal that comes right after the first answer would kill a server whose handlers come later, though not
    // every time.
    for _ in 0..8 {
        let binary = Binary::start(Era::Session, &[]);
        let status = std::process::Command::new("kill")
            .arg(binary.id().to_string())
            .status()
            .unwrap();
        assert!(status.success());
        let (status, log) = binary.end();
        assert!(status.success(), "{status}: {log}");
    }
}

#[test]
fn a_wrong_call_is_answered_so_that_the_next_one_is_right() {
    for era in ERAS {
        let mut binary = Binary::start(era, &FAR);
        for (tool, arguments, wanted) in [
            ("list_job", json!({}), "did you mean `list_jobs`?"),
            (
                "create_pipeline",
                json!({}),
                "start the server with `--toolsets default,pipelines`",
            ),
            // An alias answers like its tool.
            (
                "execute_dbsql",
                json!({ "sql": "SELECT 1" }),
                "missing argument `statement`: One statement in Databricks SQL",
            ),
            (
                "run_job",
                json!({ "job_idd": 1 }),
                "unknown argument `job_idd`, did you mean `job_id`?",
            ),
            (
                "health",
                json!({ "x": 1 }),
                "unknown argument `x`; it takes `detailed`",
            ),
            (
                "run_job",
                json!({ "job_id": "abc" }),
                "`job_id`: expected an integer, got a string",
            ),
            (
                "get_statement",
                json!({ "statement_id": "s", "max_rows": 0 }),
                "`max_rows`: at least 1, got 0",
            ),
            (
                "import_notebook",
                json!({ "path": "/a", "content": "x", "language": "PYTON" }),
                "unknown value \"PYTON\", did you mean `PYTHON`? it takes `PYTHON`, `R`, `SCALA`, `SQL`",
            ),
        ] {
            let result = binary.call(tool, arguments);
            assert_eq!(result["isError"], true);
            let text = text(&result);
            assert!(text.contains(wanted), "{era:?} {wanted}: {text}");
        }
    }
}
