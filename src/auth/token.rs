//! Personal access tokens and basic authentication: one fixed header, never refreshed.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::{Credential, Headers};
use crate::error::Error;
use crate::redact;

/// A personal access token, `auth_type` `pat`.
#[derive(Debug)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// Wraps a token.
    #[must_use]
    pub fn new(token: SecretString) -> Self {
        Self(token)
    }
}

impl Credential for AccessToken {
    fn auth_type(&self) -> &'static str {
        "pat"
    }

    fn headers(&self) -> Headers<'_> {
        let text = format!("Bearer {}", self.0.expose_secret());
        Box::pin(std::future::ready(fixed("DATABRICKS_TOKEN", &text)))
    }

    fn refused(&self, _: &HeaderMap) -> bool {
        false
    }
}

/// A user and password in base64, `auth_type` `basic`.
#[derive(Debug)]
pub(super) struct Basic(SecretString);

impl Basic {
    pub(super) fn new(user: &str, password: &SecretString) -> Self {
        let pair = format!("{user}:{}", password.expose_secret());
        let encoded = BASE64_STANDARD.encode(pair);
        redact::remember(&encoded);
        Self(encoded.into())
    }
}

impl Credential for Basic {
    fn auth_type(&self) -> &'static str {
        "basic"
    }

    fn headers(&self) -> Headers<'_> {
        let text = format!("Basic {}", self.0.expose_secret());
        Box::pin(std::future::ready(fixed("DATABRICKS_PASSWORD", &text)))
    }

    fn refused(&self, _: &HeaderMap) -> bool {
        false
    }
}

fn fixed(setting: &'static str, text: &str) -> Result<HeaderMap, Error> {
    let mut value = HeaderValue::from_str(text).map_err(|_| Error::Setting {
        setting,
        reason: "it contains characters that an HTTP header cannot carry".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}
