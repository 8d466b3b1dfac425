//! Promise: an answer is as large as the user or the call says, and comes as text, as structured content or as both.
//! The built binary against the sandbox.
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

fn stage(more: &[(&str, &str)]) -> (Running, Binary) {
    let sandbox = Sandbox::start(Options {
        speed: 1_000.0,
        ..Options::default()
    })
    .unwrap();
    let mut variables = vec![
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
    ];
    variables.extend(more);
    let server = Binary::start(Era::Session, &variables);
    (sandbox, server)
}

const MANY: &str =
    "SELECT value AS n, 'some words to fill the row' AS t FROM generate_series(1, 9000)";

/// Bytes of an answer's text and of its structured content.
fn sizes(answer: &Value) -> (usize, usize) {
    assert_ne!(answer["isError"], true, "{answer}");
    (
        text(answer).len(),
        answer["structuredContent"].to_string().len(),
    )
}

#[test]
fn a_call_says_how_large_its_answer_may_be_and_the_rest_is_read_on() {
    let (_sandbox, mut server) = stage(&[]);
    let mut sql = |tokens: u64| {
        let arguments = json!({ "statement": MANY, "max_rows": 9000, "max_tokens": tokens });
        server.call("execute_sql", arguments)
    };
    let (small, large) = (sql(500), sql(20_000));
    let ((_, few), (_, many)) = (sizes(&small), sizes(&large));
    assert!((1_000..2_600).contains(&few), "{few}");
    assert!((60_000..81_000).contains(&many), "{many}");
    let next = small["structuredContent"]["next_offset"].as_u64().unwrap();
    let id = small["structuredContent"]["statement_id"].clone();
    let rest = server.call(
        "get_statement",
        json!({ "statement_id": id, "offset": next, "max_rows": 1 }),
    );
    assert_eq!(rest["structuredContent"]["rows"][0][0], next + 1);

    let list =
        |tokens: u64| json!({ "operation": "clusters.list_node_types", "max_tokens": tokens });
    let small = server.call("api_call", list(300));
    let (shown, structured) = sizes(&small);
    assert!(
        shown <= 1_300 && structured <= 1_300,
        "{shown} {structured}"
    );
    // What is cut is named.
    assert!(text(&small).contains(" of "), "{}", text(&small));

    let refused = server.call("list_jobs", json!({ "max_tokens": 3 }));
    assert_eq!(refused["isError"], true);
    assert!(text(&refused).contains("max_tokens"), "{refused}");
}

#[test]
fn the_user_sets_the_size_of_all_answers() {
    let (_sandbox, mut server) = stage(&[("DATABRICKS_MCP_MAX_TOKENS", "500")]);
    let (_, size) = sizes(&server.call(
        "execute_sql",
        json!({ "statement": MANY, "max_rows": 9000 }),
    ));
    assert!((1_000..2_600).contains(&size), "{size}");
    let more = json!({ "statement": MANY, "max_rows": 9000, "max_tokens": 1000 });
    let (_, size) = sizes(&server.call("execute_sql", more));
    assert!((3_000..4_600).contains(&size), "{size}");
}

#[test]
fn a_client_is_sent_text_or_structured_content_or_both() {
    let listed = |server: &mut Binary| -> Vec<Value> {
        let tools = server.request("tools/list", json!({}));
        tools["result"]["tools"].as_array().unwrap().clone()
    };
    for (answers, has_text, has_structured) in [
        ("both", true, true),
        ("text", true, false),
        ("structured", false, true),
    ] {
        let (_sandbox, mut server) = stage(&[("DATABRICKS_MCP_ANSWERS", answers)]);
        let tools = listed(&mut server);
        let schemas = tools
            .iter()
            .filter(|tool| tool.get("outputSchema").is_some())
            .count();
        assert_eq!(
            schemas,
            if has_structured { tools.len() } else { 0 },
            "{answers}"
        );
        let answer = server.call(
            "execute_sql",
            json!({ "statement": "SELECT 'here it is' AS t" }),
        );
        assert_eq!(
            text(&answer).contains("here it is"),
            has_text,
            "{answers}: {answer}"
        );
        assert!(!text(&answer).is_empty(), "{answers}");
        assert_eq!(
            answer.get("structuredContent").is_some(),
            has_structured,
            "{answers}: {answer}"
        );
        // An error is told as text to all.
        let error = server.call("get_job", json!({ "job_id": 987_654 }));
        assert!(text(&error).contains("987654"), "{answers}: {error}");
    }
    let server = Binary::start(Era::Alone, &[("DATABRICKS_MCP_ANSWERS", "loud")]);
    let (status, log) = server.end();
    assert!(!status.success());
    assert!(
        log.contains("`loud` is not `both`, `text` or `structured`"),
        "{log}"
    );
}
