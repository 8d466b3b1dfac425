//! Connections: certificate authorities, proxies, time limits, and the `User-Agent`.

use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder};
use url::Url;

use crate::error::{Error, causes};
use crate::settings::file::Files;
use crate::settings::{self, setting};

/// The settings that all connections of this process share.
#[derive(Debug, Clone)]
pub struct Connections {
    /// Certificate authorities that are trusted besides the system's.
    authorities: Vec<Certificate>,
    /// The part of the `User-Agent` about the environment, ready to append.
    surroundings: String,
    /// The time that TCP and TLS may take.
    pub connect: Duration,
    /// The time without a byte after which an answer counts as lost.
    pub read: Duration,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            authorities: Vec::new(),
            surroundings: String::new(),
            connect: Duration::from_secs(10),
            // Longer than the 50 s that the SQL service may hold a request.
            read: Duration::from_secs(70),
        }
    }
}

impl Connections {
    /// Reads [`setting::CA_FILE`] and the variables that the `User-Agent` reports, and remembers the passwords of
    /// proxies as secrets.
    ///
    /// The system's trust store, `SSL_CERT_FILE`, `SSL_CERT_DIR` and the proxy variables (`HTTPS_PROXY`,
    /// `NO_PROXY`, …) are read from the process' own environment by the libraries that use them.
    ///
    /// # Errors
    /// Fails if the file of authorities cannot be read or holds none.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let file = settings::of_process(&[], &variable, &Files::default()).text(setting::CA_FILE);
        Ok(Self {
            authorities: file.map_or(Ok(Vec::new()), |file| authorities(&file))?,
            surroundings: crate::agent::surroundings(&variable),
            ..Self::default()
        })
    }

    /// The `User-Agent` in the form that Databricks asks of partners: product and version, then `key/value` pairs.
    #[must_use]
    pub fn user_agent(&self, auth_type: &str) -> String {
        format!(
            "databricks-mcp/{} os/{} auth/{auth_type}{}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            self.surroundings
        )
    }

    /// Builds a pool of connections to `base`. Only https is allowed, unless `base` is this machine. Redirects are
    /// returned, not followed.
    ///
    /// # Errors
    /// Fails if this machine's TLS set-up cannot be used.
    pub fn client(&self, base: &Url) -> Result<Client, Error> {
        Self::built(self.builder(base).https_only(!is_loopback(base)))
    }

    /// As [`Connections::client`], also for a host that is not this machine and does not encrypt. No secret may go there.
    ///
    /// # Errors
    /// As [`Connections::client`].
    pub fn client_in_the_clear(&self, base: &Url) -> Result<Client, Error> {
        Self::built(self.builder(base))
    }

    fn builder(&self, base: &Url) -> ClientBuilder {
        // This fails only if another provider is installed, and that one serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .connect_timeout(self.connect)
            .read_timeout(self.read)
            // A redirect could carry the token elsewhere, and the API uses none.
            .redirect(reqwest::redirect::Policy::none())
            // Load balancers drop a connection that is idle for a minute.
            .pool_idle_timeout(Duration::from_secs(50))
            .tcp_keepalive(Duration::from_secs(30))
            .http2_keep_alive_interval(Duration::from_secs(20))
            .http2_keep_alive_timeout(self.connect)
            .http2_adaptive_window(true)
            .tls_certs_merge(self.authorities.iter().cloned());
        if is_loopback(base) {
            // A proxy must not see requests that are meant for this machine only.
            builder.no_proxy()
        } else {
            builder
        }
    }

    fn built(builder: ClientBuilder) -> Result<Client, Error> {
        builder.build().map_err(|error| Error::Internal {
            reason: format!("the HTTP client cannot be built: {}", causes(&error)),
        })
    }
}

/// Reports whether a URL leads to this machine.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn authorities(file: &str) -> Result<Vec<Certificate>, Error> {
    let refuse = |reason: String| setting::CA_FILE.unusable(format!("`{file}` {reason}"));
    let pem = std::fs::read(file).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let found = Certificate::from_pem_bundle(&pem)
        .map_err(|error| refuse(format!("is not a PEM file: {}", causes(&error))))?;
    if found.is_empty() {
        return Err(refuse("holds no certificate".to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_user_agent_has_the_partner_form() {
        let found = Connections::from_variables(|name| match name {
            "CLAUDECODE" => Some("1".to_owned()),
            _ => None,
        });
        let agent = found.unwrap().user_agent("pat");
        let os = std::env::consts::OS;
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            agent,
            format!("databricks-mcp/{version} os/{os} auth/pat agent/claude-code")
        );
    }

    #[test]
    fn a_file_without_authorities_is_refused() {
        let error = |file: &str| {
            let found = Connections::from_variables(|name| {
                (name == setting::CA_FILE.title()).then(|| file.to_owned())
            });
            found.unwrap_err().to_string()
        };
        assert!(error("no/such/file.pem").contains("`no/such/file.pem` cannot be read"));
        assert_eq!(
            error("Cargo.toml"),
            "`DATABRICKS_MCP_CA_FILE` cannot be used: `Cargo.toml` holds no certificate"
        );
    }
}
