//! What the built binary shows beside its answers' facts: its log, the start that fails, text in a terminal.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::process::{Command, Stdio};

use serde_json::json;
use support::binary::{Binary, Era};
use support::misbehaving::{Act, Misbehaving};

/// The log of a server at `level` after calls that are refused, of which the service refuses one in its own words.
fn log_at(level: &str) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let refusal = json!({ "error_code": "BAD", "message": "marked_statement, marked_row" });
    let service = runtime.block_on(Misbehaving::acts([Act::status(400, &refusal.to_string())]));
    let variables = [
        ("DATABRICKS_HOST", service.host.as_str()),
        ("DATABRICKS_TOKEN", "x"),
        ("DATABRICKS_MCP_LOG", level),
    ];
    let mut binary = Binary::start(Era::Session, &variables);
    for (tool, arguments) in [
        (
            "execute_sql",
            json!({ "statement": "SELECT 'marked_statement'", "warehouse_id": "w" }),
        ),
        (
            "execute_sql",
            json!({ "statement": "DROP TABLE marked_statement" }),
        ),
        ("get_job", json!({ "marked_argument": "marked_argument" })),
        ("marked_tool", json!({})),
    ] {
        assert_eq!(binary.call(tool, arguments)["isError"], true, "{tool}");
    }
    binary.request("tools/marked_method", json!({ "marked_argument": 1 }));
    binary.close().1
}

#[test]
fn no_line_of_the_log_holds_what_a_call_says() {
    for level in [
        "info",
        "warn",
        "info,rmcp=trace,rmcp::service=trace,[serve_inner]=trace",
    ] {
        let log = log_at(level);
        assert!(log.contains("refused"), "{level}: {log}");
        assert!(!log.contains("marked"), "{level}: {log}");
    }
    // For whoever looks for the cause, the words are one level below.
    assert!(log_at("debug").contains("marked"));
}

/// What a start that fails says, in this folder and with these variables.
fn start_in(folder: &std::path::Path, variables: &[(&str, &str)]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_databricks-mcp"))
        .arg("start")
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), said)
}

#[test]
fn a_word_that_is_no_log_level_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    for word in ["loud", "info,loud", "databricks_mcp=loud"] {
        let (started, said) = start_in(folder.path(), &[("DATABRICKS_MCP_LOG", word)]);
        assert!(!started, "{word}");
        assert!(
            said.contains("`DATABRICKS_MCP_LOG` cannot be used"),
            "{said}"
        );
    }
    let (started, said) = start_in(
        folder.path(),
        &[("DATABRICKS_MCP_LOG", "databricks_mcp=debug")],
    );
    assert!(started, "{said}");
}

#[test]
fn a_token_in_the_wrong_setting_is_not_repeated_by_the_start_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let token = format!("dapi{}", "0123456789abcdef".repeat(2));
    for name in ["DATABRICKS_MCP_LOG", "DATABRICKS_MCP_TOOLSETS"] {
        let (started, said) = start_in(folder.path(), &[(name, &token)]);
        assert!(!started && said.contains("[redacted]"), "{said}");
        assert!(!said.contains(&token), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_dot_env_that_is_no_small_file_is_not_read_and_the_log_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    let (started, said) = start_in(folder.path(), &[]);
    assert!(started && said.contains("it is no regular file"), "{said}");
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, format!("A=1\n#{}", "x".repeat(64 << 10))).unwrap();
    let (started, said) = start_in(folder.path(), &[]);
    assert!(
        started && said.contains("it is larger than 64 KiB"),
        "{said}"
    );
}

#[test]
fn no_text_of_an_answer_steers_a_terminal() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let name = "a\u{1b}[2J\u{0}\tb\u{9b}c\nd";
    let jobs = json!({ "jobs": [{ "job_id": 1, "settings": { "name": name } }] });
    let refusal = json!({ "error_code": "BAD", "message": name });
    let service = runtime.block_on(Misbehaving::acts([
        Act::ok(&jobs.to_string()),
        Act::status(400, &refusal.to_string()),
    ]));
    let variables = [
        ("DATABRICKS_HOST", service.host.as_str()),
        ("DATABRICKS_TOKEN", "x"),
    ];
    let mut binary = Binary::start(Era::Session, &variables);
    for _ in 0..2 {
        let result = binary.call("list_jobs", json!({}));
        let text = support::binary::text(&result);
        assert!(text.contains("\\u001b[2J\\u0000"), "{text}");
        let steers = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(!text.contains(steers), "{text:?}");
    }
}
