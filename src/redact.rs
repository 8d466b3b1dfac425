//! Takes secrets out of whatever leaves this program: logs, errors, answers, crash reports.
//!
//! `secrecy` keeps our own code from showing a secret; this is the net below it, for text that others wrote:
//! a library's log line, a proxy that quotes the request's headers, a presigned URL in an answer.

use std::borrow::Cow;
use std::io::Write;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

use crate::error::Error;

/// Stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// What lets its bearer in: HTTP credentials, Databricks tokens and OAuth secrets, JSON web tokens.
static TOKENS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(?P<keep>\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}",
        r"|\b(?-i:dapi|dose)[0-9a-f]{32}(?:-\d+)?\b",
        r"|\b(?-i:eyJ)[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    ))
    .ok()
});

/// The part of a presigned URL that makes it work: AWS, Azure, Google.
static SIGNATURES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(?P<keep>(?:[?&]|&amp;|\\u0026)",
        r"(?:x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)|sig|signature)=)",
        r#"[^&\s"'<>\\]+"#,
    ))
    .ok()
});

/// Text without credentials and signatures, for logs and errors.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    match without(&TOKENS, text) {
        Cow::Borrowed(text) => without(&SIGNATURES, text),
        Cow::Owned(text) => Cow::Owned(without(&SIGNATURES, &text).into_owned()),
    }
}

/// Text without the signatures of presigned URLs, for answers: what else they hold is what was asked for.
#[must_use]
pub fn signatures(text: &str) -> Cow<'_, str> {
    without(&SIGNATURES, text)
}

/// The same in every string of a JSON value.
pub fn signatures_in(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(clean) = signatures(text) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(signatures_in),
        Value::Object(fields) => fields.values_mut().for_each(signatures_in),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn without<'a>(pattern: &LazyLock<Option<Regex>>, text: &'a str) -> Cow<'a, str> {
    match pattern.as_ref() {
        Some(pattern) => pattern.replace_all(text, format!("${{keep}}{REDACTED}")),
        // A pattern that does not compile must not let everything through; the tests would show it.
        None => Cow::Borrowed(REDACTED),
    }
}

/// Where log lines go: stderr, without secrets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Log;

impl<'a> MakeWriter<'a> for Log {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(Vec::new())
    }
}

/// One log line, written when it is complete.
#[derive(Debug)]
pub struct Line(Vec<u8>);

impl Write for Line {
    fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
        self.0.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let line = String::from_utf8_lossy(&self.0);
        // There is nobody to tell that the log cannot be written.
        let _ = std::io::stderr().write_all(text(&line).as_bytes());
    }
}

/// Crash reports go to stderr without secrets too.
pub fn crashes() {
    std::panic::set_hook(Box::new(|crash| {
        let error = Error::Internal {
            reason: crash.to_string(),
        };
        let _ = writeln!(std::io::stderr(), "error: {}", text(&error.text()));
    }));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn credentials_leave_a_mark_and_nothing_else() {
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
                "https://a.blob.core.windows.net/c?se=1&sig=a%2Fb%3D\" next",
                "https://a.blob.core.windows.net/c?se=1&sig=[redacted]\" next",
            ),
        ];
        for (line, clean) in lines {
            assert_eq!(text(line), clean);
        }
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
