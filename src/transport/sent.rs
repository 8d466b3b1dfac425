//! The credential a request carried, so that nothing that comes back shows it.

use memchr::memmem;
use reqwest::header::HeaderMap;

use crate::redact::{self, REDACTED};

/// Shorter values are no secrets: taking them out would tear words apart.
const SHORTEST: usize = 8;

/// Values that a request's sensitive headers carried, without their scheme.
pub(super) struct Sent(Vec<Vec<u8>>);

impl Sent {
    pub(super) fn new(headers: &HeaderMap) -> Self {
        let sensitive = headers.values().filter(|value| value.is_sensitive());
        let secrets = sensitive.map(|value| {
            let bytes = value.as_bytes();
            match memchr::memrchr(b' ', bytes) {
                Some(space) => bytes.get(space + 1..).unwrap_or_default().to_vec(),
                None => bytes.to_vec(),
            }
        });
        Self(secrets.filter(|secret| secret.len() >= SHORTEST).collect())
    }

    /// A body without the credential.
    pub(super) fn out_of(&self, body: Vec<u8>) -> Vec<u8> {
        self.0.iter().fold(body, |body, secret| {
            let finder = memmem::Finder::new(secret);
            if finder.find(&body).is_none() {
                return body;
            }
            let mut clean = Vec::with_capacity(body.len());
            let mut rest = body.as_slice();
            while let Some(at) = finder.find(rest) {
                clean.extend_from_slice(rest.get(..at).unwrap_or_default());
                clean.extend_from_slice(REDACTED.as_bytes());
                rest = rest.get(at + secret.len()..).unwrap_or_default();
            }
            clean.extend_from_slice(rest);
            clean
        })
    }

    /// A message without the credential, or any other.
    pub(super) fn out_of_text(&self, text: &str) -> String {
        let clean = self.out_of(text.as_bytes().to_vec());
        redact::text(&String::from_utf8_lossy(&clean)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use reqwest::header::{AUTHORIZATION, HeaderValue};

    use super::*;

    #[test]
    fn what_was_sent_does_not_come_back() {
        let mut header = HeaderValue::from_static("Bearer my-token-1");
        header.set_sensitive(true);
        let sent = Sent::new(&HeaderMap::from_iter([(AUTHORIZATION, header)]));
        let body = b"my-token-1, \"my-token-1\" but my-token-2".to_vec();
        let clean = String::from_utf8(sent.out_of(body)).unwrap();
        assert_eq!(clean, "[redacted], \"[redacted]\" but my-token-2");
        assert_eq!(sent.out_of_text("said my-token-1"), "said [redacted]");
    }
}
