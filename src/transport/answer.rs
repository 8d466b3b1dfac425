//! Answers, read whole and under a cap, and the failures of reading them.

use std::marker::PhantomData;

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Request, Response};
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _};
use serde_json::{Map, Value};
use url::Url;

use super::failure::{Failure, FailureKind};
use super::mended::mended;
use super::outgoing::Outgoing;
use super::refusal;
use super::sent_credential::SentCredential;
use super::values::{self, Values};
use crate::error::{Error, causes};
use crate::settings::setting;

/// Most bytes of an error's body to read. The rest would say nothing more.
const REFUSAL: usize = 1 << 20;

/// Most bytes to reserve for a body at once. The buffer of a larger body grows.
const ANNOUNCED: u64 = 1 << 20;

/// A successful answer, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status, always a success.
    pub status: http::StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

impl Reply {
    /// The service's `x-request-id`, for a support ticket.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.headers.get("x-request-id")?.to_str().ok()
    }

    /// Fails unless the body is a JSON object: the reader of a struct also takes a list, and an empty body.
    ///
    /// # Errors
    /// The body is empty, a list or a bare value; the error says so.
    pub fn expect_object(&self, operation: &str) -> Result<(), Error> {
        let reason = match self.body.trim_ascii().first() {
            None => "it is empty where an object is due",
            Some(b'[') => "it is a list where an object is due",
            // What is not JSON at all is told better by its reader.
            Some(_) => return Ok(()),
        };
        Err(Error::Answer {
            operation: operation.to_owned(),
            reason: reason.to_owned(),
        })
    }

    /// The body as JSON; an empty body is an empty object.
    ///
    /// # Errors
    /// Fails if the body is not such JSON; the error says what it is instead.
    pub fn json<T: DeserializeOwned>(&self, operation: &str) -> Result<T, Error> {
        self.read(operation, PhantomData)
    }

    /// Reads the body as JSON with a seed, which may skip parts of it; an empty body is an empty object. Skipped
    /// parts must be well-formed too, but may hold numbers that are too large and lone surrogates.
    ///
    /// # Errors
    /// As [`Reply::json`].
    pub fn read<'de, S: DeserializeSeed<'de>>(
        &'de self,
        operation: &str,
        seed: S,
    ) -> Result<S::Value, Error> {
        let body = match self.body.trim_ascii() {
            b"" => b"{}",
            body => body,
        };
        // Text that is known to be UTF-8 is read faster.
        let read = match std::str::from_utf8(body) {
            Ok(text) => {
                let mut json = serde_json::Deserializer::from_str(text);
                let read = seed.deserialize(&mut json);
                read.and_then(|value| json.end().map(|()| value))
            }
            Err(_) => Err(serde_json::Error::custom("it is not UTF-8")),
        };
        read.map_err(|error| {
            // The first fault of the whole: a reader that skips may have met another one.
            let error = serde_json::from_slice::<Value>(body).err().unwrap_or(error);
            Error::Answer {
                operation: operation.to_owned(),
                reason: match page(body) {
                    Some(page) => page,
                    None if error.is_eof() => format!("it breaks off after {} bytes", body.len()),
                    None => error.to_string(),
                },
            }
        })
    }
}

/// The words of a web page in place of JSON, as login and proxies send it.
fn page(body: &[u8]) -> Option<String> {
    let start = body.trim_ascii_start();
    if !start.starts_with(b"<") {
        return None;
    }
    let text = String::from_utf8_lossy(start.get(..4096).unwrap_or(start));
    let said = refusal::page_says(&text).map_or(String::new(), |said| format!(": {said}"));
    Some(format!("it is a web page instead of JSON{said}"))
}

/// Reports whether the request accepts only JSON.
pub(super) fn expects_json(request: &Request) -> bool {
    let accept = request.headers().get(ACCEPT);
    accept.is_some_and(|accept| accept.as_bytes() == b"application/json")
}

/// Reads a successful answer.
pub(super) async fn read(
    outgoing: &Outgoing<'_>,
    mut response: Response,
    expects_json: bool,
    cap: usize,
    sent: &SentCredential,
) -> Result<Reply, Box<Failure>> {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let lasting = |reason: String| {
        let error = Error::Answer {
            operation: outgoing.operation.to_owned(),
            reason,
        };
        Failure::new(error, FailureKind::Permanent)
    };
    // The announced length, capped so that it cannot claim memory.
    let announced = response
        .content_length()
        .map_or(0, |length| length.min(ANNOUNCED));
    let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or_default());
    let mut values = Values::default();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > cap => {
                return Err(lasting(format!("it is larger than {}", size(cap))));
            }
            Ok(Some(chunk)) => {
                if expects_json {
                    values.follow(&body, &chunk);
                }
                if values.count > values::MOST {
                    let most = values::MOST;
                    return Err(lasting(format!(
                        "it holds more than {most} values; ask for less, by a limit, a filter or a narrower path"
                    )));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(None) => break,
            Err(error) if is_corrupt(&error) => {
                return Err(lasting(format!(
                    "its compression is broken: {}",
                    causes(&error.without_url())
                )));
            }
            Err(error) => {
                let reason = format!(
                    "it broke off after {} bytes: {}",
                    body.len(),
                    causes(&error.without_url())
                );
                return Err(unanswered(outgoing, reason, sent));
            }
        }
    }
    let is_page = headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if let Some(page) = page(&body).filter(|_| expects_json && is_page) {
        return Err(lasting(sent.redact_text(&page)));
    }
    let body = sent.redact(body);
    Ok(Reply {
        status,
        headers,
        body: if expects_json { mended(body) } else { body },
    })
}

