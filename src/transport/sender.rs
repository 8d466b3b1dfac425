//! One attempt to send a request: a permit, the credential, the exchange, and the answer or the failure.

use std::sync::Arc;

use http::header::USER_AGENT;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use reqwest::{Method, Request, Response};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::answer::{self, Reply};
use super::cancellation;
use super::exchanged::{Seen, told};
use super::failure::{Failure, FailureKind};
use super::incoming::{Incoming, Received};
use super::limits::Limits;
use super::outgoing::Outgoing;
use super::refusal;
use super::routing;
use super::sent_credential::SentCredential;
use super::throttle::{Load, Permit, Throttle};
use super::usage::Counters;
use crate::auth::Credential;
use crate::config::Settings;
use crate::connect::Connections;
use crate::error::Error;
use crate::trace::{Open, Trace};

/// The header by which the workspace's logs and ours are brought together: the id of the call.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-databricks-mcp-request-id");

/// The header by which the workspace's own spans become part of the trace.
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The connections to one workspace, with the credential and headers that its requests need.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) pool: reqwest::Client,
    pub(super) host: Url,
    pub(super) credential: Arc<dyn Credential>,
    pub(super) limits: Limits,
    user_agent: HeaderValue,
    workspace_id: Option<HeaderValue>,
    throttle: Throttle,
    pub(super) counters: Counters,
}

/// The part of an answer that an attempt waits for.
pub(super) trait Reading {
    /// The answer of a success.
    type Answer<'a>: Send;

    /// Sends a request once. `number` counts the attempts from 1.
    fn attempt<'a>(
        sender: &'a Sender,
        outgoing: &Outgoing<'_>,
        request: Request,
        number: u32,
    ) -> impl Future<Output = Result<Self::Answer<'a>, Box<Failure>>> + Send;
}

/// The whole answer is read.
pub(super) struct Whole;

/// The answer has begun, and its body is still to come.
pub(super) struct Opened;

impl Reading for Whole {
    type Answer<'a> = Reply;

    async fn attempt(
        sender: &Sender,
        outgoing: &Outgoing<'_>,
        request: Request,
        number: u32,
    ) -> Result<Reply, Box<Failure>> {
        sender.attempt(outgoing, request, number).await
    }
}

impl Reading for Opened {
    type Answer<'a> = Incoming<'a>;

    async fn attempt<'a>(
        sender: &'a Sender,
        outgoing: &Outgoing<'_>,
        request: Request,
        number: u32,
    ) -> Result<Incoming<'a>, Box<Failure>> {
        sender.open(outgoing, request, number).await
    }
}

impl Sender {
    /// Builds the pool of connections; nothing is sent.
    ///
    /// # Errors
    /// Fails if this machine's TLS set-up cannot be used, or if a setting cannot be a header.
    pub(super) fn new(
        settings: &Settings,
        connections: &Connections,
        limits: Limits,
    ) -> Result<Self, Error> {
        let user_agent = connections.user_agent(settings.credential.auth_type());
        Ok(Self {
            pool: connections.client(&settings.host)?,
            host: settings.host.clone(),
            credential: Arc::clone(&settings.credential),
            user_agent: HeaderValue::from_str(&user_agent).map_err(|_| Error::Internal {
                reason: format!("`{user_agent}` cannot be a header"),
            })?,
            workspace_id: (settings.workspace_id.as_deref())
                .map(routing::value)
                .transpose()?,
            throttle: Throttle::new(&limits),
            counters: Counters::default(),
            limits,
        })
    }

