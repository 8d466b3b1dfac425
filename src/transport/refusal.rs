//! Refusals of the service: error bodies in all the shapes they come in, read into one error.

use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use super::access_hint;
use super::failure::{Failure, FailureKind};
use super::outgoing::Outgoing;
use super::retry;
use super::sent_credential::SentCredential;
use crate::error::Error;

/// Characters of an unreadable body that are shown.
const EXCERPT: usize = 200;
/// Characters of a message that are shown; services append stack traces.
const MESSAGE: usize = 2_000;

/// Reads an answer that is no success.
pub(super) fn read(
    outgoing: &Outgoing<'_>,
    auth_type: &str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    sent: &SentCredential,
) -> Box<Failure> {
    let repeatable = outgoing.repeatable;
    let said = Said::of(status, headers, body);
    let message = sent.redact_text(&cut(said.message.trim(), MESSAGE));
    let kind = FailureKind::of(status, &message);
    let number = status.as_u16();
    let refused_credential = access_hint::credential_refused(number, &said.code, &message);
    let hint = access_hint::of(number, &said.code, &message, auth_type, repeatable);
    let retry_after = retry::retry_after(headers, SystemTime::now()).or(said.retry_after);
    let request_id = header(headers, "x-request-id").or(said.request_id);
    let error = Error::Api {
        operation: outgoing.operation.to_owned(),
        status: number,
        code: said.code,
        message,
        request_id: request_id.map(|id| sent.redact_text(&cut(&id, EXCERPT))),
        retryable: kind.allows_retry(repeatable),
        retry_after: retry_after.and_then(seconds),
        hint: hint.map(Into::into),
    };
    Box::new(Failure {
        error,
        kind,
        retry_after,
        refused_credential: refused_credential.then(|| sent.headers.clone()),
    })
}

/// A wait in whole seconds, rounded up; nothing for no wait.
fn seconds(wait: Duration) -> Option<NonZeroU32> {
    let begun = u64::from(wait.subsec_nanos() > 0);
    let seconds = wait.as_secs().saturating_add(begun);
    NonZeroU32::new(u32::try_from(seconds).unwrap_or(u32::MAX))
}

/// The content of an error body, whatever its shape.
#[derive(Default)]
struct Said {
    code: String,
    message: String,
    request_id: Option<String>,
    retry_after: Option<Duration>,
}

impl Said {
    fn of(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        if status.is_redirection() {
            return Self::redirect(status, headers);
        }
        if let Ok(json @ Value::Object(_)) = serde_json::from_slice(body) {
            return Self::json(status, &json);
        }
        let text = String::from_utf8_lossy(body);
        let text = text.trim();
        // `CODE: what happened`, as plain text.
        let word = |code: &str| code.bytes().all(|c| c.is_ascii_uppercase() || c == b'_');
        if let Some((code, message)) = text
            .split_once(": ")
            .filter(|(code, _)| !code.is_empty() && word(code))
        {
            return Self {
                code: code.to_owned(),
                message: message.to_owned(),
                ..Self::default()
            };
        }
        let phrase = header(headers, "x-databricks-reason-phrase");
        Self {
            code: reason_code(status),
            message: match phrase {
                Some(phrase) if text.is_empty() => phrase,
                _ => unreadable(text, status),
            },
            ..Self::default()
        }
    }

    /// The query of the target may hold a secret; scheme, host and path say enough.
    fn redirect(status: StatusCode, headers: &HeaderMap) -> Self {
        let target = header(headers, LOCATION.as_str()).unwrap_or_default();
        let shown = target.split(['?', '#']).next().unwrap_or_default();
        let private_link = target.contains("error=private-link-validation-error");
        Self {
            code: if private_link {
                "PRIVATE_LINK_VALIDATION_ERROR".to_owned()
            } else {
                reason_code(status)
            },
            message: format!(
                "a redirect to `{}`, which is not followed",
                cut(shown, EXCERPT)
            ),
            ..Self::default()
        }
    }

