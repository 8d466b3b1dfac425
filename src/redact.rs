//! Redaction of secrets in everything that leaves this program: logs, errors, answers, crash reports.
//!
//! `secrecy` keeps our own code from showing a secret. This room is the net below it, for text that others write: a
//! library's log line, a proxy's page that quotes the request's headers, a presigned URL in an answer.

mod names;

use std::borrow::Cow;
use std::sync::{LazyLock, PoisonError, RwLock};

use regex::Regex;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

pub use names::may_be_secret;

/// The mark in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// The mark after what a pattern keeps.
const KEPT_AND_REDACTED: &str = "${keep}[redacted]";

/// Credentials: HTTP authorization, Databricks tokens and OAuth secrets, JSON web tokens.
static TOKENS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(?P<keep>\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}",
        r"|\b(?-i:dapi|dose)[0-9a-f]{32}(?:-\d+)?\b",
        r"|\b(?-i:eyJ)[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    ))
    .ok()
});

/// The secret part of a presigned URL of AWS, Azure or Google.
static SIGNATURES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        // The separators of a URL within a URL are encoded.
        r"(?i)(?P<keep>(?:[?&]|&amp;|\\u0026|%3F|%26)",
        r"(?:x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)|sig|signature)(?:=|%3D))",
        r#"[^&\s"'<>\\]+"#,
    ))
    .ok()
});

/// The secrets of this process, the latest last. Some of them no pattern would find.
static KNOWN: RwLock<Vec<SecretString>> = RwLock::new(Vec::new());
/// Secrets that are remembered, more than a process with many workspaces has at a time.
const MOST_KNOWN: usize = 256;
/// Bytes of the shortest secret. Redacting shorter ones would tear words apart.
const SHORTEST: usize = 8;

/// Remembers a secret, to redact it from logs, errors and crash reports from now on.
pub fn remember(secret: &str) {
    let same = |known: &SecretString| known.expose_secret() == secret;
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    if secret.len() < SHORTEST || known.iter().any(same) {
        return;
    }
    drop(known);
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= MOST_KNOWN {
        known.remove(0);
    }
    known.push(secret.into());
}

/// Redacts credentials and signatures from a text for logs and errors.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    let tokens: fn(&str) -> Cow<'_, str> = |text| without(&TOKENS, text);
    let mut clean = Cow::Borrowed(text);
    for step in [without_known, tokens, signatures] {
        if let Cow::Owned(cleaner) = step(&clean) {
            clean = Cow::Owned(cleaner);
        }
    }
    clean
}

fn without_known(text: &str) -> Cow<'_, str> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    let mut clean = Cow::Borrowed(text);
    for secret in known.iter().map(ExposeSecret::expose_secret) {
        if clean.contains(secret) {
            clean = Cow::Owned(clean.replace(secret, REDACTED));
        }
    }
    clean
}

/// Redacts the signatures of presigned URLs from a text for answers, whose other content was asked for.
#[must_use]
pub fn signatures(text: &str) -> Cow<'_, str> {
    // Most texts hold none of the marks that a query begins with; the pattern costs far more than this look.
    let bytes = text.as_bytes();
    if memchr::memchr3(b'?', b'&', b'%', bytes).is_none() && memchr::memchr(b'\\', bytes).is_none()
    {
        return Cow::Borrowed(text);
    }
    without(&SIGNATURES, text)
}

/// Redacts signatures, as [`signatures`], in every string of a JSON value.
pub fn signatures_in(value: &mut Value) {
    in_strings(value, signatures);
}

/// Redacts credentials and signatures, as [`text`], in every string of a JSON value.
pub fn text_in(value: &mut Value) {
    in_strings(value, text);
}

fn in_strings(value: &mut Value, cleaned: fn(&str) -> Cow<'_, str>) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(clean) = cleaned(text) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| in_strings(item, cleaned)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| in_strings(field, cleaned)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn without<'a>(pattern: &LazyLock<Option<Regex>>, text: &'a str) -> Cow<'a, str> {
    match pattern.as_ref() {
        Some(pattern) => pattern.replace_all(text, KEPT_AND_REDACTED),
        // A pattern that does not compile must not let everything through. The tests would show it.
        None => Cow::Borrowed(REDACTED),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn credentials_are_replaced_by_a_mark() {
        let dapi = format!("dapi{}", "0123456789abcdef".repeat(2));
        let lines = [
            (
                "Authorization: Bearer abc.def-ghi",
                "Authorization: Bearer [redacted]",
            ),
            (
                "authorization: basic dXNlcjpwYXNz",
                "authorization: basic [redacted]",
            ),
            (dapi.as_str(), "[redacted]"),
            (
                "token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl expired",
                "token [redacted] expired",
            ),
            (
                "https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=00ff&X-Amz-Expires=9",
                "https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=[redacted]&X-Amz-Expires=9",
            ),
            (
                "https://a/login?next=https%3A%2F%2Fb%3Fse%3D1%26sig%3Dabc HTTP",
                "https://a/login?next=https%3A%2F%2Fb%3Fse%3D1%26sig%3D[redacted] HTTP",
            ),
            (
                "https://a.blob.core.windows.net/c?se=1&sig=a%2Fb%3D\" next",
                "https://a.blob.core.windows.net/c?se=1&sig=[redacted]\" next",
            ),
        ];
        for (line, clean) in lines {
            assert_eq!(text(line), clean);
        }
    }

    #[test]
    fn a_remembered_secret_needs_no_pattern() {
        let secret = "correct horse battery";
        assert_eq!(text("a correct horse battery"), "a correct horse battery");
        remember(secret);
        remember("short");
        let said = format!("short: {secret:?}, Bearer {secret}");
        assert_eq!(text(&said), "short: \"[redacted]\", Bearer [redacted]");
    }

    #[test]
    fn plain_text_stays() {
        for line in [
            "a basic test of dapi",
            "bearer of news",
            "x?design=1&page=2",
            "eyJ",
        ] {
            assert_eq!(text(line), line);
        }
    }

    #[test]
    fn answers_lose_signatures_at_any_depth() {
        let mut value = serde_json::json!({ "links": [{ "url": "https://x/y?sig=abc" }], "n": 1 });
        signatures_in(&mut value);
        assert_eq!(
            value.to_string(),
            r#"{"links":[{"url":"https://x/y?sig=[redacted]"}],"n":1}"#
        );
    }
}
