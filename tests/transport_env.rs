//! The built binary heeds the environment's settings of trust and proxies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use serde_json::json;
use support::binary::{Binary, Era, text};
use support::misbehaving::{Act, Misbehaving};
use support::pipe::TOKEN;
use support::tls::Service;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_companys_authority_is_trusted_by_either_variable() {
    let service = Service::start(0).await;
    let file = service.authority.path().to_str().unwrap();
    for name in ["SSL_CERT_FILE", "DATABRICKS_MCP_CA_FILE"] {
        let variables = [
            ("DATABRICKS_HOST", service.host.as_str()),
            ("DATABRICKS_TOKEN", TOKEN),
            (name, file),
        ];
        let result = Binary::start(Era::Alone, &variables).call("health", json!({}));
        assert_ne!(result["isError"], true, "{name}: {}", text(&result));
    }
    assert_eq!(service.requests(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_is_used_and_sees_no_token_and_nothing_of_this_machine() {
    let proxy = Misbehaving::acts([Act::status(407, "")]).await;
    let variables = [
        ("DATABRICKS_HOST", "https://workspace.invalid"),
        ("DATABRICKS_TOKEN", TOKEN),
        ("HTTPS_PROXY", proxy.host.as_str()),
    ];
    let result = Binary::start(Era::Alone, &variables).call("health", json!({}));
    assert_eq!(result["isError"], true);
    assert!(
        text(&result).contains("the proxy variables"),
        "{}",
        text(&result)
    );
    let seen = proxy.seen();
    assert!(!seen.is_empty());
    for seen in &seen {
        assert_eq!(seen.line(), "CONNECT workspace.invalid:443");
        assert!(!seen.head.contains(TOKEN));
    }
    let local = Misbehaving::acts([Act::ok("{}")]).await;
    let variables = [
        ("DATABRICKS_HOST", local.host.as_str()),
        ("DATABRICKS_TOKEN", TOKEN),
        ("HTTP_PROXY", proxy.host.as_str()),
        ("ALL_PROXY", proxy.host.as_str()),
    ];
    let result = Binary::start(Era::Alone, &variables).call("health", json!({}));
    assert_ne!(result["isError"], true, "{}", text(&result));
    assert_eq!(proxy.seen().len(), seen.len());
    assert_eq!(local.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_by_the_newer_loopback_address_is_this_machine() {
    let Ok(listener) = tokio::net::TcpListener::bind("[::1]:0").await else {
        // This machine has no IPv6 loopback address.
        return;
    };
    let host = format!("http://{}/?o=1#job", listener.local_addr().unwrap());
    let local = Misbehaving::over(listener, |_, _| Act::ok("{}"));
    let variables = [
        ("DATABRICKS_HOST", host.as_str()),
        ("DATABRICKS_TOKEN", TOKEN),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
    ];
    let result = Binary::start(Era::Alone, &variables).call("health", json!({}));
    assert_ne!(result["isError"], true, "{}", text(&result));
    assert_eq!(local.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_id_in_an_answer_finds_its_requests_in_the_log() {
    let service = Misbehaving::acts([Act::status(503, "{}"), Act::ok("{}")]).await;
    let variables = [
        ("DATABRICKS_HOST", service.host.as_str()),
        ("DATABRICKS_TOKEN", TOKEN),
        ("DATABRICKS_MCP_LOG", "debug"),
    ];
    let mut server = Binary::start(Era::Alone, &variables);
    let result = server.call("health", json!({}));
    let id = result["_meta"]["databricks-mcp/request_id"]
        .as_str()
        .unwrap();
    let (_, log) = server.close();
    let lines = log
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let lines: Vec<_> = lines.filter(|line| line["request_id"] == id).collect();
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["message"].as_str().unwrap(),
                line["operation"].as_str(),
            )
        })
        .collect();
    let operation = Some("current_user.me");
    assert_eq!(
        told,
        [
            ("exchanged", operation),
            ("sending again", operation),
            ("exchanged", operation),
            ("answered", None),
        ]
    );
}
