//! Settings: which workspace, which credential, which warehouse.

use std::sync::Arc;

use url::Url;

use crate::auth::{AccessToken, Credential};
use crate::error::Error;

/// What the server needs to reach a workspace.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Base URL of the workspace, without a path.
    pub host: Url,
    /// What lets requests in.
    pub credential: Arc<dyn Credential>,
    /// The warehouse for SQL when a call names none.
    pub warehouse_id: Option<String>,
}

impl Settings {
    /// Reads `DATABRICKS_HOST`, `DATABRICKS_TOKEN` and `DATABRICKS_WAREHOUSE_ID` through `variable`.
    ///
    /// # Errors
    /// What is missing, or a host that is no URL or not https (loopback may be http).
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let given = |name: &str| {
            variable(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let (host, token) = match (given("DATABRICKS_HOST"), given("DATABRICKS_TOKEN")) {
            (Some(host), Some(token)) => (host, token),
            (host, token) => {
                let missing: Vec<&str> = [
                    host.is_none().then_some("`DATABRICKS_HOST`"),
                    token.is_none().then_some("`DATABRICKS_TOKEN`"),
                ]
                .into_iter()
                .flatten()
                .collect();
                let verb = if missing.len() == 1 { "is" } else { "are" };
                return Err(Error::NotConfigured {
                    missing: format!("{} {verb}", missing.join(" and ")),
                });
            }
        };
        Ok(Self {
            host: host_url(&host)?,
            credential: Arc::new(AccessToken::new(token.into())),
            warehouse_id: given("DATABRICKS_WAREHOUSE_ID"),
        })
    }
}

/// A host as people write it: with or without `https://`, with a path from the browser's address bar.
fn host_url(text: &str) -> Result<Url, Error> {
    let refuse = |reason: String| Error::Setting {
        setting: "DATABRICKS_HOST",
        reason,
    };
    let full = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let mut url =
        Url::parse(&full).map_err(|error| refuse(format!("`{text}` is not a URL: {error}")))?;
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err(refuse(format!("`{text}` names no host"))),
    };
    // The token would travel in the clear.
    if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
        return Err(refuse(format!("`{text}` is not https")));
    }
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    // A credential in the URL would end up in logs.
    if url
        .set_username("")
        .and_then(|()| url.set_password(None))
        .is_err()
    {
        return Err(refuse(format!("`{text}` is not a web address")));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<Settings, Error> {
        Settings::from_variables(|name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_host_is_taken_as_people_write_it() {
        for text in [
            "acme.cloud.databricks.com",
            "https://acme.cloud.databricks.com/",
            "https://acme.cloud.databricks.com/?o=123#job/7",
        ] {
            let settings = settings(&[("DATABRICKS_HOST", text), ("DATABRICKS_TOKEN", "t")]);
            assert_eq!(
                settings.unwrap().host.as_str(),
                "https://acme.cloud.databricks.com/"
            );
        }
    }

    #[test]
    fn a_token_never_travels_in_the_clear() {
        let error = settings(&[
            ("DATABRICKS_HOST", "http://acme.com"),
            ("DATABRICKS_TOKEN", "t"),
        ]);
        assert_eq!(
            error.unwrap_err().to_string(),
            "`DATABRICKS_HOST` cannot be used: `http://acme.com` is not https"
        );
        assert!(
            settings(&[
                ("DATABRICKS_HOST", "http://127.0.0.1:8080"),
                ("DATABRICKS_TOKEN", "t")
            ])
            .is_ok()
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            settings(&[("DATABRICKS_HOST", "acme.com"), ("DATABRICKS_TOKEN", " ")])
                .unwrap_err()
                .to_string(),
            "no Databricks workspace is configured: `DATABRICKS_TOKEN` is not set"
        );
    }

    #[test]
    fn debug_never_shows_the_token() {
        let settings = settings(&[
            ("DATABRICKS_HOST", "acme.com"),
            ("DATABRICKS_TOKEN", "dapi123"),
        ]);
        assert!(!format!("{settings:?}").contains("dapi123"));
    }
}
