//! Keeps a grant while it is good; one refresh serves all callers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::header::{AUTHORIZATION, HeaderMap};
use tokio::sync::watch;

use super::chain::Chain;
use super::grant::Grant;
use super::{Credential, Headers};
use crate::error::Error;

/// Azure Databricks refuses tokens in their last 30 s; the SDK therefore counts the last 40 s as expired.
const MARGIN: Duration = Duration::from_secs(40);
/// A long-lived token is refreshed in the background this long before it expires, a short-lived one at half its life.
const STALE: Duration = Duration::from_mins(20);
/// After a background refresh failed, the next one waits this long.
const AGAIN: Duration = Duration::from_mins(1);

type Outcome = Option<Result<HeaderMap, Error>>;

/// A credential over a chain of sources.
#[derive(Debug, Clone)]
pub(super) struct Kept(Arc<Inner>);

struct Inner {
    chain: Chain,
    now: fn() -> SystemTime,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    grant: Option<Grant>,
    stale_after: Option<SystemTime>,
    /// The refresh under way.
    flight: Option<watch::Receiver<Outcome>>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("chain", &self.chain).finish()
    }
}

impl Kept {
    pub(super) fn new(chain: Chain) -> Self {
        Self::with_clock(chain, SystemTime::now)
    }

    fn with_clock(chain: Chain, now: fn() -> SystemTime) -> Self {
        Self(Arc::new(Inner {
            chain,
            now,
            state: Mutex::default(),
        }))
    }

    async fn current(&self) -> Result<HeaderMap, Error> {
        let mut flight = {
            let mut state = self.0.state();
            match state.kept((self.0.now)()) {
                Some((headers, false)) => return Ok(headers),
                Some((headers, true)) => {
                    self.take_off(&mut state);
                    return Ok(headers);
                }
                None => self.take_off(&mut state),
            }
        };
        let landed = flight.wait_for(Option::is_some).await;
        match landed.as_deref() {
            Ok(Some(outcome)) => outcome.clone(),
            _ => Err(Error::Internal {
                reason: "the token refresh broke off".to_owned(),
            }),
        }
    }

    /// Starts a refresh, or joins the one under way. It runs on its own: a caller that goes away
    /// must not lose a refresh token that the service has just replaced.
    fn take_off(&self, state: &mut State) -> watch::Receiver<Outcome> {
        // One that broke off, by a fault of its source, is not joined for ever.
        let flight = state.flight.as_ref();
        if let Some(flight) = flight.filter(|flight| flight.has_changed().is_ok()) {
            return flight.clone();
        }
        let (send, receive) = watch::channel(None);
        state.flight = Some(receive.clone());
        let inner = Arc::clone(&self.0);
        tokio::spawn(async move {
            let outcome = inner.chain.fetch().await;
            let mut state = inner.state();
            state.flight = None;
            let now = (inner.now)();
            match &outcome {
                Ok(grant) => state.keep(grant.clone(), now),
                Err(error) => {
                    tracing::warn!(auth_type = inner.chain.auth_type(), %error, "no new token");
                    state.stale_after = Some(now + AGAIN);
                }
            }
            drop(state);
            send.send_replace(Some(outcome.map(|grant| grant.headers)));
        });
        receive
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep(&mut self, grant: Grant, now: SystemTime) {
        self.stale_after = grant.expires.map(|expires| {
            let life = expires.duration_since(now).unwrap_or_default();
            expires - (life / 2).min(STALE)
        });
        self.grant = Some(grant);
    }

    /// The headers while they are good, and whether a refresh is due.
    fn kept(&self, now: SystemTime) -> Option<(HeaderMap, bool)> {
        let grant = self.grant.as_ref()?;
        if grant.expires.is_some_and(|expires| expires < now + MARGIN) {
            return None;
        }
        let stale = self.stale_after.is_some_and(|after| after < now);
        Some((grant.headers.clone(), stale))
    }
}

impl Credential for Kept {
    fn auth_type(&self) -> &'static str {
        self.0.chain.auth_type()
    }

    fn headers(&self) -> Headers<'_> {
        Box::pin(self.current())
    }

    fn refused(&self, refused: &HeaderMap) -> bool {
        let mut state = self.0.state();
        let kept = state.grant.as_ref();
        // Another caller may have replaced them already.
        if kept.is_some_and(|kept| kept.headers.get(AUTHORIZATION) == refused.get(AUTHORIZATION)) {
            state.grant = None;
        }
        true
    }
}

#[cfg(test)]
#[path = "kept_tests.rs"]
mod tests;
