//! TLS: whom we trust, that nothing goes out before there is trust, and HTTP/2 where it is offered.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use databricks_mcp::connect::{CA_FILE, Connections};
use databricks_mcp::error::Error;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::Method;
use support::pipe::{TOKEN, over, quick, send};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A service that speaks HTTP/2 over TLS only, under a company's own authority.
struct Service {
    host: String,
    authority: tempfile::NamedTempFile,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Service {
    /// The first `broken` connections close before TLS begins.
    async fn start(broken: usize) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let mut tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        tls.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(authority.pem().as_bytes()).unwrap();
        let service = Self {
            host: format!(
                "https://localhost:{}",
                listener.local_addr().unwrap().port()
            ),
            authority: file,
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (
            Arc::clone(&service.connections),
            Arc::clone(&service.requests),
        );
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if connections.fetch_add(1, Ordering::SeqCst) >= broken {
                    tokio::spawn(serve(acceptor.clone(), stream, Arc::clone(&requests)));
                }
            }
        });
        service
    }

    fn trusted(&self) -> Connections {
        let file = self.authority.path().to_str().unwrap().to_owned();
        Connections::from_variables(|name| (name == CA_FILE).then(|| file.clone())).unwrap()
    }
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, requests: Arc<AtomicUsize>) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let mut connection = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        requests.fetch_add(1, Ordering::SeqCst);
        assert_eq!(
            request.headers()["authorization"],
            format!("Bearer {TOKEN}")
        );
        let head = http::Response::builder().header("content-type", "application/json");
        let mut body = respond
            .send_response(head.body(()).unwrap(), false)
            .unwrap();
        body.send_data("{}".into(), true).unwrap();
    }
}

#[tokio::test]
async fn a_companys_authority_is_trusted_when_named_and_http2_is_spoken() {
    let service = Service::start(0).await;
    let pipe = over(&service.host, &service.trusted(), quick());
    let calls = (0..100).map(|_| send(&pipe, Method::GET, "jobs.list", None));
    assert!(
        futures_util::future::join_all(calls)
            .await
            .iter()
            .all(Result::is_ok)
    );
    // The service speaks nothing but HTTP/2; calls that begin before it has said so open a connection each.
    assert_eq!(service.requests.load(Ordering::SeqCst), 100);
    let before = service.connections.load(Ordering::SeqCst);
    for _ in 0..100 {
        send(&pipe, Method::GET, "jobs.list", None).await.unwrap();
    }
    assert_eq!(service.connections.load(Ordering::SeqCst), before);
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
    assert_eq!(service.connections.load(Ordering::SeqCst), 1);
    assert_eq!(service.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_post_whose_connection_never_stood_is_sent_again() {
    let service = Service::start(2).await;
    let pipe = over(&service.host, &service.trusted(), quick());
    send(&pipe, Method::POST, "jobs.create", Some("{}"))
        .await
        .unwrap();
    assert_eq!(service.connections.load(Ordering::SeqCst), 3);
    assert_eq!(service.requests.load(Ordering::SeqCst), 1);
}