    fn json(status: StatusCode, json: &Value) -> Self {
        let word = |at: &Value, names: &[&str]| {
            let texts = names.iter().filter_map(|name| at.get(name)?.as_str());
            texts
                .into_iter()
                .find(|text| !text.is_empty())
                .map(ToOwned::to_owned)
        };
        // Model serving nests an object, as OpenAI does.
        let inner = json
            .get("error")
            .filter(|error| error.is_object())
            .unwrap_or(json);
        // SCIM says `detail`, and the word null when it knows nothing.
        let detail = word(json, &["detail"]).map(|detail| match detail.as_str() {
            "null" => "the SCIM service failed".to_owned(),
            _ => detail,
        });
        // `error_code` is a number where the gateway itself refuses; the status says the same.
        let code = word(inner, &["error_code", "errorCode", "scimType", "code"])
            // OAuth's `error` is a code, API 1.2's is the message.
            .or_else(|| word(json, &["error"]).filter(|_| json.get("error_description").is_some()));
        let message = word(inner, &["message", "error_description"])
            .or(detail)
            .or_else(|| word(inner, &["error", "msg"]));
        let mut said = Self {
            code: code.unwrap_or_else(|| reason_code(status)),
            message: message.unwrap_or_else(|| unreadable(&json.to_string(), status)),
            ..Self::default()
        };
        let details = json.get("details").and_then(Value::as_array);
        for detail in details.into_iter().flatten() {
            said.detail(detail);
        }
        said
    }

    /// Takes in one of the `google.rpc` error details.
    fn detail(&mut self, detail: &Value) {
        let kind = detail
            .get("@type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let text = |at: &Value, name: &str| {
            at.get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let kind = kind.rsplit('.').next().unwrap_or_default();
        let (list, subject) = match kind {
            "RequestInfo" => {
                self.request_id = Some(text(detail, "request_id")).filter(|id| !id.is_empty());
                return;
            }
            "RetryInfo" => {
                let delay = text(detail, "retry_delay");
                let seconds = delay.trim_end_matches('s').parse::<f64>().ok();
                self.retry_after =
                    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                return;
            }
            "BadRequest" => ("field_violations", "field"),
            "QuotaFailure" => ("violations", "subject"),
            "PreconditionFailure" => ("violations", "subject"),
            "Help" => ("links", "url"),
            _ => return,
        };
        let items = detail.get(list).and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            let (about, what) = (text(item, subject), text(item, "description"));
            // The message often says it already.
            if !what.is_empty() && !self.message.contains(&what) {
                self.message.push_str(&format!("\n- `{about}`: {what}"));
            }
        }
    }
}

fn header(headers: &HeaderMap<HeaderValue>, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// `404 Not Found` as `NOT_FOUND`.
fn reason_code(status: StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or("UNKNOWN");
    reason.to_uppercase().replace([' ', '-'], "_")
}

fn unreadable(text: &str, status: StatusCode) -> String {
    if text.is_empty() {
        return format!("an empty answer, {status}");
    }
    if text.starts_with('<') {
        let said = page_says(text).unwrap_or_else(|| cut(text, EXCERPT));
        return format!("a web page instead of JSON: {said}");
    }
    format!(
        "an unreadable answer instead of JSON: {}",
        cut(text, EXCERPT)
    )
}

/// The words of an error page: its preformatted text, or else its title.
pub(super) fn page_says(page: &str) -> Option<String> {
    let between = |open: &str, close: &str| {
        let lower = page.to_ascii_lowercase();
        let start = lower.find(open)? + open.len();
        let end = start + lower.get(start..)?.find(close)?;
        let words: Vec<&str> = page.get(start..end)?.split_whitespace().collect();
        (!words.is_empty()).then(|| cut(&words.join(" "), EXCERPT))
    };
    between("<pre>", "</pre>").or_else(|| between("<title>", "</title>"))
}

fn cut(text: &str, count: usize) -> String {
    match text.char_indices().nth(count) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
