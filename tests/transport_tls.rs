//! TLS: trusted authorities, nothing sent without trust, and HTTP/2 if offered.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use databricks_mcp::connect::Connections;
use databricks_mcp::error::Error;
use databricks_mcp::settings::setting;
use reqwest::Method;
use support::pipe::{over, quick, send};
use support::tls::Service;

/// Connections that trust the service's certificate authority.
fn trusting(service: &Service) -> Connections {
    let file = service.authority.path().to_str().unwrap().to_owned();
    Connections::from_variables(|name| (name == setting::CA_FILE.title()).then(|| file.clone()))
        .unwrap()
}

#[tokio::test]
async fn a_companys_authority_is_trusted_when_named_and_http2_is_spoken() {
    let service = Service::start(0).await;
    let pipe = over(&service.host, &trusting(&service), quick());
    let calls = (0..100).map(|_| send(&pipe, Method::GET, "jobs.list", None));
    assert!(
        futures_util::future::join_all(calls)
            .await
            .iter()
            .all(Result::is_ok)
    );
    // Calls begun before the service has negotiated HTTP/2 open a connection each.
    assert_eq!(service.requests(), 100);
    let before = service.connections();
    for _ in 0..100 {
        send(&pipe, Method::GET, "jobs.list", None).await.unwrap();
    }
    assert_eq!(service.connections(), before);
}

#[tokio::test]
async fn a_certificate_of_nobody_known_is_refused_at_once_and_says_what_to_set() {
    let service = Service::start(0).await;
    let pipe = over(&service.host, &Connections::default(), quick());
    let error = send(&pipe, Method::GET, "jobs.list", None)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    let text = error.text();
    assert!(
        text.contains("name its PEM file in `DATABRICKS_MCP_CA_FILE` or `SSL_CERT_FILE`"),
        "{text}"
    );
    assert_eq!(service.connections(), 1);
    assert_eq!(service.requests(), 0);
}

#[tokio::test]
async fn a_post_whose_connection_never_stood_is_sent_again() {
    let service = Service::start(2).await;
    let pipe = over(&service.host, &trusting(&service), quick());
    send(&pipe, Method::POST, "jobs.create", Some("{}"))
        .await
        .unwrap();
    assert_eq!(service.connections(), 3);
    assert_eq!(service.requests(), 1);
}
