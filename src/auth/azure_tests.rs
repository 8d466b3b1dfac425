//! Tests of managed identities and of the names of the clouds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use reqwest::header::AUTHORIZATION;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::settings::{Origin, Setting};

/// Answers two requests with a token and returns the requests.
async fn instance_metadata(listener: tokio::net::TcpListener) -> Vec<String> {
    let mut asked = Vec::new();
    let mut visitor = listener.accept().await.unwrap().0;
    for number in 1..=2 {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            visitor.read_buf(&mut bytes).await.unwrap();
        }
        let head = String::from_utf8(bytes).unwrap().to_lowercase();
        assert!(head.contains("\r\nmetadata: true\r\n"), "{head}");
        asked.push(head.lines().next().unwrap().to_owned());
        let body = format!(
            r#"{{"access_token":"msi-{number}","token_type":"Bearer","expires_on":"4070908800"}}"#
        );
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        visitor.write_all(answer.as_bytes()).await.unwrap();
    }
    asked
}

#[tokio::test]
async fn a_machine_asks_its_metadata_service_for_both_tokens() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/metadata", listener.local_addr().unwrap());
    let service = tokio::spawn(instance_metadata(listener));
    let mut given = Given::default();
    given.offer(setting::AZURE_CLIENT_ID, "a b".to_owned(), Origin::Flag);
    let principal = AzurePrincipal::new(&Web::default(), PUBLIC, "", &given, Proof::Machine(url));
    let grant = principal.fetch().await.unwrap();
    assert_eq!(grant.headers[AUTHORIZATION], "Bearer msi-1");
    assert_eq!(grant.headers[MANAGEMENT_HEADER], "msi-2");
    assert_eq!(grant.expires, super::super::grant::epoch(4_070_908_800.0));
    assert_eq!(
        service.await.unwrap(),
        [
            "get /metadata?api-version=2018-02-01&resource=2ff814a6-3304-4ab8-85cb-cd0e6f879c1d&client_id=a+b http/1.1",
            "get /metadata?api-version=2018-02-01&resource=https%3a%2f%2fmanagement.core.windows.net%2f&client_id=a+b http/1.1",
        ]
    );
}

#[test]
fn a_managed_identity_comes_before_a_secret_and_the_azure_cli_last() {
    let chosen = |set: &[(&Setting, &str)], forced: Option<&str>| {
        let mut given = Given::default();
        for (setting, value) in set {
            given.offer(setting, (*value).to_owned(), Origin::Flag);
        }
        identity(&given, forced).map(|(auth_type, _)| auth_type)
    };
    let machine = (setting::AZURE_USE_MSI, "true");
    let secret = (setting::AZURE_CLIENT_SECRET, "s");
    assert_eq!(chosen(&[machine, secret], None), Some("azure-msi"));
    assert_eq!(chosen(&[machine], Some("azure-msi")), Some("azure-msi"));
    let off = (setting::AZURE_USE_MSI, "false");
    assert_eq!(chosen(&[off, secret], None), Some("azure-client-secret"));
    let named = Some("azure-client-secret");
    assert_eq!(chosen(&[machine, secret], named), named);
    assert_eq!(chosen(&[machine, secret], Some("azure-cli")), None);
    assert_eq!(chosen(&[], None), None);
}

#[test]
fn a_cloud_is_told_by_the_host_or_by_its_name() {
    let of = |name: &str| {
        let mut given = Given::default();
        given.offer(setting::AZURE_ENVIRONMENT, name.to_owned(), Origin::Flag);
        Cloud::of(None, &given)
    };
    assert_eq!(of("AzureChinaCloud"), Some(CHINA));
    assert_eq!(of("usgovernment"), Some(US_GOVERNMENT));
    assert_eq!(of("mars"), None);
    let of = |host: &str| Cloud::of(Some(host), &Given::default());
    assert_eq!(of("https://adb-1.5.azuredatabricks.net"), Some(PUBLIC));
    assert_eq!(of("https://acme.cloud.databricks.com"), None);
}
