//! The webhook of the settings: its URL, its secret, and the work that is long enough.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use url::Url;

use crate::connect::is_loopback;
use crate::error::Error;
use crate::settings::{Given, setting};

/// The least characters of a secret.
const SECRET: usize = 16;

/// The mark of a secret that is base64, as services give them out.
const ENCODED: &str = "whsec_";

/// A URL that is told the end of long work. It may hold a token in its path, as those of chat services do.
#[derive(Debug)]
pub struct Webhook {
    pub(super) url: SecretString,
    /// The key of signatures.
    pub(super) key: SecretSlice<u8>,
    /// The time from which a call that waits counts as long.
    pub(super) after: Duration,
}

impl Webhook {
    /// Reads the settings; none where no URL is set.
    ///
    /// # Errors
    /// The URL is none or not encrypted, or the secret is missing or too short.
    pub fn of(given: &Given) -> Result<Option<Self>, Error> {
        let Some(text) = given.get(setting::NOTIFY) else {
            return Ok(None);
        };
        let refuse = |reason: &str| Err(setting::NOTIFY.unusable(reason.to_owned()));
        let Ok(url) = Url::parse(text) else {
            return refuse("it is no URL");
        };
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if !is_safe || url.host().is_none() {
            return refuse("only https is encrypted, and only this machine does without");
        }
        let after: Option<Duration> = given.read(setting::NOTIFY_AFTER)?;
        Ok(Some(Self {
            url: text.into(),
            key: key(given)?,
            after: after.unwrap_or_default(),
        }))
    }
}

fn key(given: &Given) -> Result<SecretSlice<u8>, Error> {
    let refuse = |reason: String| Err(setting::NOTIFY_SECRET.unusable(reason));
    let Some(secret) = given.secret(setting::NOTIFY_SECRET) else {
        return refuse("`notify` needs it: messages are signed".to_owned());
    };
    let secret = secret.expose_secret();
    let bytes = match secret.strip_prefix(ENCODED) {
        Some(encoded) => match BASE64_STANDARD.decode(encoded) {
            Ok(bytes) => bytes,
            Err(_) => return refuse(format!("after `{ENCODED}` it is not base64")),
        },
        None => secret.as_bytes().to_vec(),
    };
    if bytes.len() < SECRET {
        return refuse(format!("it is shorter than {SECRET} characters"));
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::settings::file::Files;
    use crate::settings::of_process;

    fn webhook(url: &str, secret: &str) -> Result<Option<Webhook>, Error> {
        let variable = |name: &str| match name {
            "DATABRICKS_MCP_NOTIFY" => Some(url.to_owned()),
            "DATABRICKS_MCP_NOTIFY_SECRET" => Some(secret.to_owned()),
            _ => None,
        };
        Webhook::of(&of_process(&[], &variable, &Files::default()))
    }

    #[test]
    fn a_webhook_is_encrypted_and_signed() {
        let secret = "signed-by-nobody";
        assert!(webhook("", secret).unwrap().is_none());
        for url in ["https://acme.example/hook", "http://127.0.0.1:9/hook"] {
            assert!(webhook(url, secret).unwrap().is_some(), "{url}");
        }
        for url in [
            "http://acme.example/hook",
            "ftp://acme.example/",
            "hook",
            "file:///etc",
        ] {
            assert!(webhook(url, secret).is_err(), "{url}");
        }
        let url = "https://acme.example/marked-token";
        for secret in ["", "short", "whsec_!", "whsec_c2hvcnQ="] {
            let error = webhook(url, secret).unwrap_err();
            assert!(!error.text().contains("marked-token"), "{error}");
        }
        let encoded = webhook(url, "whsec_c2lnbmVkLWJ5LW5vYm9keQ==")
            .unwrap()
            .unwrap();
        assert_eq!(encoded.key.expose_secret(), secret.as_bytes());
        assert!(!format!("{encoded:?}").contains("marked-token"));
    }
}
