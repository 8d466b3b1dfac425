//! Subscriptions to runs and statements: the client is told when one has changed, and reads it if it wants to.
//!
//! A session subscribes address by address; without a session, a request stays open and names all of them. Both keep
//! to one number, and ask the workspace no more once the work has ended or nobody listens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;
use rmcp::RoleServer;
use rmcp::model::{ErrorData, ResourceUpdatedNotificationParam, SubscriptionFilter};
use rmcp::service::{Peer, RequestContext, SubscriptionContext, SubscriptionSink};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{Server, isolation};
use crate::context::{Context, Progress};
use crate::engine;
use crate::error::Error;
use crate::hints;
use crate::resources::{self, READ, SUBSCRIBE};
use crate::transport::Call;
use crate::waiting::{self, Followed, Known};
use crate::workspaces::Chosen;

/// Subscriptions of one session at the same time.
const SUBSCRIPTIONS: usize = 32;

/// The subscriptions of a session.
#[derive(Debug, Default)]
pub(super) struct Subscriptions(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// By the address as the client wrote it, which is what it will be told.
    named: HashMap<String, CancellationToken>,
    /// All of them, those of open requests too.
    count: usize,
}

impl Subscriptions {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn left(&self) -> usize {
        SUBSCRIPTIONS - self.state().count
    }

    /// Takes a place for as long as it is held; none if all are taken.
    fn place(self: &Arc<Self>) -> Result<Place, Error> {
        let mut state = self.state();
        if state.count >= SUBSCRIPTIONS {
            return Err(Error::Arguments {
                tool: SUBSCRIBE.to_owned(),
                problems: vec![format!(
                    "{SUBSCRIPTIONS} runs and statements are subscribed to, which is all that there may be: \
                     unsubscribe from one first"
                )],
            });
        }
        state.count += 1;
        Ok(Place(Arc::clone(self)))
    }

    /// Notes a subscription under its address; none if there is one already.
    fn note(&self, uri: &str, cancel: &CancellationToken) -> bool {
        let mut state = self.state();
        let is_new = !state.named.contains_key(uri);
        if is_new {
            state.named.insert(uri.to_owned(), cancel.clone());
        }
        is_new
    }

    fn has(&self, uri: &str) -> bool {
        self.state().named.contains_key(uri)
    }

    /// Ends the subscription of this address.
    fn end(&self, uri: &str) {
        if let Some(cancel) = self.state().named.remove(uri) {
            cancel.cancel();
        }
    }

    /// Forgets a subscription that has ended by itself; one that was made anew since stays.
    fn forget(&self, uri: &str, ended: &CancellationToken) {
        if !ended.is_cancelled() {
            self.state().named.remove(uri);
        }
    }
}

/// One of the places that there are.
struct Place(Arc<Subscriptions>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.state().count -= 1;
    }
}

/// The way to tell a client.
enum Voice {
    Session(Peer<RoleServer>),
    Request(SubscriptionSink),
}

/// Work that a client has subscribed to.
struct Watched {
    uri: String,
    known: Known,
    context: Context,
    voice: Voice,
    _place: Place,
}

impl Followed for Watched {
    fn known(&self) -> &Known {
        &self.known
    }

    async fn ask(&self) -> Result<Value, Error> {
        engine::standing(&self.context, &self.known).await
    }

    async fn tell(&self) -> bool {
        let uri = self.uri.clone();
        match &self.voice {
            Voice::Session(peer) => {
                let updated = ResourceUpdatedNotificationParam::new(uri);
                peer.notify_resource_updated(updated).await.is_ok()
            }
            Voice::Request(sink) => sink.notify_resource_updated(uri).await.is_ok(),
        }
    }
}

impl Watched {
    /// Tells each change until there is none any more, or until it is cancelled.
    async fn until_it_ends(&self, first: &Value) {
        let cancel = self.context.cancel.clone();
        let followed = async {
            waiting::each_change(self, first).await;
            Ok(())
        };
        let followed = isolation::isolated(Box::pin(followed), async {});
        tokio::select! {
            biased;
            () = cancel.cancelled() => {}
            ended = followed => if let Err(error) = ended {
                tracing::error!(request_id = &*self.context.call.id, %error, "a subscription ended");
            },
        }
    }
}

impl Server {
    /// True where there is something to subscribe to.
    pub(super) fn is_subscribable(&self) -> bool {
        self.kinds().any(|facts| facts.kind.changes())
    }

