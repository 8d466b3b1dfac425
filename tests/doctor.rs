//! `doctor` over the built binary: what it finds, and the next step, for each thing that goes wrong in practice.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::process::Command;
use std::time::{Duration, SystemTime};

use databricks_sandbox::{Options, Running, Sandbox};
use regex::Regex;
use serde_json::{Value, json};
use support::misbehaving::{Act, Misbehaving, Seen};
use support::tls::Service;

const TOKEN: &str = "dapi0123456789abcdef0123456789abcdef";

/// Runs `doctor` with only these variables; the outcome without what differs from run to run.
fn doctor(args: &[&str], variables: &[(&str, &str)]) -> (String, bool) {
    let home = tempfile::tempdir().unwrap();
    let run = || {
        let output = Command::new(env!("CARGO_BIN_EXE_databricks-mcp"))
            .arg("doctor")
            .args(args)
            .env_clear()
            .env("HOME", home.path())
            .envs(variables.iter().copied())
            .current_dir(home.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{text}");
        (text, output.status.success())
    };
    let (text, ok) = match tokio::runtime::Handle::try_current() {
        Ok(_) => tokio::task::block_in_place(run),
        Err(_) => run(),
    };
    for (_, value) in variables {
        assert!(
            !value.starts_with("dapi") || !text.contains(value),
            "no secret is shown: {text}"
        );
    }
    // The lines after one that is no success say what to do.
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("fail ") || line.starts_with("warn ") {
            let more = std::iter::from_fn(|| lines.next_if(|line| line.starts_with(' ')));
            assert!(
                more.collect::<String>().contains('→'),
                "{line} is all: {text}"
            );
        }
    }
    let mut text = text.replace(home.path().to_str().unwrap(), "[HOME]");
    for (pattern, instead) in [
        (r"(127\.0\.0\.1|localhost):\d+", "$1:[PORT]"),
        (r"port \d{4,}", "port [PORT]"),
        (r"reached at [0-9a-f.:]+", "reached at [ADDRESS]"),
        (r"is not found: .*", "is not found: [REASON]"),
        (
            r"[Cc]onnection refused \(os error \d+\)",
            "connection refused",
        ),
        (r"request id: [\w-]+", "request id: [ID]"),
    ] {
        text = Regex::new(pattern)
            .unwrap()
            .replace_all(&text, instead)
            .into_owned();
    }
    (text, ok)
}

fn sandbox() -> Running {
    Sandbox::start(Options::default()).unwrap()
}

fn over(service: &Misbehaving, more: &[(&str, &str)]) -> (String, bool) {
    let mut variables = vec![
        ("DATABRICKS_HOST", service.host.as_str()),
        ("DATABRICKS_TOKEN", TOKEN),
    ];
    variables.extend(more);
    doctor(&[], &variables)
}

