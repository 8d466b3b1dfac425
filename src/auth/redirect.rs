//! The loopback page to which the browser brings a login's code (RFC 8252, section 7.3).

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::refusal::Refusal;

/// The redirect ports registered for the public client `databricks-cli`.
const PORTS: std::ops::RangeInclusive<u16> = 8020..=8040;
/// The time a person has to log in.
const TIMEOUT: Duration = Duration::from_mins(5);
/// The time a connection has to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The size limit of a request head in bytes.
const MAX_HEAD: usize = 16 << 10;

/// The listening page.
#[derive(Debug)]
pub(super) struct RedirectListener {
    listener: TcpListener,
    url: String,
}

impl RedirectListener {
    /// Listens on the first free port.
    pub(super) async fn open() -> Result<Self, Refusal> {
        for port in PORTS {
            if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
                let url = format!("http://localhost:{port}");
                return Ok(Self { listener, url });
            }
        }
        Err(Refusal::failed(format!(
            "ports {} to {} of this machine are all in use",
            PORTS.start(),
            PORTS.end()
        )))
    }

    /// The address to redirect to.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Waits for the browser and returns its code.
    pub(super) async fn code(&self, state: &str) -> Result<String, Refusal> {
        tokio::time::timeout(TIMEOUT, self.visits(state))
            .await
            .map_err(|_| Refusal::failed("nobody logged in within 5 minutes"))?
    }

    async fn visits(&self, state: &str) -> Result<String, Refusal> {
        // Browsers also open connections they never use, so each is read in its own task.
        let (came, mut coming) = tokio::sync::mpsc::channel(1);
        loop {
            let (mut visitor, url) = tokio::select! {
                Some(come) = coming.recv() => come,
                visitor = self.listener.accept() => {
                    let (mut visitor, _) = visitor.map_err(|error| {
                        Refusal::failed(format!("cannot accept the browser's connection: {error}"))
                    })?;
                    let came = came.clone();
                    tokio::spawn(async move {
                        let asked = tokio::time::timeout(REQUEST_TIMEOUT, request(&mut visitor));
                        if let Ok(Some(url)) = asked.await {
                            // The receiver is gone once a code has arrived.
                            let _ = came.send((visitor, url)).await;
                        }
                    });
                    continue;
                }
            };
            let brought = |name: &str| {
                let mut pairs = url.query_pairs();
                let found = pairs.find(|(key, _)| key == name);
                found.map(|(_, value)| value.into_owned())
            };
            // Only our login page knows the state. Anything else, such as a favicon request, does not end the wait.
            if brought("state").as_deref() != Some(state) {
                answer(&mut visitor, "404 Not Found", "There is nothing here.").await;
                continue;
            }
            if let Some(code) = brought("code") {
                answer(
                    &mut visitor,
                    "200 OK",
                    "You are logged in and can close this page.",
                )
                .await;
                return Ok(code);
            }
            answer(&mut visitor, "400 Bad Request", "The login failed.").await;
            let error = brought("error").unwrap_or_else(|| "no code".to_owned());
            let text = brought("error_description").unwrap_or_default();
            return Err(Refusal::failed(format!("the login failed: {error} {text}")));
        }
    }
}

/// Reads a request and returns its URL.
async fn request(visitor: &mut TcpStream) -> Option<Url> {
    let mut bytes = Vec::new();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Request::new(&mut headers);
        if head.parse(&bytes).ok()?.is_complete() {
            let base = Url::parse("http://localhost").ok()?;
            return base.join(head.path?).ok();
        }
        if bytes.len() > MAX_HEAD || visitor.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

async fn answer(visitor: &mut TcpStream, status: &str, text: &str) {
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    );
    // The browser may be gone already; only the code matters.
    let _ = visitor.write_all(answer.as_bytes()).await;
    let _ = visitor.shutdown().await;
}
