//! The end of long work is posted to the URL of the settings, signed, until it is taken, and holds nothing but ids and a
//! word for the state.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use serde_json::{Value, json};
use support::binary::{Binary, Era};
use support::misbehaving::{Act, Misbehaving, Seen};

const SECRET: &str = "marked-secret-of-the-webhook";
const TOKEN: &str = "marked-token-4711";

/// A workspace whose run goes on until it was asked for a few times, and whose statements end at once.
async fn workspace() -> Misbehaving {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    Misbehaving::start(move |_, seen| match seen.line() {
        line if line.contains("/jobs/run-now") => Act::ok(r#"{"run_id": 4711}"#),
        line if line.contains("/jobs/runs/get?") => {
            let times = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let state = if times < 2 {
                json!({ "life_cycle_state": "RUNNING", "state_message": "marked_message" })
            } else {
                json!({ "life_cycle_state": "TERMINATED", "result_state": "FAILED", "state_message": "marked_message" })
            };
            Act::ok(&json!({
                "run_id": 4711, "state": state, "run_page_url": "https://acme.example/#job/1/run/4711",
                "run_name": "marked_name",
            }).to_string())
        }
        line if line.contains("/sql/statements") => Act::ok(&json!({
            "statement_id": "s1", "status": { "state": "SUCCEEDED" },
            "manifest": {
                "format": "JSON_ARRAY", "total_row_count": 1, "truncated": false,
                "schema": { "columns": [{ "name": "n", "type_text": "STRING" }] },
            },
            "result": { "data_array": [["marked_row"]], "row_count": 1 },
        }).to_string()),
        _ => Act::ok("{}"),
    })
    .await
}

fn server(host: &str, webhook: &str, more: &[(&str, &str)]) -> Binary {
    let mut variables = vec![
        ("DATABRICKS_HOST", host),
        ("DATABRICKS_TOKEN", TOKEN),
        ("DATABRICKS_WAREHOUSE_ID", "w1"),
        ("DATABRICKS_MCP_NOTIFY", webhook),
        ("DATABRICKS_MCP_NOTIFY_SECRET", SECRET),
    ];
    variables.extend(more);
    Binary::start(Era::Session, &variables)
}

/// Waits until the webhook has got so many messages.
fn messages(webhook: &Misbehaving, count: usize) -> Vec<Seen> {
    let since = Instant::now();
    while webhook.seen().len() < count {
        assert!(since.elapsed().as_secs() < 60, "a message comes");
        std::thread::sleep(Duration::from_millis(5));
    }
    webhook.seen()
}

/// The message, whose signature must be right and which must hold nothing that it should not.
fn opened(seen: &Seen) -> Value {
    let [id, at, signed] = ["id", "timestamp", "signature"]
        .map(|name| seen.header(&format!("webhook-{name}")).unwrap());
    let tag = BASE64_STANDARD
        .decode(signed.strip_prefix("v1,").unwrap())
        .unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let text = format!("{id}.{at}.{}", seen.body);
    hmac::verify(&key, text.as_bytes(), &tag).unwrap();
    assert!(at.parse::<u64>().unwrap() > 1_700_000_000);
    assert!(
        !seen.body.contains("marked") && !seen.head.contains("marked"),
        "{seen:?}"
    );
    assert_eq!(seen.header("authorization"), None);
    serde_json::from_str(&seen.body).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_outlasts_its_call_is_told_when_it_ends_until_the_webhook_takes_it() {
    let service = workspace().await;
    let webhook = Misbehaving::acts([Act::status(500, "no"), Act::ok("")]).await;
    let mut binary = server(&service.host, &format!("{}/hook", webhook.host), &[]);
    let begun = binary.call("run_job", json!({ "job_id": 1, "wait": 0 }));
    assert_eq!(
        begun["structuredContent"]["resume"]["arguments"]["run_id"]
            .to_string()
            .trim_matches('"'),
        "4711",
        "{begun}"
    );
    let seen = messages(&webhook, 2);
    assert_eq!(seen[0].line(), "POST /hook");
    assert_eq!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
    let message = opened(&seen[1]);
    assert_eq!(opened(&seen[0]), message);
    assert_eq!(message["type"], "work.ended");
    let data = &message["data"];
    let known = [
        ("kind", json!("run")),
        ("id", json!("4711")),
        ("state", json!("FAILED")),
        ("outcome", json!("failure")),
        ("tool", json!("run_job")),
        (
            "workspace",
            json!(service.host.trim_start_matches("http://")),
        ),
        (
            "request_id",
            begun["_meta"]["databricks-mcp/request_id"].clone(),
        ),
        ("link", json!("https://acme.example/#job/1/run/4711")),
    ];
    for (name, value) in known {
        assert_eq!(data[name], value, "{message}");
    }
    assert!(data["seconds"].is_f64());
    let (status, log) = binary.close();
    assert!(status.success());
    assert!(log.contains("the webhook is told"), "{log}");
    assert!(!log.contains("marked"), "{log}");
    assert_eq!(webhook.seen().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_waits_long_is_told_and_a_short_one_is_not() {
    let service = workspace().await;
    let webhook = Misbehaving::acts([Act::ok("")]).await;
    let statement = json!({ "statement": "SELECT 'marked_statement'" });
    let mut short = server(&service.host, &webhook.host, &[]);
    short.call("execute_sql", statement.clone());
    assert!(short.close().0.success());
    let mut long = server(
        &service.host,
        &webhook.host,
        &[("DATABRICKS_MCP_NOTIFY_AFTER", "0")],
    );
    long.call("execute_sql", statement);
    // What has just ended is told also where the client goes at once.
    assert!(long.close().0.success());
    let seen = messages(&webhook, 1);
    assert_eq!(seen.len(), 1);
    let data = &opened(&seen[0])["data"];
    assert_eq!(
        (&data["kind"], &data["id"]),
        (&json!("statement"), &json!("s1"))
    );
    assert_eq!(
        (&data["state"], &data["outcome"]),
        (&json!("SUCCEEDED"), &json!("success"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_is_told_by_its_id_alone() {
    let service = workspace().await;
    let webhook = Misbehaving::acts([Act::ok("")]).await;
    let more = [
        ("DATABRICKS_MCP_NOTIFY_AFTER", "0"),
        ("DATABRICKS_MCP_TOOLSETS", "files,volumes"),
    ];
    let mut binary = server(&service.host, &webhook.host, &more);
    // As long as the answers of the service, by which the upload is looked at.
    let arguments = json!({ "path": "/Volumes/marked/a/b/marked.txt", "content": "ab" });
    let answer = binary.call("upload_file", arguments);
    assert!(binary.close().0.success());
    let seen = messages(&webhook, 1);
    let data = &opened(&seen[0])["data"];
    assert_eq!(
        (&data["kind"], &data["tool"]),
        (&json!("transfer"), &json!("upload_file"))
    );
    let (state, outcome) = match answer["isError"] == true {
        true => ("failed", "failure"),
        false => ("done", "success"),
    };
    assert_eq!(
        (&data["state"], &data["outcome"]),
        (&json!(state), &json!(outcome))
    );
    assert_eq!(data["ids"], json!({ "transfer_id": data["id"] }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_is_not_followed_and_a_refusal_is_final() {
    let service = workspace().await;
    let elsewhere = Misbehaving::acts([Act::ok("")]).await;
    for act in [
        Act::status(302, "").with("location", elsewhere.host.clone()),
        Act::status(410, ""),
    ] {
        let webhook = Misbehaving::acts([act]).await;
        let mut binary = server(
            &service.host,
            &webhook.host,
            &[("DATABRICKS_MCP_NOTIFY_AFTER", "0")],
        );
        binary.call("execute_sql", json!({ "statement": "SELECT 1" }));
        let log = binary.close().1;
        assert!(log.contains("the webhook refuses a message"), "{log}");
        assert_eq!(webhook.seen().len(), 1);
    }
    assert_eq!(elsewhere.seen().len(), 0);
}

/// A start in this folder, with these variables.
fn start_in(folder: &Path, variables: &[(&str, &str)]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_databricks-mcp"))
        .arg("start")
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn the_open_folder_sets_no_webhook_and_one_in_the_clear_or_unsigned_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    for (url, secret, says) in [
        ("http://acme.example/marked", SECRET, "only https"),
        (
            "https://acme.example/marked",
            "",
            "`DATABRICKS_MCP_NOTIFY_SECRET` cannot be used",
        ),
    ] {
        let variables = [
            ("DATABRICKS_MCP_NOTIFY", url),
            ("DATABRICKS_MCP_NOTIFY_SECRET", secret),
        ];
        let (started, said) = start_in(folder.path(), &variables);
        assert!(
            !started && said.contains(says) && !said.contains("marked"),
            "{said}"
        );
    }
    std::fs::write(
        folder.path().join(".env"),
        "DATABRICKS_MCP_NOTIFY=https://evil.example\n",
    )
    .unwrap();
    let (started, said) = start_in(folder.path(), &[]);
    // It is left out: with it, the missing secret would have ended the start.
    assert!(started && said.contains("left out"), "{said}");
    std::fs::write(
        folder.path().join("databricks-mcp.yaml"),
        "notify: https://evil.example\n",
    )
    .unwrap();
    let (started, said) = start_in(folder.path(), &[]);
    assert!(
        !started && said.contains("may not be set by a file of the working directory"),
        "{said}"
    );
}
