//! The one pipe that every HTTP request goes through: credential, turn, deadline, retry, errors.
//!
//! A request waits its [`turn`], is sent with the credential, and its [`answer`] is read under a cap. A
//! failure becomes one error ([`fault`], [`hint`]), and [`retry`] decides whether the request goes out again:
//! only if it surely never reached the service, or if doing it twice does no more than once.

mod answer;
mod call;
mod fault;
mod hint;
mod idempotency;
mod limits;
mod retry;
mod routing;
mod sent;
mod stop;
mod turn;
mod typed;

use std::sync::Arc;
use std::time::Duration;

use databricks_client::Client;
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue};
use reqwest::Request;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::auth::Credential;
use crate::config::Settings;
use crate::connect::Connections;
use crate::error::Error;

pub(crate) use hint::SOME_LIST;
use retry::{Budget, Fault, Retries};
use sent::Sent;
use stop::Stop;
use turn::Turns;

pub use answer::Reply;
pub use call::Call;
pub use limits::Limits;

/// A connection pool to one workspace, and what is asked of it at once.
#[derive(Debug)]
pub struct Transport {
    client: reqwest::Client,
    host: Url,
    credential: Arc<dyn Credential>,
    user_agent: HeaderValue,
    workspace_id: Option<HeaderValue>,
    limits: Limits,
    turns: Turns,
    budget: Budget,
}

/// Why one send did not succeed.
struct Failure {
    error: Error,
    fault: Fault,
    /// The wait that the service asks for.
    retry_after: Option<Duration>,
    /// The credential's headers that were refused.
    refused: Option<HeaderMap>,
}

impl Failure {
    fn of(error: Error, fault: Fault) -> Box<Self> {
        Box::new(Self {
            error,
            fault,
            retry_after: None,
            refused: None,
        })
    }
}

/// One request on its way.
struct Errand<'a> {
    call: &'a Call,
    operation: &'a str,
    /// Arriving twice does no more than arriving once.
    harmless: bool,
    deadline: Instant,
    stop: Stop<'a>,
}

