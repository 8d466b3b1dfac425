//! The credential that a request carried, so that it can be redacted from whatever comes back.

use http::HeaderMap;
use memchr::memmem;

use crate::redact::{self, REDACTED};

/// Bytes of the shortest secret. Redacting shorter values would tear words apart.
const SHORTEST: usize = 8;

/// The credential that a request carried.
pub(super) struct SentCredential {
    /// The headers that the credential added.
    pub(super) headers: HeaderMap,
    /// Values of the request's sensitive headers, without their scheme.
    secrets: Vec<Vec<u8>>,
}

impl SentCredential {
    /// Remembers the credential's own `headers`, and every sensitive value of the whole `request`.
    pub(super) fn new(headers: HeaderMap, request: &HeaderMap) -> Self {
        let sensitive = request.values().filter(|value| value.is_sensitive());
        let secrets = sensitive.map(|value| {
            let bytes = value.as_bytes();
            match memchr::memrchr(b' ', bytes) {
                Some(space) => bytes.get(space + 1..).unwrap_or_default().to_vec(),
                None => bytes.to_vec(),
            }
        });
        Self {
            headers,
            secrets: secrets.filter(|secret| secret.len() >= SHORTEST).collect(),
        }
    }

    /// Redacts the credential from a body.
    pub(super) fn redact(&self, body: Vec<u8>) -> Vec<u8> {
        self.secrets.iter().fold(body, |body, secret| {
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

    /// Redacts this credential and any other from a message.
    pub(super) fn redact_text(&self, text: &str) -> String {
        let clean = self.redact(text.as_bytes().to_vec());
        redact::text(&String::from_utf8_lossy(&clean)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use http::HeaderValue;
    use http::header::AUTHORIZATION;

    use super::*;

    #[test]
    fn a_credential_that_was_sent_does_not_come_back() {
        let mut header = HeaderValue::from_static("Bearer my-token-1");
        header.set_sensitive(true);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, header)]);
        let sent = SentCredential::new(headers.clone(), &headers);
        let body = b"my-token-1, \"my-token-1\" but my-token-2".to_vec();
        let clean = String::from_utf8(sent.redact(body)).unwrap();
        assert_eq!(clean, "[redacted], \"[redacted]\" but my-token-2");
        assert_eq!(sent.redact_text("said my-token-1"), "said [redacted]");
    }
}
