//! The one pipe that every HTTP request goes through: throttle, credential, deadline, retry, errors.
//!
//! [`Transport::send`] makes an [`outgoing`] request and attempts to send it. An attempt ([`sender`]) waits for a
//! permit ([`throttle`]), adds the credential, sends, and reads the [`answer`] under a cap. A refusal of the
//! service becomes one error ([`refusal`]), which says what to do about the connection or the credential
//! ([`access_hint`]). A [`failure`] is attempted again ([`retry`]) only if the request surely never reached the
//! service, or if it is idempotent ([`idempotency`]).
//!
//! No file here names a tool: hints that name one come from [`crate::hints`].

mod access_hint;
mod answer;
mod call;
mod cancellation;
mod exchanged;
mod failure;
mod gate;
mod idempotency;
mod incoming;
mod limits;
mod mended;
mod outgoing;
mod pace;
mod refusal;
mod retry;
mod routing;
mod sender;
mod sent_credential;
mod throttle;
mod typed;
mod usage;
mod values;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use databricks_client::Client;
use reqwest::{Method, Request};
use tokio::time::Instant;
use url::Url;

use crate::config::Settings;
use crate::connect::Connections;
use crate::error::Error;
use failure::Failure;
use outgoing::Outgoing;
use retry::{Budget, Retries};
use sender::{Opened, Reading, Sender, Whole};

pub use answer::Reply;
pub use call::Call;
pub use gate::Gate;
pub use incoming::Incoming;
pub use limits::{Limits, Statements};
pub(crate) use mended::mended;
pub use pace::Pace;
pub use throttle::Load;
pub use typed::typed_answer;
pub use usage::{Upstream, Usage};

/// The door for `tests/fuzz/targets/mended.rs`: the body, mended where it is no JSON.
#[cfg(fuzzing)]
#[doc(hidden)]
#[must_use]
pub fn fuzz_mended(body: Vec<u8>) -> Vec<u8> {
    mended::mended(body)
}

/// The time of a call beyond that of its longest request; clients give up near 60 s.
const AFTERWARDS: Duration = Duration::from_secs(10);

/// The way to one workspace, for all its calls.
#[derive(Debug)]
pub struct Transport {
    sender: Sender,
    retry_budget: Budget,
    gate: OnceLock<Arc<dyn Gate>>,
}

impl Transport {
    /// Builds the pool of connections; nothing is sent.
    ///
    /// # Errors
    /// Fails if this machine's TLS set-up cannot be used, or if a setting cannot be a header.
    pub fn new(
        settings: &Settings,
        connections: &Connections,
        limits: Limits,
    ) -> Result<Self, Error> {
        Ok(Self {
            retry_budget: Budget::new(limits.retries),
            sender: Sender::new(settings, connections, limits)?,
            gate: OnceLock::new(),
        })
    }

    /// Has every request from now on pass this gate first. A gate that is there stays.
    pub fn guard(&self, gate: Arc<dyn Gate>) {
        // Nothing lifts what the user has ruled out.
        let _ = self.gate.set(gate);
    }

    /// Lets a call pass that is to send this operation later, unless the user has ruled that out whatever its arguments.
    ///
    /// # Errors
    /// The reason why it would not be sent.
    pub fn will_admit(&self, call: &Call, operation: &str) -> Result<(), Error> {
        self.admit(
            call,
            operation,
            &Request::new(Method::POST, self.host().clone()),
        )
    }

    /// Lets a request to the workspace pass that the user has not ruled out.
    ///
    /// # Errors
    /// The reason why it is not sent.
    fn admit(&self, call: &Call, operation: &str, request: &Request) -> Result<(), Error> {
        match self.gate.get() {
            Some(gate) => gate.admit(call, operation, request),
            None => Ok(()),
        }
    }

