//! The hosts and origins that may ask. A web page that a user opens can send requests to this machine: the names that
//! it has to send give it away (DNS rebinding, cross-origin requests).

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Uri};
use url::{Host, Origin, Url};

use crate::error::Error;
use crate::settings::{Given, setting};

/// Names of this server, and origins of pages that may ask.
#[derive(Debug, Clone, Default)]
pub struct Guests {
    /// Host names beside those of loopback.
    hosts: Vec<String>,
    /// Exact origins, such as `https://app.example.com`.
    pub(super) origins: Vec<String>,
}

impl Guests {
    /// Reads the settings.
    ///
    /// # Errors
    /// An origin is no scheme with a host.
    pub fn of(given: &Given) -> Result<Self, Error> {
        let origins: Vec<String> = given.read(setting::ALLOWED_ORIGINS)?.unwrap_or_default();
        for origin in &origins {
            let is_origin = Url::parse(origin).is_ok_and(|url| {
                url.has_host() && url.origin().ascii_serialization() == origin.to_lowercase()
            });
            if !is_origin {
                let reason = format!("`{origin}` is no origin, such as `https://app.example.com`");
                return Err(setting::ALLOWED_ORIGINS.unusable(reason));
            }
        }
        Ok(Self {
            hosts: given.read(setting::ALLOWED_HOSTS)?.unwrap_or_default(),
            origins: origins.iter().map(|origin| origin.to_lowercase()).collect(),
        })
    }

    /// The reason why a request may not ask.
    pub(super) fn refuse(&self, uri: &Uri, headers: &HeaderMap) -> Option<String> {
        let named = headers.get(HOST).and_then(|host| host.to_str().ok());
        // HTTP/2 has it in the URI.
        let Some(host) = uri
            .authority()
            .map(|authority| authority.as_str())
            .or(named)
        else {
            return Some("the request names no host".to_owned());
        };
        if !self.is_own(host) {
            return Some(format!("`{}` is no name of this server", shown(host)));
        }
        if headers.get_all(ORIGIN).iter().count() > 1 {
            return Some("the request names two origins".to_owned());
        }
        let origin = headers.get(ORIGIN)?;
        let text = origin.to_str().unwrap_or_default();
        (!self.may_ask(text, host)).then(|| format!("pages of `{}` may not ask", shown(text)))
    }

    /// True for a name of this server, with any port.
    fn is_own(&self, authority: &str) -> bool {
        let Ok(url) = Url::parse(&format!("http://{authority}")) else {
            return false;
        };
        if !url.username().is_empty() || url.password().is_some() || url.path() != "/" {
            return false;
        }
        let listed = |host: &str| self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host));
        match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || listed(name),
            Some(Host::Ipv4(ip)) => ip.is_loopback() || listed(&ip.to_string()),
            Some(Host::Ipv6(ip)) => ip.is_loopback() || listed(&ip.to_string()),
            None => false,
        }
    }

    /// True for an origin that is listed, and for pages of this server itself, at this name and port.
    pub(super) fn may_ask(&self, origin: &str, host: &str) -> bool {
        let origin = origin.to_lowercase();
        let own = |scheme: &str| Url::parse(&format!("{scheme}://{host}")).map(|url| url.origin());
        let is_own = |origin: Origin| {
            let mut schemes = ["http", "https"].into_iter();
            origin.is_tuple() && schemes.any(|scheme| own(scheme).as_ref() == Ok(&origin))
        };
        self.origins.contains(&origin) || Url::parse(&origin).is_ok_and(|url| is_own(url.origin()))
    }
}

/// A name for an error, without what a terminal would act on.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn refused(guests: &Guests, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        guests.refuse(&Uri::from_static("/mcp"), &headers).is_some()
    }

    #[test]
    fn only_names_of_this_server_and_listed_origins_may_ask() {
        let guests = Guests {
            hosts: vec!["mcp.example.com".to_owned()],
            origins: vec!["https://app.example.com".to_owned()],
        };
        for host in [
            "localhost:8000",
            "127.0.0.1",
            "[::1]:9",
            "mcp.example.com:443",
            "MCP.example.com",
        ] {
            assert!(!refused(&guests, host, None), "{host}");
        }
        for host in [
            "evil.example",
            "mcp.example.com.evil.example",
            "localhost@evil.example",
            "10.0.0.1",
            "a/localhost",
        ] {
            assert!(refused(&guests, host, None), "{host}");
        }
        for origin in [
            "https://app.example.com",
            "http://localhost:8000",
            "https://localhost:8000",
        ] {
            assert!(
                !refused(&guests, "localhost:8000", Some(origin)),
                "{origin}"
            );
        }
        for origin in [
            "null",
            "https://evil.example",
            "http://app.example.com",
            "https://app.example.com.evil",
            "file://localhost:8000",
            // A page that some other program of this machine serves.
            "http://localhost:5173",
            "http://127.0.0.1:8000",
        ] {
            assert!(refused(&guests, "localhost:8000", Some(origin)), "{origin}");
        }
    }
}