    /// Begins to tell a session of changes to what an address names.
    ///
    /// # Errors
    /// It may not be read, does not exist, does not change by itself, or there are too many already.
    pub(super) async fn subscribed(
        &self,
        uri: String,
        client: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if self.subscriptions.has(&uri) {
            return Ok(());
        }
        let begun = isolation::isolated(Box::pin(self.begin(uri, client)), async {}).await;
        begun.map_err(|error| self.protocol_error(&error))
    }

    async fn begin(&self, uri: String, client: &RequestContext<RoleServer>) -> Result<(), Error> {
        let cancel = self.leaving.gone.child_token();
        let voice = Voice::Session(client.peer.clone());
        let watched = self.watched(&uri, &cancel, voice)?;
        if !self.subscriptions.note(&uri, &cancel) {
            return Ok(());
        }
        let first = match self.first_state(&watched, client).await {
            Ok(first) => first,
            Err(error) => {
                self.subscriptions.forget(&uri, &cancel);
                return Err(error);
            }
        };
        let subscriptions = Arc::clone(&self.subscriptions);
        self.calls.spawn(async move {
            watched.until_it_ends(&first).await;
            subscriptions.forget(&uri, &cancel);
        });
        Ok(())
    }

    /// The state to compare with, which a subscription is refused without.
    async fn first_state(
        &self,
        watched: &Watched,
        client: &RequestContext<RoleServer>,
    ) -> Result<Value, Error> {
        let patience = watched.context.workspace.transport.patience();
        let cancelled = || Error::Cancelled {
            what: "the subscription".to_owned(),
        };
        let _turn = self.turns.of(READ, &client.ct, patience).await?;
        tokio::select! {
            state = watched.ask() => state.map_err(hints::with_tool),
            () = client.ct.cancelled() => Err(cancelled()),
            () = watched.context.cancel.cancelled() => Err(cancelled()),
        }
    }

    /// Ends what was begun for an address.
    pub(super) fn unsubscribed(&self, uri: &str) {
        self.subscriptions.end(uri);
    }

    /// The part of a filter that this server tells of: addresses of work that may be read, for which there is a place.
    pub(super) fn listenable(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        if !self.is_subscribable() {
            return None;
        }
        let mut heard: Vec<&String> = Vec::new();
        let left = self.subscriptions.left();
        for uri in requested.resource_subscriptions.iter().flatten() {
            if heard.len() < left && !heard.contains(&uri) && self.work(uri).is_ok() {
                heard.push(uri);
            }
        }
        let filter = SubscriptionFilter::builder();
        Some(filter.resource_subscriptions(heard).build())
    }

    /// Tells of changes for as long as the request is open and there may be some. A request that names nothing which
    /// changes stays open until the client ends it, since some would ask again at once.
    ///
    /// # Errors
    /// The places were taken meanwhile.
    pub(super) async fn listened(&self, asked: SubscriptionContext) -> Result<(), ErrorData> {
        let uris = asked.accepted().resource_subscriptions.clone();
        let uris = uris.unwrap_or_default();
        if uris.is_empty() {
            asked.cancelled().await;
            return Ok(());
        }
        let cancel = &asked.request_context().ct;
        let watched = |uri: &String| {
            let voice = Voice::Request(asked.sink().clone());
            self.watched(uri, cancel, voice)
        };
        let all: Result<Vec<Watched>, Error> = uris.iter().map(watched).collect();
        let all = all.map_err(|error| self.protocol_error(&error))?;
        let told = all.into_iter().map(|watched| async move {
            let first = tokio::select! {
                first = watched.ask() => first,
                () = cancel.cancelled() => return,
            };
            match first {
                Ok(first) => watched.until_it_ends(&first).await,
                // Whoever reads it learns why.
                Err(_) => drop(watched.tell().await),
            }
        });
        Box::pin(join_all(told)).await;
        Ok(())
    }

    /// The work that an address names, if the address may be read.
    fn work(&self, uri: &str) -> Result<(Known, Chosen), Error> {
        let (uri, chosen) = self.addressed(uri)?;
        Ok((resources::work(&uri)?, chosen))
    }

    fn watched(
        &self,
        uri: &str,
        cancel: &CancellationToken,
        voice: Voice,
    ) -> Result<Watched, Error> {
        let (known, chosen) = self.work(uri)?;
        let place = self.subscriptions.place()?;
        let workspace = Arc::clone(&chosen.workspace);
        let call = Call::new(SUBSCRIBE);
        tracing::info!(request_id = &*call.id, tool = SUBSCRIBE, "subscribed");
        Ok(Watched {
            uri: uri.to_owned(),
            known,
            context: Context::new(workspace, call, cancel.clone(), Progress::Silent),
            voice,
            _place: place,
        })
    }
}