/// The refusal that some services send with the status of a success: an object of an error code and little else.
pub(super) fn is_refusal(reply: &Reply) -> bool {
    const OF_A_REFUSAL: [&str; 8] = [
        "error_code",
        "message",
        "details",
        "detail",
        "error",
        "stack_trace",
        "stackTrace",
        "request_id",
    ];
    // Only what is short and begins like one is looked at closely.
    let of_a_refusal = |name: &[u8]| OF_A_REFUSAL.iter().any(|known| known.as_bytes() == name);
    let first_name = reply.body.split(|&byte| byte == b'"').nth(1);
    if reply.body.len() > REFUSAL || !first_name.is_some_and(of_a_refusal) {
        return false;
    }
    let Ok(said) = serde_json::from_slice::<Map<String, Value>>(&reply.body) else {
        return false;
    };
    let code = said.get("error_code").and_then(Value::as_str);
    code.is_some_and(|code| !code.is_empty())
        && said
            .keys()
            .all(|name| OF_A_REFUSAL.contains(&name.as_str()))
}

fn size(bytes: usize) -> String {
    match bytes >> 20 {
        0 => format!("{bytes} bytes"),
        mebibytes => format!("{mebibytes} MiB"),
    }
}

/// Reads headers and body of a refusal. A body that is too long or breaks off is cut there.
pub(super) async fn read_refusal(mut response: Response) -> (HeaderMap, Vec<u8>) {
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = REFUSAL.saturating_sub(body.len()).min(chunk.len());
        body.extend_from_slice(chunk.get(..room).unwrap_or_default());
        if body.len() >= REFUSAL {
            break;
        }
    }
    (headers, body)
}

/// The failure of a request that got no answer.
pub(super) fn no_answer(
    outgoing: &Outgoing<'_>,
    host: &Url,
    error: reqwest::Error,
    sent: &SentCredential,
) -> Box<Failure> {
    let (connecting, unbuildable) = (error.is_connect(), error.is_builder());
    let untrusted = certificate_refused(&error);
    let timed_out = error.is_timeout();
    let reason = causes(&error.without_url());
    if unbuildable {
        let reason = format!("the request cannot be sent: {reason}");
        return Failure::new(Error::Internal { reason }, FailureKind::Permanent);
    }
    if !connecting {
        let reason = if timed_out {
            "nothing came before the read timeout".to_owned()
        } else {
            format!("the connection broke: {reason}")
        };
        return unanswered(outgoing, reason, sent);
    }
    let hint = if untrusted {
        format!(
            "a proxy or company CA signs this host's certificate: name its PEM file in `{}` or `SSL_CERT_FILE`",
            setting::CA_FILE.title()
        )
    } else {
        "check `DATABRICKS_HOST`, the network and the proxy variables (`HTTPS_PROXY`, `NO_PROXY`)"
            .to_owned()
    };
    let error = Error::Unreachable {
        host: host.host_str().unwrap_or_default().to_owned(),
        reason: sent.redact_text(&reason),
        hint,
    };
    let kind = if untrusted {
        FailureKind::Permanent
    } else {
        FailureKind::NotActed
    };
    Failure::new(error, kind)
}

fn unanswered(outgoing: &Outgoing<'_>, reason: String, sent: &SentCredential) -> Box<Failure> {
    let error = outgoing.unanswered(sent.redact_text(&reason));
    Failure::new(error, FailureKind::Transient)
}

/// Reports whether the connection failed because the server's certificate is not trusted.
fn certificate_refused(error: &reqwest::Error) -> bool {
    causes_of(error).any(|cause| {
        let tls = cause.downcast_ref::<rustls::Error>();
        matches!(tls, Some(rustls::Error::InvalidCertificate(_)))
    })
}

/// Tells a body that does not decompress from one that broke off.
fn is_corrupt(error: &reqwest::Error) -> bool {
    use std::io::ErrorKind::{InvalidData, InvalidInput};
    causes_of(error).any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| matches!(io.kind(), InvalidData | InvalidInput))
    })
}

/// An error and its causes. An I/O error reports the cause of the error it wraps as its own, so the wrapped error is
/// visited first.
fn causes_of<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let io = error.downcast_ref::<std::io::Error>();
        match io.and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}
