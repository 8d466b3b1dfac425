/// An error of any type, as an [`Exchange`] gives it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What becomes of one request: a response of any status, or the exchange's own error.
pub type Exchanged<'a> = std::pin::Pin<
    Box<dyn Future<Output = std::result::Result<reqwest::Response, BoxError>> + Send + 'a>,
>;

/// The one way out of the client: every request it builds goes through here.
///
/// Credentials, retries, limits and tracing are the exchange's business. A response it answers with is read
/// as it stands; an error it answers with reaches the caller whole, see [`exchange_error`].
pub trait Exchange: Send + Sync {
    /// Sends `request`, which calls `operation` (for example `warehouses.get`).
    fn exchange<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchanged<'a>;
}

impl std::fmt::Debug for dyn Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Exchange")
    }
}

impl ClientHooks<std::sync::Arc<dyn Exchange>> for Client {
    async fn exec(
        &self,
        mut request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        // progenitor sends the version of its document, which means nothing to the service.
        request.headers_mut().remove("api-version");
        match self.inner.exchange(info.operation_id, request).await {
            Ok(response) => Ok(response),
            Err(error) => carry(error).await,
        }
    }
}

/// The error that the [`Exchange`] failed with, where that is why the call failed.
///
/// # Errors
/// The call's error as it was, where the exchange did its part: the answer has a status outside 2xx
/// ([`Error::UnexpectedResponse`], with status, headers and body), does not fit the types
/// ([`Error::InvalidResponsePayload`]) or broke off, or the request could not be built.
pub fn exchange_error(error: Error) -> std::result::Result<BoxError, Error> {
    let Error::CommunicationError(outer) = &error else {
        return Err(error);
    };
    let mut cause = std::error::Error::source(outer);
    while let Some(error) = cause {
        let carried = error.downcast_ref::<Carried>();
        if let Some(inner) = carried.and_then(Carried::take) {
            return Ok(inner);
        }
        cause = error.source();
    }
    Err(error)
}

/// Wraps any error into the one type that `exec` may fail with.
///
/// `reqwest::Error` has no constructor, but reading a body that fails makes one, with the failure as its
/// cause.
async fn carry(error: BoxError) -> reqwest::Result<reqwest::Response> {
    let carried = Carried(std::sync::Mutex::new(Some(error)));
    let mut broken = http::Response::new(reqwest::Body::wrap_stream(Failing(Some(carried))));
    // Were the body read after all, the answer would still be no success.
    *broken.status_mut() = http::StatusCode::BAD_GATEWAY;
    let status = broken.status();
    reqwest::Response::from(broken).bytes().await.map(|body| {
        let mut read = http::Response::new(reqwest::Body::from(body));
        *read.status_mut() = status;
        reqwest::Response::from(read)
    })
}

/// An exchange's error on its way through `reqwest::Error`, which lends its cause but never gives it away.
struct Carried(std::sync::Mutex<Option<BoxError>>);

impl Carried {
    fn take(&self) -> Option<BoxError> {
        self.0.lock().ok()?.take()
    }
}

impl std::fmt::Debug for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::fmt::Display for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.lock().as_deref() {
            Ok(Some(error)) => std::fmt::Display::fmt(error, f),
            _ => f.write_str("the exchange failed"),
        }
    }
}

impl std::error::Error for Carried {}

/// A body that fails when read.
struct Failing(Option<Carried>);

impl futures_core::Stream for Failing {
    type Item = std::result::Result<Vec<u8>, Carried>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.take().map(Err))
    }
}

/// A value as one segment of a path.
///
/// A URL cannot hold a segment `.` or `..`, however written, and an empty one would address the collection
/// above: such a value names nothing and must not reach another operation.
fn segment(value: &str) -> std::result::Result<String, Error> {
    if matches!(value, "" | "." | "..") {
        let reason = format!("not a name that can stand in a path: `{value}`");
        return Err(Error::InvalidRequest(reason));
    }
    // URL parsers take a backslash for a slash.
    Ok(encode_path(value).replace('\\', "%5C"))
}

/// A value as several segments of a path, its slashes kept.
fn segments(value: &str) -> std::result::Result<String, Error> {
    if value.is_empty() {
        return segment(value);
    }
    let mut out = Vec::new();
    for part in value.split('/') {
        out.push(if part.is_empty() {
            String::new()
        } else {
            segment(part)?
        });
    }
    Ok(out.join("/"))
}
