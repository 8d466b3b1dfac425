//! A crash report shows no secret, not even one that does not look like a secret.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::process::Command;

use databricks_mcp::config::Settings;
use databricks_mcp::log;

const TOKEN: &str = "marked-token-4711-of-nobody";
const CHILD: &str = "CRASHING_CHILD";

/// The child process of the test below; does nothing otherwise.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    log::crashes();
    let settings = Settings::from_variables(|name| match name {
        "DATABRICKS_HOST" => Some("https://acme.cloud.databricks.com".to_owned()),
        "DATABRICKS_TOKEN" => Some(TOKEN.to_owned()),
        _ => None,
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let crashed = runtime.block_on(async {
        let headers = settings.unwrap().credential.headers().await.unwrap();
        // The header's Debug hides the secret; formatting its value does not.
        let bearer = headers["authorization"].to_str().unwrap().to_owned();
        tokio::spawn(async move {
            // Quotes the value like `expect` on an error.
            panic!("the service to take it: {bearer:?}");
        })
        .await
    });
    assert!(crashed.is_err());
    panic!("{TOKEN}");
}

#[test]
fn a_crash_tells_where_and_shows_no_token() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(!output.status.success());
    assert!(!said.contains(TOKEN), "{said}");
    assert_eq!(said.matches("crash.rs:").count(), 2, "{said}");
    assert!(
        said.contains("the service to take it: \"Bearer [redacted]\""),
        "{said}"
    );
    assert!(
        said.contains("hint: please report this with the server's log"),
        "{said}"
    );
}
