//! Reads answers: whole, under a cap, and with words for what broke.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Request, Response};
use serde::de::DeserializeOwned;
use url::Url;

use super::fault;
use super::retry::Fault;
use super::sent::Sent;
use super::{Errand, Failure};
use crate::connect::CA_FILE;
use crate::error::{Error, causes};

/// Bytes of an error's body; the rest says nothing more.
const REFUSAL: usize = 1 << 20;

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

    /// The body as JSON; an empty body is an empty object.
    ///
    /// # Errors
    /// What stands there instead.
    pub fn json<T: DeserializeOwned>(&self, operation: &str) -> Result<T, Error> {
        let body = match self.body.trim_ascii() {
            b"" => b"{}",
            body => body,
        };
        serde_json::from_slice(body).map_err(|error| Error::Answer {
            operation: operation.to_owned(),
            reason: match page(body) {
                Some(page) => page,
                None if error.is_eof() => format!("it breaks off after {} bytes", body.len()),
                None => error.to_string(),
            },
        })
    }
}

/// What a web page in place of JSON says: a login page, or a proxy's.
fn page(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body.trim_ascii_start().get(..4096).unwrap_or(body));
    if !text.starts_with('<') {
        return None;
    }
    let said = fault::page_says(&text).map_or(String::new(), |said| format!(": {said}"));
    Some(format!("it is a web page instead of JSON{said}"))
}

/// Whether nothing but JSON will do.
pub(super) fn expects_json(request: &Request) -> bool {
    let accept = request.headers().get(ACCEPT);
    accept.is_some_and(|accept| accept.as_bytes() == b"application/json")
}

/// The body of a successful answer.
pub(super) async fn read(
    errand: &Errand<'_>,
    mut response: Response,
    expects_json: bool,
    cap: usize,
    sent: &Sent,
) -> Result<Reply, Box<Failure>> {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let lasting = |reason: String| {
        let error = Error::Answer {
            operation: errand.operation.to_owned(),
            reason,
        };
        Failure::of(error, Fault::Lasting)
    };
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > cap => {
                return Err(lasting(format!("it is larger than {}", size(cap))));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
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
                return Err(unanswered(errand, reason, sent));
            }
        }
    }
    let is_page = headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if let Some(page) = page(&body).filter(|_| expects_json && is_page) {
        return Err(lasting(sent.out_of_text(&page)));
    }
    Ok(Reply {
        status,
        headers,
        body: sent.out_of(body),
    })
}

fn size(bytes: usize) -> String {
    match bytes >> 20 {
        0 => format!("{bytes} bytes"),
        mebibytes => format!("{mebibytes} MiB"),
    }
}

/// Headers and body of an error; of a body that is too long or breaks off, what there is.
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

/// Why a request got no answer at all.
pub(super) fn no_answer(
    errand: &Errand<'_>,
    host: &Url,
    error: reqwest::Error,
    sent: &Sent,
) -> Box<Failure> {
    let (connecting, unbuildable) = (error.is_connect(), error.is_builder());
    let untrusted = certificate_refused(&error);
    let timed_out = error.is_timeout();
    let reason = causes(&error.without_url());
    if unbuildable {
        let reason = format!("the request cannot be sent: {reason}");
        return Failure::of(Error::Internal { reason }, Fault::Lasting);
    }
    if !connecting {
        let reason = match timed_out {
            true => "nothing came before the read timeout".to_owned(),
            false => format!("the connection broke: {reason}"),
        };
        return unanswered(errand, reason, sent);
    }
    let hint = if untrusted {
        format!(
            "a proxy or company CA signs this host's certificate: name its PEM file in `{CA_FILE}` or `SSL_CERT_FILE`"
        )
    } else {
        "check `DATABRICKS_HOST`, the network and the proxy variables (`HTTPS_PROXY`, `NO_PROXY`)"
            .to_owned()
    };
    let error = Error::Unreachable {
        host: host.host_str().unwrap_or_default().to_owned(),
        reason: sent.out_of_text(&reason),
        hint,
    };
    Failure::of(
        error,
        if untrusted {
            Fault::Lasting
        } else {
            Fault::Untouched
        },
    )
}

fn unanswered(errand: &Errand<'_>, reason: String, sent: &Sent) -> Box<Failure> {
    let error = Error::Unanswered {
        operation: errand.operation.to_owned(),
        reason: sent.out_of_text(&reason),
        may_have_acted: !errand.harmless,
    };
    Failure::of(error, Fault::Passing)
}

/// Whether the other side's certificate is why there is no connection.
fn certificate_refused(error: &reqwest::Error) -> bool {
    causes_of(error).any(|cause| {
        let tls = cause.downcast_ref::<rustls::Error>();
        matches!(tls, Some(rustls::Error::InvalidCertificate(_)))
    })
}

/// Whether a body arrived that does not decompress, as opposed to one that broke off.
fn is_corrupt(error: &reqwest::Error) -> bool {
    use std::io::ErrorKind::{InvalidData, InvalidInput};
    causes_of(error).any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| matches!(io.kind(), InvalidData | InvalidInput))
    })
}

/// An error and its causes. An I/O error that wraps another names that one's cause as its own, so its
/// wrapped error is looked at first.
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
