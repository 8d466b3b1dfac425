//! Caches a grant until it expires; concurrent callers share one refresh.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::header::{AUTHORIZATION, HeaderMap};
use tokio::sync::watch;

use super::chain::Chain;
use super::grant::Grant;
use super::{Credential, Headers};
use crate::error::Error;

/// The part of a token's life that counts as expired. Azure Databricks refuses tokens in their last 30 s;
/// the SDK uses 40 s.
const MARGIN: Duration = Duration::from_secs(40);
/// A background refresh starts this long before the expiry, or at half the token's life if that is later.
const REFRESH_AHEAD: Duration = Duration::from_mins(20);
/// The pause after a failed background refresh.
const RETRY_PAUSE: Duration = Duration::from_mins(1);

type Outcome = Option<Result<HeaderMap, Error>>;

/// A caching credential over a chain of sources.
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
    /// The refresh in progress.
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
                reason: "the token refresh ended without a result".to_owned(),
            }),
        }
    }

    /// Starts a refresh or joins the one in progress. It runs in its own task: a caller that goes away must
    /// not lose a refresh token that the service has just rotated.
    fn take_off(&self, state: &mut State) -> watch::Receiver<Outcome> {
        // A refresh whose task panicked is never joined.
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
                    state.stale_after = Some(now + RETRY_PAUSE);
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
            expires - (life / 2).min(REFRESH_AHEAD)
        });
        self.grant = Some(grant);
    }

    /// The cached headers, and true if a background refresh is due. `None` once they have expired.
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
        // Another caller may already have replaced them.
        if kept.is_some_and(|kept| kept.headers.get(AUTHORIZATION) == refused.get(AUTHORIZATION)) {
            state.grant = None;
        }
        true
    }
}

#[cfg(test)]
#[path = "kept_tests.rs"]
mod tests;
