//! What a source of tokens gives: headers, and until when they are good.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::refusal::Refusal;
use crate::redact;

/// A grant, once there is one.
pub(super) type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Grant, Refusal>> + Send + 'a>>;

/// Something that gets tokens; it keeps none itself.
pub(super) trait Source: Debug + Send + Sync {
    /// Gets a new grant from where tokens come from.
    fn fetch(&self) -> Fetching<'_>;
}

/// A token as an endpoint or a command gave it.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// The scheme of the Authorization header, as it was spelled.
    pub(super) kind: String,
    pub(super) access: SecretString,
    pub(super) refresh: Option<SecretString>,
    /// When it ends, if that is known.
    pub(super) expires: Option<SystemTime>,
}

/// Headers that let requests in.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) headers: HeaderMap,
    pub(super) expires: Option<SystemTime>,
}

impl Grant {
    /// The Authorization header of a token.
    pub(super) fn new(token: &Token) -> Result<Self, Refusal> {
        let text = format!("{} {}", token.kind, token.access.expose_secret());
        Ok(Self {
            headers: HeaderMap::from_iter([(AUTHORIZATION, sensitive(&text)?)]),
            expires: token.expires,
        })
    }

    /// Adds a header that holds a further token; the grant ends when the first of them ends.
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

/// `SystemTime` in so many seconds; an absurd number of seconds counts as never.
pub(super) fn in_seconds(seconds: u64) -> Option<SystemTime> {
    SystemTime::now().checked_add(Duration::from_secs(seconds))
}

fn sensitive(text: &str) -> Result<HeaderValue, Refusal> {
    redact::remember(text.rsplit(' ').next().unwrap_or(text));
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| Refusal::failed("the token holds characters that no header can carry"))?;
    value.set_sensitive(true);
    Ok(value)
}