    /// Sends a request once and reads its whole answer. `number` counts the attempts from 1.
    pub(super) async fn attempt(
        &self,
        outgoing: &Outgoing<'_>,
        request: Request,
        number: u32,
    ) -> Result<Reply, Box<Failure>> {
        let Ready {
            permit,
            request,
            sent,
            span,
        } = self.prepare(outgoing, request, number).await?;
        let since = Instant::now();
        let exchange = self.exchange(outgoing, request, &sent);
        let outcome = self.in_time(outgoing, exchange).await;
        drop(permit);
        let usage = &outgoing.call.usage;
        self.counters
            .sent(usage, number, since.elapsed(), outcome.is_ok());
        if let Ok(reply) = &outcome {
            self.counters.received(usage, reply.body.len());
        }
        let seen = outcome.as_ref().map(|reply| Seen {
            status: reply.status.as_u16(),
            bytes: reply.body.len(),
            upstream: reply.request_id(),
        });
        told(
            outgoing,
            number,
            since,
            seen.map_err(|failure| &**failure),
            span,
        );
        outcome
    }

    /// Sends a request once and returns its answer with the body still to come. `number` counts the attempts from 1.
    pub(super) async fn open(
        &self,
        outgoing: &Outgoing<'_>,
        request: Request,
        number: u32,
    ) -> Result<Incoming<'_>, Box<Failure>> {
        let Ready {
            permit,
            request,
            sent,
            span,
        } = self.prepare(outgoing, request, number).await?;
        let since = Instant::now();
        let begun = self.begin(outgoing, request, &sent);
        let outcome = self.in_time(outgoing, begun).await;
        let usage = &outgoing.call.usage;
        self.counters
            .sent(usage, number, since.elapsed(), outcome.is_ok());
        let seen = outcome.as_ref().map(|response| Seen {
            status: response.status().as_u16(),
            bytes: 0,
            upstream: None,
        });
        told(
            outgoing,
            number,
            since,
            seen.map_err(|failure| &**failure),
            span,
        );
        outcome.map(|response| {
            let received = Received {
                counters: &self.counters,
                usage: Arc::clone(usage),
            };
            Incoming::new(
                response,
                permit,
                outgoing.operation,
                self.limits.call,
                received,
            )
        })
    }

    /// How much is under way now.
    pub(super) fn load(&self) -> Load {
        self.throttle.load()
    }

    /// Gets a request ready to be sent: its time, its turn, its credential.
    async fn prepare(
        &self,
        outgoing: &Outgoing<'_>,
        mut request: Request,
        number: u32,
    ) -> Result<Ready<'_>, Box<Failure>> {
        if outgoing.deadline <= Instant::now() {
            outgoing.call.usage.note_timeout(true);
            let reason = "the call has taken all its time; ask for less in one call".to_owned();
            return Err(Failure::new(
                outgoing.unsent(reason),
                FailureKind::Permanent,
            ));
        }
        let permit = self.permit(outgoing, number).await?;
        let span = outgoing.call.trace.as_ref().map(Trace::request);
        let credential = self
            .authorize(outgoing, &mut request, number, span.as_ref())
            .await?;
        let sent = SentCredential::new(credential, request.headers());
        Ok(Ready {
            permit,
            span: span.map(|span| (span, request.method().clone())),
            request,
            sent,
        })
    }

    async fn in_time<T>(
        &self,
        outgoing: &Outgoing<'_>,
        exchange: impl Future<Output = Result<T, Box<Failure>>>,
    ) -> Result<T, Box<Failure>> {
        timeout_at(outgoing.deadline, exchange)
            .await
            .unwrap_or_else(|_| {
                outgoing.call.usage.note_timeout(true);
                let error = outgoing.unanswered(format!("it took longer than {}", self.time()));
                Err(Failure::new(error, FailureKind::Transient))
            })
    }

    /// Waits until the limits allow one more request in flight.
    async fn permit(
        &self,
        outgoing: &Outgoing<'_>,
        number: u32,
    ) -> Result<Permit<'_>, Box<Failure>> {
        let permit = timeout_at(outgoing.deadline, self.throttle.turn(outgoing.call));
        let permit = outgoing.cancellation.or_cancelled(permit).await;
        let permit = permit.ok_or_else(|| cancelled(outgoing, number))?;
        let (permit, waited) = permit.map_err(|_| {
            outgoing.call.usage.note_timeout(true);
            let time = self.time();
            let reason = format!("its turn did not come within {time}, too much is asked at once");
            Failure::new(outgoing.unsent(reason), FailureKind::NotActed)
        })?;
        if let Some(waited) = waited {
            self.counters.waited(waited);
        }
        Ok(permit)
    }

    /// Adds the headers that let the request in, and returns the credential's own. Only the workspace gets the
    /// credential, no other host that the request may name.
    async fn authorize(
        &self,
        outgoing: &Outgoing<'_>,
        request: &mut Request,
        number: u32,
        span: Option<&Open>,
    ) -> Result<HeaderMap, Box<Failure>> {
        let is_workspace = request.url().origin() == self.host.origin();
        let is_account = routing::is_of_account(request.url().path());
        let headers = request.headers_mut();
        headers
            .entry(USER_AGENT)
            .or_insert_with(|| self.user_agent.clone());
        if !is_workspace || outgoing.presigned {
            return Ok(HeaderMap::new());
        }
        // A call's id is one of ours, and holds nothing that a header may not.
        if let Ok(id) = HeaderValue::from_str(&outgoing.call.id) {
            headers.insert(REQUEST_ID, id);
        }
        if let Some(parent) = span.and_then(|span| HeaderValue::try_from(span.header()).ok()) {
            headers.insert(TRACE_PARENT, parent);
        }
        if let Some(id) = self.workspace_id.as_ref().filter(|_| !is_account) {
            headers.insert(routing::WORKSPACE_ID, id.clone());
        }
        let credential = timeout_at(outgoing.deadline, self.credential.headers());
        let credential = outgoing.cancellation.or_cancelled(credential).await;
        let credential = credential.ok_or_else(|| cancelled(outgoing, number))?;
        let credential = credential.map_err(|_| {
            let reason = format!("no credential came within {}", self.time());
            Failure::new(outgoing.unsent(reason), FailureKind::NotActed)
        })?;
        let credential = credential.map_err(|error| Failure::new(error, FailureKind::Permanent))?;
        headers.extend(credential.clone());
        Ok(credential)
    }

    /// Sends the request and reads its whole answer.
    async fn exchange(
        &self,
        outgoing: &Outgoing<'_>,
        request: Request,
        sent: &SentCredential,
    ) -> Result<Reply, Box<Failure>> {
        let expects_json = answer::expects_json(&request);
        let response = self.begin(outgoing, request, sent).await?;
        let cap = self.limits.body;
        let reply = answer::read(outgoing, response, expects_json, cap, sent).await?;
        if !expects_json || !answer::is_refusal(&reply) {
            return Ok(reply);
        }
        Err(self.refused(outgoing, reply.status, &reply.headers, &reply.body, sent))
    }

    /// Sends the request and returns the answer of a success, its body unread.
    async fn begin(
        &self,
        outgoing: &Outgoing<'_>,
        request: Request,
        sent: &SentCredential,
    ) -> Result<Response, Box<Failure>> {
        let response = match self.pool.execute(request).await {
            Ok(response) => response,
            Err(error) => return Err(answer::no_answer(outgoing, &self.host, error, sent)),
        };
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let (headers, body) = answer::read_refusal(response).await;
        Err(self.refused(outgoing, status, &headers, &body, sent))
    }

    fn refused(
        &self,
        outgoing: &Outgoing<'_>,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        sent: &SentCredential,
    ) -> Box<Failure> {
        let auth_type = self.credential.auth_type();
        refusal::read(outgoing, auth_type, status, headers, body, sent)
    }

    /// The time that one operation may take, in words.
    fn time(&self) -> String {
        format!("{} s", self.limits.call.as_secs_f64())
    }
}

fn cancelled(outgoing: &Outgoing<'_>, number: u32) -> Box<Failure> {
    let error = cancellation::unsent(outgoing.operation, number);
    Failure::new(error, FailureKind::Permanent)
}

/// A request that may leave.
struct Ready<'a> {
    permit: Permit<'a>,
    request: Request,
    sent: SentCredential,
    /// Its span, where there is a collector, and its verb.
    span: Option<(Open, Method)>,
}
