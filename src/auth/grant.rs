//! Token sources, and the grant they return: headers and their expiry.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::refusal::Refusal;
use crate::redact;

/// The future of [`Source::fetch`].
pub(super) type GrantFuture<'a> = Pin<Box<dyn Future<Output = Result<Grant, Refusal>> + Send + 'a>>;

/// A source of tokens. It caches none.
pub(super) trait Source: Debug + Send + Sync {
    /// Fetches a new grant.
    fn fetch(&self) -> GrantFuture<'_>;
}

/// A token as an endpoint or a command returned it.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// The scheme of the Authorization header, in the spelling received.
    pub(super) kind: String,
    pub(super) access: SecretString,
    pub(super) refresh: Option<SecretString>,
    /// The expiry, if known.
    pub(super) expires: Option<SystemTime>,
}

/// The headers that authorize requests.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) headers: HeaderMap,
    pub(super) expires: Option<SystemTime>,
}

impl Grant {
    /// Builds the Authorization header of a token.
    pub(super) fn new(token: &Token) -> Result<Self, Refusal> {
        let text = format!("{} {}", token.kind, token.access.expose_secret());
        Ok(Self {
            headers: HeaderMap::from_iter([(AUTHORIZATION, sensitive(&text)?)]),
            expires: token.expires,
        })
    }

    /// Adds a header with a second token. The grant expires with the token that expires first.
    pub(super) fn with_token(mut self, name: &'static str, token: &Token) -> Result<Self, Refusal> {
        self.expires = match (self.expires, token.expires) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.with_text(name, token.access.expose_secret())
    }

    /// Adds a header.
    pub(super) fn with_text(mut self, name: &'static str, text: &str) -> Result<Self, Refusal> {
        self.headers
            .insert(HeaderName::from_static(name), sensitive(text)?);
        Ok(self)
    }
}

/// The time this many seconds from now; `None`, which means never, if it cannot be represented.
pub(super) fn in_seconds(seconds: u64) -> Option<SystemTime> {
    SystemTime::now().checked_add(Duration::from_secs(seconds))
}

fn sensitive(text: &str) -> Result<HeaderValue, Refusal> {
    redact::remember(text.rsplit(' ').next().unwrap_or(text));
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Refusal::failed("the token contains characters that an HTTP header cannot carry")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Converts seconds since 1970.
pub(super) fn epoch(seconds: f64) -> Option<SystemTime> {
    let since = Duration::try_from_secs_f64(seconds).ok()?;
    UNIX_EPOCH.checked_add(since)
}
