//! A personal access token: one header, never refreshed.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::{Credential, Headers};
use crate::error::Error;

/// `auth_type` `pat`.
#[derive(Debug)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// Wraps a token as Databricks shows it once when it is made.
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
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.0.expose_secret()));
        let headers = bearer.map(|mut bearer| {
            bearer.set_sensitive(true);
            HeaderMap::from_iter([(AUTHORIZATION, bearer)])
        });
        let headers = headers.map_err(|_| Error::Setting {
            setting: "DATABRICKS_TOKEN",
            reason: "it holds characters that no header can carry".to_owned(),
        });
        Box::pin(std::future::ready(headers))
    }

    fn refused(&self, _: &HeaderMap) -> bool {
        false
    }
}