    /// The time that a whole call may take, its turn included: that of one request, and some for what follows.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.sender.limits.call + AFTERWARDS
    }

    /// The bounds that the user sets to SQL statements.
    #[must_use]
    pub fn statements(&self) -> &Statements {
        &self.sender.limits.statements
    }

    /// The workspace's base URL.
    #[must_use]
    pub fn host(&self) -> &Url {
        &self.sender.host
    }

    /// The figures of the requests so far.
    #[must_use]
    pub fn upstream(&self) -> Upstream {
        self.sender.counters.read()
    }

    /// The requests under way, those that wait for their turn, and the most that may be under way.
    #[must_use]
    pub fn load(&self) -> Load {
        self.sender.load()
    }

    /// The kind of credential that requests go with.
    #[must_use]
    pub fn auth_type(&self) -> &'static str {
        self.sender.credential.auth_type()
    }

    /// The bounds of its requests.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.sender.limits
    }

    /// The pool, for building requests; sending goes through [`Transport::send`].
    #[must_use]
    pub fn client(&self) -> &reqwest::Client {
        &self.sender.pool
    }

    /// A typed client that sends through this transport on behalf of `call`.
    #[must_use]
    pub fn typed(self: &Arc<Self>, call: &Call) -> Client {
        let (transport, call) = (Arc::clone(self), call.clone());
        typed::client(self.host(), self.client(), move |operation, request| {
            let (transport, call) = (Arc::clone(&transport), call.clone());
            Box::pin(async move { transport.send(&call, operation, request).await })
        })
    }

    /// Sends a request and returns the successful answer. The credential goes to the workspace only, not to
    /// any other host that the request may name.
    ///
    /// GET, HEAD, PUT, DELETE and operations with an idempotency token are sent again after 408, 429, 502,
    /// 503, 504, a message that the SDKs know as transient, and broken connections. Other POST and PATCH requests,
    /// and uploads that must not replace a file, are sent again after 429, or when no connection came about, because then the service did not act. After
    /// 401, any request is sent once more if the credential can be renewed.
    ///
    /// [`Call::cancel`] ends a request that would change something while it waits to be sent, for the first
    /// time or again. A request that is on its way is never dropped.
    ///
    /// # Errors
    /// The service's refusal, a failure of the network, the call's cancellation before the request was sent, or the
    /// user's word against it.
    pub async fn send(
        &self,
        call: &Call,
        operation: &str,
        mut request: Request,
    ) -> Result<Reply, Error> {
        self.admit(call, operation, &request)?;
        let outgoing = Outgoing::new(call, operation, &mut request, self.sender.limits.call);
        self.send_again(outgoing, request).await
    }

    /// Reads a presigned URL that the service gave. A hostile workspace must not lead to a service of this machine, or
    /// in the clear to another host.
    ///
    /// # Errors
    /// The reason why it is not followed.
    pub fn presigned_url(&self, link: &str) -> Result<Url, String> {
        let url = Url::parse(link).map_err(|_| "its link is no URL".to_owned())?;
        if url.origin() != self.host().origin() && url.scheme() != "https" {
            return Err("its link is not encrypted and leads to another host".to_owned());
        }
        Ok(url)
    }

    /// Sends a request to a presigned URL that an answer of `operation` gave. It goes without the credential, which
    /// the URL's host would refuse, and through no gate, which the request for the URL has passed.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub async fn send_presigned(
        &self,
        call: &Call,
        operation: &str,
        mut request: Request,
    ) -> Result<Reply, Error> {
        let outgoing = Outgoing::new(call, operation, &mut request, self.sender.limits.call);
        self.send_again(outgoing.presigned(), request).await
    }

    /// Sends a request and returns its answer with the body still to come. The body may take any time, as long as it
    /// is never silent for longer than a request may take.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub async fn open(
        &self,
        call: &Call,
        operation: &str,
        mut request: Request,
        presigned: bool,
    ) -> Result<Incoming<'_>, Error> {
        if !presigned {
            self.admit(call, operation, &request)?;
        }
        let mut outgoing = Outgoing::new(call, operation, &mut request, self.sender.limits.call);
        outgoing.presigned = presigned;
        self.retrying::<Opened>(&outgoing, request).await
    }

    async fn send_again(&self, outgoing: Outgoing<'_>, request: Request) -> Result<Reply, Error> {
        self.retrying::<Whole>(&outgoing, request).await
    }

    /// Attempts to send a request until that has an outcome which another attempt would not change.
    async fn retrying<R: Reading>(
        &self,
        outgoing: &Outgoing<'_>,
        mut request: Request,
    ) -> Result<R::Answer<'_>, Error> {
        let (call, operation) = (outgoing.call, outgoing.operation);
        let limits = &self.sender.limits;
        let mut retries = Retries::new(limits, Instant::now());
        let mut renewed = false;
        loop {
            // A body that streams can be sent only once.
            let (now, again) = match request.try_clone() {
                Some(copy) => (copy, Some(request)),
                None => (request, None),
            };
            let failure = match R::attempt(
                &self.sender,
                outgoing,
                now,
                retries.sends() + u32::from(renewed),
            )
            .await
            {
                Ok(reply) => {
                    self.retry_budget.earn();
                    return Ok(reply);
                }
                Err(failure) => failure,
            };
            let Some(next) = again else {
                return Err(failure.error);
            };
            request = next;
            if let Some(refused) = &failure.refused_credential
                && !renewed
                && self.sender.credential.refused(refused)
            {
                tracing::info!(request_id = %call.id, operation, "credential refused, renewing it");
                renewed = true;
                continue;
            }
            self.back_off(outgoing, &mut retries, failure).await?;
        }
    }

    /// Sends a request once, however it fails. This is for answers that are nice to have and not worth a wait.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub async fn send_once(
        &self,
        call: &Call,
        operation: &str,
        mut request: Request,
    ) -> Result<Reply, Error> {
        self.admit(call, operation, &request)?;
        let outgoing = Outgoing::new(call, operation, &mut request, self.sender.limits.call);
        let reply = self.sender.attempt(&outgoing, request, 1).await;
        reply.map_err(|failure| failure.error)
    }

    /// Waits until the request may be sent again, or returns the failure's error if it may not.
    async fn back_off(
        &self,
        outgoing: &Outgoing<'_>,
        retries: &mut Retries<'_>,
        failure: Box<Failure>,
    ) -> Result<(), Error> {
        if !failure.kind.allows_retry(outgoing.idempotent) {
            return Err(failure.error);
        }
        let (call, operation) = (outgoing.call, outgoing.operation);
        match retries.next(failure.retry_after, &self.retry_budget, Instant::now()) {
            Ok(wait) if Instant::now() + wait < outgoing.deadline => {
                tracing::info!(
                    request_id = %call.id,
                    tool = %call.tool,
                    operation,
                    sends = retries.sends(),
                    wait_ms = wait.as_millis(),
                    kind = failure.error.kind(),
                    "sending again"
                );
                let waited = outgoing.cancellation.or_cancelled(tokio::time::sleep(wait));
                let waited = waited.await;
                waited.ok_or_else(|| cancellation::unsent_again(operation, &failure.error))
            }
            spent => {
                tracing::info!(request_id = %call.id, operation, ?spent, "not sending again");
                Err(failure.error)
            }
        }
    }
}