/// A small workspace: it refuses what has no credential, and answers the rest by `script`, or as one in which all is
/// well.
async fn workspace(script: impl Fn(&str) -> Option<Act> + Send + Sync + 'static) -> Misbehaving {
    Misbehaving::start(move |_, seen: &Seen| {
        let line = seen.line();
        if let Some(act) = script(line) {
            return act;
        }
        if seen.header("authorization").is_none() {
            return refusal(401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API.");
        }
        if line.contains("/scim/v2/Me") {
            let me = json!({
                "userName": "ann@acme.com", "active": true,
                "groups": [{ "display": "users" }], "entitlements": [{ "value": "workspace-access" }],
            });
            return Act::ok(&me.to_string());
        }
        if line.contains("/sql/warehouses") {
            return warehouse(line, "RUNNING");
        }
        Act::ok("{}")
    })
    .await
}

fn refusal(status: u16, code: &str, message: &str) -> Act {
    let body = json!({ "error_code": code, "message": message });
    Act::status(status, &body.to_string()).with("content-type", "application/json")
}

fn warehouse(line: &str, state: &str) -> Act {
    let one = json!({ "id": "a1", "name": "small", "state": state });
    let body = if line.ends_with("/a1") {
        one
    } else {
        json!({ "warehouses": [one] })
    };
    Act::ok(&body.to_string())
}

#[test]
fn a_workspace_in_which_all_is_well_passes() {
    let sandbox = sandbox();
    let variables = [
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
    ];
    let (text, ok) = doctor(&[], &variables);
    insta::assert_snapshot!("all_is_well", text);
    assert!(ok);
    let (json, ok) = doctor(&["--json", "--toolsets", "all"], &variables);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert!(ok && report["ok"] == true, "{json}");
    let checks = report["checks"].as_array().unwrap();
    let reads = checks
        .iter()
        .filter(|check| check["found"].as_str().unwrap().ends_with(" reads"));
    assert!(reads.count() > 20, "{json}");
}

#[test]
fn without_settings_it_says_what_to_set() {
    let (text, ok) = doctor(&[], &[]);
    insta::assert_snapshot!("no_settings", text);
    assert!(!ok);
}

#[test]
fn a_host_without_a_credential_is_reached_before_it_is_told_what_lacks() {
    let sandbox = sandbox();
    let (text, ok) = doctor(&[], &[("DATABRICKS_HOST", sandbox.host())]);
    assert!(
        !ok && text.contains("fail     credential   no credential for"),
        "{text}"
    );
    assert!(
        text.contains("→ ") && text.contains("ok       workspace"),
        "{text}"
    );
}

#[test]
fn every_bad_value_is_told_at_once() {
    let (text, ok) = doctor(
        &["--toolsets", "sqll"],
        &[
            ("DATABRICKS_MCP_IN_FLIGHT", "many"),
            ("DATABRICKS_MCP_ON_DISCONNECT", "stay"),
            ("DATABRICKS_HOST", "https://a.invalid"),
        ],
    );
    insta::assert_snapshot!("bad_values", text);
    assert!(!ok);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.yaml");
    std::fs::write(&file, "read_only: [\n").unwrap();
    let (text, ok) = doctor(&["--config", file.to_str().unwrap()], &[]);
    let text = text.replace(folder.path().to_str().unwrap(), "[FOLDER]");
    assert!(
        !ok && text.starts_with("fail") && text.contains("[FOLDER]/broken.yaml"),
        "{text}"
    );
}

#[test]
fn a_host_that_is_not_found_is_told() {
    let variables = [
        ("DATABRICKS_HOST", "https://no-such-workspace.invalid"),
        ("DATABRICKS_TOKEN", TOKEN),
    ];
    let (text, ok) = doctor(&[], &variables);
    insta::assert_snapshot!("host_not_found", text);
    assert!(!ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_not_databricks_is_told_and_gets_no_credential() {
    let service = Misbehaving::start(|_, _| {
        Act::status(200, "<html>Welcome</html>").with("content-type", "text/html; charset=utf-8")
    })
    .await;
    let (text, ok) = over(&service, &[]);
    insta::assert_snapshot!("host_not_databricks", text);
    assert!(!ok);
    assert!(
        service
            .seen()
            .iter()
            .all(|seen| seen.header("authorization").is_none())
    );
}

#[test]
fn a_wrong_token_is_told() {
    let sandbox = sandbox();
    let (text, ok) = doctor(
        &[],
        &[
            ("DATABRICKS_HOST", sandbox.host()),
            ("DATABRICKS_TOKEN", TOKEN),
        ],
    );
    insta::assert_snapshot!("wrong_token", text);
    assert!(!ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_token_is_told_in_the_words_of_the_service() {
    let service = workspace(|line| {
        line.contains("/scim/v2/Me")
            .then(|| refusal(403, "FORBIDDEN", "Invalid access token: token is expired."))
    })
    .await;
    let (text, ok) = over(&service, &[]);
    insta::assert_snapshot!("expired_token", text);
    assert!(!ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_whose_secret_is_refused_is_told_at_its_credential() {
    let service = Misbehaving::start(|_, seen: &Seen| {
        if seen.line().contains("/.well-known/") {
            let host = seen.header("host").unwrap_or_default();
            let endpoints = json!({
                "token_endpoint": format!("http://{host}/oidc/v1/token"),
                "authorization_endpoint": format!("http://{host}/oidc/v1/authorize"),
            });
            return Act::ok(&endpoints.to_string());
        }
        let refused = json!({ "error": "invalid_client", "error_description": "Client authentication failed" });
        Act::status(401, &refused.to_string())
    })
    .await;
    let secret = "dose0123456789abcdef0123456789abcdef";
    let variables = [
        ("DATABRICKS_HOST", service.host.as_str()),
        ("DATABRICKS_CLIENT_ID", "1b2c"),
        ("DATABRICKS_CLIENT_SECRET", secret),
    ];
    let (text, ok) = doctor(&[], &variables);
    insta::assert_snapshot!("refused_client", text);
    assert!(!ok && !text.contains(secret));
}

#[test]
fn a_proxy_that_is_not_reached_is_told() {
    let variables = [
        ("DATABRICKS_HOST", "https://workspace.invalid"),
        ("DATABRICKS_TOKEN", TOKEN),
        ("HTTPS_PROXY", "http://ann:secret-of-ann@127.0.0.1:1"),
    ];
    let (text, ok) = doctor(&[], &variables);
    insta::assert_snapshot!("unreachable_proxy", text);
    assert!(!ok && !text.contains("secret-of-ann"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_leads_nowhere_is_told() {
    let proxy = Misbehaving::acts([Act::status(403, "")]).await;
    let variables = [
        ("DATABRICKS_HOST", "https://workspace.invalid"),
        ("DATABRICKS_TOKEN", TOKEN),
        ("HTTPS_PROXY", proxy.host.as_str()),
    ];
    let (text, ok) = doctor(&[], &variables);
    insta::assert_snapshot!("refusing_proxy", text);
    assert!(!ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_that_nobody_knows_is_told_with_the_setting_for_it() {
    let service = Service::start(0).await;
    let variables = [
        ("DATABRICKS_HOST", service.host.as_str()),
        ("DATABRICKS_TOKEN", TOKEN),
    ];
    let (text, ok) = doctor(&[], &variables);
    insta::assert_snapshot!("unknown_authority", text);
    assert!(!ok);
    assert_eq!(service.requests(), 0);

    let file = service.authority.path().to_str().unwrap();
    let variables = [
        ("DATABRICKS_HOST", service.host.as_str()),
        ("DATABRICKS_TOKEN", support::pipe::TOKEN),
        ("DATABRICKS_MCP_CA_FILE", file),
    ];
    let (text, ok) = doctor(&[], &variables);
    assert!(
        ok && text.contains("ok       tls                the certificate is trusted"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_wrong_is_told() {
    let past = SystemTime::now() - Duration::from_secs(2 * 60 * 60);
    let service = workspace(move |line| {
        // The first look only: nobody else asks for the time.
        line.contains("/scim/v2/Me").then(|| {
            let act = refusal(401, "UNAUTHENTICATED", "the token is not valid yet");
            act.with("date", httpdate::fmt_http_date(past))
        })
    })
    .await;
    let (text, ok) = over(&service, &[]);
    insta::assert_snapshot!("skewed_clock", text);
    assert!(!ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_warehouse_is_a_warning() {
    let service = workspace(|line| {
        line.contains("/sql/warehouses")
            .then(|| warehouse(line, "STOPPED"))
    })
    .await;
    let (text, ok) = over(&service, &[]);
    insta::assert_snapshot!("stopped_warehouse", text);
    assert!(ok, "a warning is no failure");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permission_that_is_lacking_and_a_feature_that_is_off_are_told_apart() {
    let service = workspace(|line| {
        if line.contains("/clusters/list") {
            return Some(refusal(
                403,
                "PERMISSION_DENIED",
                "User ann@acme.com does not have CLUSTER VIEW on Workspace 'acme'.",
            ));
        }
        if line.contains("/jobs/list") {
            return Some(refusal(403, "403", "not for you"));
        }
        if line.contains("/unity-catalog/") {
            return Some(refusal(
                404,
                "FEATURE_DISABLED",
                "Unity Catalog is not enabled.",
            ));
        }
        line.contains("/sql/warehouses/a1").then(|| {
            refusal(
                404,
                "RESOURCE_DOES_NOT_EXIST",
                "Warehouse a1 does not exist",
            )
        })
    })
    .await;
    let (text, ok) = over(&service, &[("DATABRICKS_WAREHOUSE_ID", "a1")]);
    insta::assert_snapshot!("no_permission", text);
    assert!(!ok);
}
