//! The one pipe that every HTTP request goes through: credential, limit, retry, errors.

mod fault;
mod typed;

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use databricks_client::Client;
use reqwest::header::HeaderMap;
use reqwest::{Method, Request};
use tokio::sync::Semaphore;
use url::Url;

use crate::auth::Credential;
use crate::config::Settings;
use crate::error::Error;

/// Requests to one workspace at the same time; more wait their turn.
const IN_FLIGHT: usize = 32;
/// Longer than the 50 s that the SQL service may hold a request.
const READ_TIMEOUT: Duration = Duration::from_secs(70);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// An answer larger than this is refused, so that no answer can fill the memory.
const BODY: usize = 64 << 20;
/// Sends of one request at most, the first included.
const SENDS: usize = 4;

/// A connection pool to one workspace.
#[derive(Debug)]
pub struct Transport {
    client: reqwest::Client,
    host: Url,
    credential: Arc<dyn Credential>,
    in_flight: Semaphore,
}

/// A successful answer, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status, always a success.
    pub status: http::StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

impl Transport {
    /// Builds the pool; nothing is sent.
    ///
    /// # Errors
    /// When the TLS set-up of this machine cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        // Fails only when a provider is already there, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .user_agent(concat!("databricks-mcp/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            // A redirect could carry the token elsewhere; the API uses none.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::Internal {
                reason: format!("the HTTP client cannot be built: {}", reasons(&error)),
            })?;
        Ok(Self {
            client,
            host: settings.host.clone(),
            credential: Arc::clone(&settings.credential),
            in_flight: Semaphore::new(IN_FLIGHT),
        })
    }

    /// The workspace's base URL.
    #[must_use]
    pub fn host(&self) -> &Url {
        &self.host
    }

    /// The pool, for building requests; sending goes through [`Transport::send`].
    #[must_use]
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// A typed client over this pipe.
    #[must_use]
    pub fn typed(self: &Arc<Self>) -> Client {
        typed::client(self)
    }

    /// Sends a request with the credential and returns the successful answer.
    ///
    /// GET, HEAD, PUT and DELETE are sent again after 429, 502, 503, 504 and broken connections; POST
    /// and PATCH after 429, or when no connection came about, because then the service did not act.
    ///
    /// # Errors
    /// The service's refusal, or what the network said.
    pub async fn send(&self, operation: &str, mut request: Request) -> Result<Reply, Error> {
        let repeatable = !matches!(*request.method(), Method::POST | Method::PATCH);
        request
            .headers_mut()
            .extend(self.credential.headers().await?);
        let request = &request;
        let attempt = || async move {
            let request = request.try_clone().ok_or_else(|| Failure {
                error: Error::Internal {
                    reason: format!("the body of `{operation}` can be sent only once"),
                },
                again: false,
            })?;
            self.once(operation, request, repeatable).await
        };
        let backoff = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(200))
            .with_max_delay(Duration::from_secs(10))
            .with_max_times(SENDS - 1)
            .with_jitter();
        attempt
            .retry(backoff)
            .when(|failure: &Failure| failure.again)
            .await
            .map_err(|failure| failure.error)
    }

    async fn once(
        &self,
        operation: &str,
        request: Request,
        repeatable: bool,
    ) -> Result<Reply, Failure> {
        let _turn = self.in_flight.acquire().await.map_err(|_| Failure {
            error: Error::Internal {
                reason: "the request queue is closed".to_owned(),
            },
            again: false,
        })?;
        let unreachable = |error: reqwest::Error| Failure {
            again: repeatable || error.is_connect(),
            error: Error::Unreachable {
                host: self.host.host_str().unwrap_or_default().to_owned(),
                reason: reasons(&error),
            },
        };
        let mut response = self.client.execute(request).await.map_err(unreachable)?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > BODY {
                return Err(Failure {
                    error: Error::Answer {
                        operation: operation.to_owned(),
                        reason: format!("it is larger than {} MiB", BODY >> 20),
                    },
                    again: false,
                });
            }
            body.extend_from_slice(&chunk);
        }
        tracing::debug!(
            operation,
            status = status.as_u16(),
            bytes = body.len(),
            "answered"
        );
        if status.is_success() {
            return Ok(Reply {
                status,
                headers,
                body,
            });
        }
        let transient = matches!(status.as_u16(), 502..=504);
        Err(Failure {
            again: status.as_u16() == 429 || (transient && repeatable),
            error: fault::read(operation, status, &headers, &body),
        })
    }
}

/// What a typed call of `operation` that failed says.
#[must_use]
pub fn typed_error(operation: &str, error: databricks_client::Error) -> Error {
    typed::error(operation, error)
}

struct Failure {
    error: Error,
    again: bool,
}

/// An error and its causes in one line; reqwest's own text leaves the cause out.
fn reasons(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
