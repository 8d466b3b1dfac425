//! The collector of the settings: its URL, and the headers that let spans in.

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::connect::is_loopback;
use crate::error::Error;
use crate::redact;
use crate::settings::{Given, setting};

/// The path of traces below an endpoint.
const TRACES: &str = "v1/traces";

/// A collector of spans.
#[derive(Debug)]
pub struct Collector {
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
}

impl Collector {
    /// Reads the settings; none where no endpoint is set.
    ///
    /// # Errors
    /// The endpoint is no URL, or headers would go to it in the clear.
    pub fn of(given: &Given) -> Result<Option<Self>, Error> {
        let Some(text) = given.get(setting::OTLP_ENDPOINT) else {
            return Ok(None);
        };
        let refuse = |reason: &str| Err(setting::OTLP_ENDPOINT.unusable(reason.to_owned()));
        let text = text.trim_end_matches('/');
        let url = Url::parse(&format!("{text}/{TRACES}"));
        let Some(url) = url
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
        else {
            return refuse("it is no URL of http or https");
        };
        let headers = given.get(setting::OTLP_HEADERS).unwrap_or_default();
        let Some(headers) = parsed(headers) else {
            let reason = "it is not `name=value`, separated by commas";
            return Err(setting::OTLP_HEADERS.unusable(reason.to_owned()));
        };
        let in_the_clear = url.scheme() == "http" && !is_loopback(&url);
        if in_the_clear && !headers.is_empty() {
            return refuse("it is not encrypted, and headers may hold a secret");
        }
        Ok(Some(Self { url, headers }))
    }
}

/// Headers as OpenTelemetry's variable has them, with values encoded as in URLs.
fn parsed(text: &str) -> Option<HeaderMap> {
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
            redact::remember(&value);
            let mut value = HeaderValue::from_str(&value).ok()?;
            value.set_sensitive(true);
            Some((name.trim().parse::<HeaderName>().ok()?, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;
    use crate::settings::file::Files;
    use crate::settings::of_process;

    fn collector(endpoint: &str, headers: &str) -> Result<Option<Collector>, Error> {
        let variable = |name: &str| match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(endpoint.to_owned()),
            "OTEL_EXPORTER_OTLP_HEADERS" => Some(headers.to_owned()),
            _ => None,
        };
        Collector::of(&of_process(&[], &variable, &Files::default()))
    }

    #[test]
    fn a_secret_goes_to_a_collector_only_encrypted_or_on_this_machine() {
        assert!(collector("", "").unwrap().is_none());
        let found = collector("http://collector:4318/", "").unwrap().unwrap();
        assert_eq!(found.url.as_str(), "http://collector:4318/v1/traces");
        for endpoint in ["https://collector.example/otlp", "http://localhost:4318"] {
            let found = collector(endpoint, "api-key=marked%20key, b=c")
                .unwrap()
                .unwrap();
            assert_eq!(found.headers["api-key"], "marked key");
            assert!(!format!("{found:?}").contains("marked"));
        }
        assert!(collector("http://collector:4318", "api-key=x").is_err());
        assert!(collector("https://collector.example", "marked").is_err());
        assert!(collector("collector:4317", "").is_err());
    }
}
