/// The error of an [`Exchange`], of any type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of one request: a response of any status, or the exchange's own error.
pub type Exchanged<'a> = std::pin::Pin<
    Box<dyn Future<Output = std::result::Result<reqwest::Response, BoxError>> + Send + 'a>,
>;

/// Sends every request that the client builds.
///
/// Credentials, retries, limits and tracing belong to the implementation. The client reads the response as
/// it is, and passes an error on to the caller; see [`exchange_error`].
pub trait Exchange: Send + Sync {
    /// Sends the request of an operation, for example `warehouses.get`.
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
        // progenitor sends the version of its document, which the service does not know.
        request.headers_mut().remove("api-version");
        match self.inner.exchange(info.operation_id, request).await {
            Ok(response) => Ok(response),
            Err(error) => carry(error).await,
        }
    }
}

/// Recovers the error of the [`Exchange`] from a failed call.
///
/// # Errors
/// Returns the call's error unchanged if the exchange did not fail: the answer has a status outside 2xx
/// ([`Error::UnexpectedResponse`], with status, headers and body), does not match the types
/// ([`Error::InvalidResponsePayload`]) or ended early, or the request could not be built.
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

/// Wraps an error in `reqwest::Error`, the only error type of `exec`.
///
/// That type has no constructor, but reading a body that fails produces one, with the failure as its cause.
async fn carry(error: BoxError) -> reqwest::Result<reqwest::Response> {
    let carried = Carried(std::sync::Mutex::new(Some(error)));
    let mut broken = http::Response::new(reqwest::Body::wrap_stream(Failing(Some(carried))));
    // The status makes this a failure even if the body is read.
    *broken.status_mut() = http::StatusCode::BAD_GATEWAY;
    let status = broken.status();
    reqwest::Response::from(broken).bytes().await.map(|body| {
        let mut read = http::Response::new(reqwest::Body::from(body));
        *read.status_mut() = status;
        reqwest::Response::from(read)
    })
}

/// An exchange's error inside `reqwest::Error`, which only lends its cause; this type lets it be taken.
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

/// A body whose first read fails.
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

/// Encodes a value as one path segment.
///
/// Refuses `.`, `..` and the empty string: URL parsers resolve the first two however they are encoded, and
/// an empty segment addresses the collection above. Each would call another operation.
fn segment(value: &str) -> std::result::Result<String, Error> {
    if matches!(value, "" | "." | "..") {
        let reason = format!("not a valid path segment: `{value}`");
        return Err(Error::InvalidRequest(reason));
    }
    // URL parsers treat a backslash as a slash.
    Ok(encode_path(value).replace('\\', "%5C"))
}

/// Encodes a value as several path segments, keeping its slashes.
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