impl Transport {
    /// Builds the pool; nothing is sent.
    ///
    /// # Errors
    /// When the TLS set-up of this machine cannot be used.
    pub fn new(
        settings: &Settings,
        connections: &Connections,
        limits: Limits,
    ) -> Result<Self, Error> {
        let user_agent = connections.user_agent(settings.credential.auth_type());
        Ok(Self {
            client: connections.client(&settings.host)?,
            host: settings.host.clone(),
            credential: Arc::clone(&settings.credential),
            user_agent: HeaderValue::from_str(&user_agent).map_err(|_| Error::Internal {
                reason: format!("`{user_agent}` cannot be a header"),
            })?,
            workspace_id: (settings.workspace_id.as_deref())
                .map(routing::value)
                .transpose()?,
            turns: Turns::new(&limits),
            budget: Budget::new(limits.retries),
            limits,
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

    /// A typed client over this pipe, for one call.
    #[must_use]
    pub fn typed(self: &Arc<Self>, call: &Call) -> Client {
        typed::client(self, call)
    }

    /// Sends a request and returns the successful answer. The credential goes to the workspace only, not to
    /// any other host that the request may name.
    ///
    /// GET, HEAD, PUT, DELETE and operations with an idempotency token are sent again after 408, 429, 502,
    /// 503, 504, a message that the SDKs know as transient, and broken connections; other POST and PATCH
    /// requests after 429, or when no connection came about, because then the service did not act. After 401
    /// any request is sent once more if the credential can be renewed.
    ///
    /// While a request that would change something waits to be sent, for the first time or again,
    /// [`Call::cancel`] ends it; what is on its way is never dropped.
    ///
    /// # Errors
    /// The service's refusal, what the network said, or that the call was cancelled before it was sent.
    pub async fn send(
        &self,
        call: &Call,
        operation: &str,
        mut request: Request,
    ) -> Result<Reply, Error> {
        let errand = self.errand(call, operation, &mut request);
        let mut retries = Retries::new(&self.limits, Instant::now());
        let mut renewed = false;
        loop {
            // A body that streams can be sent only once.
            let (now, again) = match request.try_clone() {
                Some(copy) => (copy, Some(request)),
                None => (request, None),
            };
            let failure = match self.once(&errand, now, retries.sends()).await {
                Ok(reply) => {
                    self.budget.earn();
                    return Ok(reply);
                }
                Err(failure) => failure,
            };
            let Some(next) = again else {
                return Err(failure.error);
            };
            request = next;
            if let Some(refused) = &failure.refused
                && !renewed
                && self.credential.refused(refused)
            {
                tracing::info!(request_id = %call.id, operation, "credential refused, renewing it");
                renewed = true;
                continue;
            }
            self.wait(&errand, &mut retries, failure).await?;
        }
    }

    /// Sends a request once, whatever becomes of it: for what is nice to know and not worth waiting for.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub async fn send_once(
        &self,
        call: &Call,
        operation: &str,
        mut request: Request,
    ) -> Result<Reply, Error> {
        let errand = self.errand(call, operation, &mut request);
        let reply = self.once(&errand, request, 1).await;
        reply.map_err(|failure| failure.error)
    }

    fn errand<'a>(&self, call: &'a Call, operation: &'a str, request: &mut Request) -> Errand<'a> {
        request
            .headers_mut()
            .entry(USER_AGENT)
            .or_insert_with(|| self.user_agent.clone());
        Errand {
            call,
            operation,
            harmless: idempotency::make_harmless(operation, request),
            deadline: Instant::now() + self.limits.call,
            stop: Stop::of(call, request.method()),
        }
    }

    /// Waits until the request may be sent again.
    async fn wait(
        &self,
        errand: &Errand<'_>,
        retries: &mut Retries<'_>,
        failure: Box<Failure>,
    ) -> Result<(), Error> {
        if !failure.fault.allows(errand.harmless) {
            return Err(failure.error);
        }
        let (call, operation) = (errand.call, errand.operation);
        match retries.next(failure.retry_after, &self.budget, Instant::now()) {
            Ok(wait) if Instant::now() + wait < errand.deadline => {
                tracing::info!(
                    request_id = %call.id,
                    tool = %call.tool,
                    operation,
                    sends = retries.sends(),
                    wait_ms = wait.as_millis(),
                    error = %failure.error,
                    "sending again"
                );
                let waited = errand.stop.before(tokio::time::sleep(wait)).await;
                waited.ok_or_else(|| stop::again(operation, &failure.error))
            }
            spent => {
                tracing::info!(request_id = %call.id, operation, ?spent, "not sending again");
                Err(failure.error)
            }
        }
    }

    async fn once(
        &self,
        errand: &Errand<'_>,
        mut request: Request,
        send: u32,
    ) -> Result<Reply, Box<Failure>> {
        let unsent = |reason: String| {
            let error = Error::Unanswered {
                operation: errand.operation.to_owned(),
                reason,
                may_have_acted: false,
            };
            Failure::of(error, Fault::Untouched)
        };
        let stopped = || Failure::of(stop::unsent(errand.operation, send), Fault::Lasting);
        let seconds = self.limits.call.as_secs_f64();
        let turn = timeout_at(errand.deadline, self.turns.take(&errand.call.tool));
        let turn = errand.stop.before(turn).await.ok_or_else(stopped)?;
        let _turn = turn.map_err(|_| {
            unsent(format!(
                "its turn did not come within {seconds} s, too much is asked at once"
            ))
        })?;
        let credential = if self.is_ours(request.url()) {
            let headers = timeout_at(errand.deadline, self.credential.headers());
            let headers = errand.stop.before(headers).await.ok_or_else(stopped)?;
            let headers =
                headers.map_err(|_| unsent(format!("no credential came within {seconds} s")))?;
            headers.map_err(|error| Failure::of(error, Fault::Lasting))?
        } else {
            HeaderMap::new()
        };
        if let Some(id) = &self.workspace_id
            && self.is_ours(request.url())
            && !routing::is_of_account(request.url().path())
        {
            let headers = request.headers_mut();
            headers.insert(routing::WORKSPACE_ID, id.clone());
        }
        request.headers_mut().extend(credential.clone());
        let sent = Sent::new(request.headers());
        let since = Instant::now();
        let exchange = timeout_at(errand.deadline, self.exchange(errand, request, &sent));
        let outcome = exchange.await.unwrap_or_else(|_| {
            let error = Error::Unanswered {
                operation: errand.operation.to_owned(),
                reason: format!("it took longer than {seconds} s"),
                may_have_acted: !errand.harmless,
            };
            Err(Failure::of(error, Fault::Passing))
        });
        let (status, bytes, upstream) = match &outcome {
            Ok(reply) => (reply.status.as_u16(), reply.body.len(), reply.request_id()),
            Err(failure) => match &failure.error {
                Error::Api {
                    status, request_id, ..
                } => (*status, 0, request_id.as_deref()),
                _ => (0, 0, None),
            },
        };
        tracing::debug!(
            request_id = %errand.call.id,
            tool = %errand.call.tool,
            operation = errand.operation,
            send,
            status,
            bytes,
            milliseconds = since.elapsed().as_millis(),
            upstream_request_id = upstream,
            error = outcome.as_ref().err().map(|failure| failure.error.to_string()),
            "exchanged"
        );
        outcome.map_err(|mut failure| {
            if failure.refused.is_some() {
                failure.refused = Some(credential);
            }
            failure
        })
    }

    /// One request and its whole answer.
    async fn exchange(
        &self,
        errand: &Errand<'_>,
        request: Request,
        sent: &Sent,
    ) -> Result<Reply, Box<Failure>> {
        let expects_json = answer::expects_json(&request);
        let response = match self.client.execute(request).await {
            Ok(response) => response,
            Err(error) => return Err(answer::no_answer(errand, &self.host, error, sent)),
        };
        let status = response.status();
        if !status.is_success() {
            let (headers, body) = answer::read_refusal(response).await;
            let auth_type = self.credential.auth_type();
            let read = fault::read(errand, auth_type, status, &headers, &body, sent);
            return Err(Box::new(Failure {
                error: read.error,
                fault: read.fault,
                retry_after: read.retry_after,
                // The caller knows which headers they were.
                refused: read.credential.then(HeaderMap::new),
            }));
        }
        answer::read(errand, response, expects_json, self.limits.body, sent).await
    }

    /// Whether a URL is the workspace's own.
    fn is_ours(&self, url: &Url) -> bool {
        url.origin() == self.host.origin()
    }
}

/// What a typed call of `operation` that failed says.
#[must_use]
pub fn typed_error(operation: &str, error: databricks_client::Error) -> Error {
    typed::error(operation, error)
}
