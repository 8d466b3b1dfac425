//! A workspace made from the settings: its host, a credential, a warehouse.

mod host;

use std::path::PathBuf;
use std::sync::Arc;

use url::Url;

use crate::auth::{self, Credential, KeptIn, Surroundings};
use crate::error::Error;
use crate::settings::{self, Given, Origin, Places, Setting, setting};

/// The settings needed to reach a workspace.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Base URL of the workspace, without a path.
    pub host: Url,
    /// The credential of requests.
    pub credential: Arc<dyn Credential>,
    /// The workspace on a host that serves several.
    pub workspace_id: Option<String>,
    /// The warehouse for SQL when a call names none.
    pub warehouse_id: Option<String>,
}

/// The settings as they were found, before a workspace is made from them.
#[derive(Debug)]
pub struct Found {
    /// Values and their sources.
    pub given: Given,
    home: Option<PathBuf>,
}

impl Found {
    /// Collects flags, variables, `.env` and a profile of `.databrickscfg`, in this order.
    ///
    /// # Errors
    /// A file cannot be read, has no such profile, or `.env` would send a credential elsewhere.
    pub fn collect(
        flags: &[(&'static Setting, String)],
        variable: impl Fn(&str) -> Option<String>,
        places: Places<'_>,
    ) -> Result<Self, Error> {
        Ok(Self {
            given: settings::collect(flags, &variable, places)?,
            home: places.home.map(ToOwned::to_owned),
        })
    }

    /// The file that profiles are in or would be.
    #[must_use]
    pub fn config_file(&self) -> Option<PathBuf> {
        settings::config_file(&self.given, self.home.as_deref())
    }

    /// The host, as it is given.
    ///
    /// # Errors
    /// None is given, it is no URL, or it is not https (loopback may be http).
    pub fn host(&self) -> Result<Url, Error> {
        let host = self.given.get(setting::HOST).ok_or_else(|| {
            let credential = setting::ALL
                .iter()
                .any(|setting| setting.kind.is_some() && self.given.get(setting).is_some());
            let missing = if credential {
                "`DATABRICKS_HOST` is"
            } else {
                "`DATABRICKS_HOST` and `DATABRICKS_TOKEN` are"
            };
            Error::NotConfigured {
                missing: missing.to_owned(),
            }
        })?;
        host::host_url(host)
    }

    /// Makes the settings. Only a workspace that is given by its Azure resource id is asked for now;
    /// tokens are got when the first request needs one.
    ///
    /// # Errors
    /// See [`Found::host`], and where no credential applies.
    pub async fn settle(
        mut self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Settings, Error> {
        let no_host = self.given.get(setting::HOST).is_none();
        if no_host && self.given.get(setting::AZURE_RESOURCE_ID).is_some() {
            let host = auth::find_azure_host(&self.given, self.around(&variable)).await?;
            let origin = self.given.origin(setting::AZURE_RESOURCE_ID).cloned();
            self.given
                .offer(setting::HOST, host, origin.unwrap_or(Origin::Flag));
        }
        if self.given.get(setting::HOST).is_none()
            && let Some((name, host)) = auth::find_serving_host(self.around(&variable))
        {
            let origin = Origin::Variable(name);
            self.given.offer(setting::HOST, host, origin);
        }
        self.make(variable)
    }

    /// As [`Found::settle`], for a host that is given.
    ///
    /// # Errors
    /// See [`Found::settle`].
    pub fn make(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Settings, Error> {
        let host = self.host()?;
        Ok(Settings {
            credential: auth::choose(&self.given, &host, self.around(&variable))?,
            workspace_id: self.given.text(setting::WORKSPACE_ID).or_else(|| {
                let host = self.given.get(setting::HOST)?;
                host::workspace_id(host)
            }),
            warehouse_id: self.given.text(setting::WAREHOUSE_ID),
            host,
        })
    }

    /// Logs a person in to the host; `show` gets the page to open in a browser. Returns the host, and where
    /// the login is kept.
    ///
    /// # Errors
    /// See [`Found::host`]; the host offers no login, or the login failed.
    pub async fn login(
        &self,
        variable: impl Fn(&str) -> Option<String>,
        show: &(dyn Fn(&str) + Sync),
    ) -> Result<(Url, KeptIn), Error> {
        let host = self.host()?;
        let kept = auth::login(&self.given, &host, self.around(&variable), show).await?;
        Ok((host, kept))
    }

    fn around<'a>(&'a self, variable: &'a dyn Fn(&str) -> Option<String>) -> Surroundings<'a> {
        Surroundings {
            variable,
            home: self.home.as_deref(),
        }
    }
}

impl Settings {
    /// Makes the settings from flags, the environment, `.env` and `.databrickscfg`.
    ///
    /// # Errors
    /// See [`Found::collect`] and [`Found::settle`].
    pub async fn resolve(
        flags: &[(&'static Setting, String)],
        variable: impl Fn(&str) -> Option<String>,
        places: Places<'_>,
    ) -> Result<Self, Error> {
        Found::collect(flags, &variable, places)?
            .settle(&variable)
            .await
    }

    /// Makes the settings from variables alone.
    ///
    /// # Errors
    /// See [`Found::make`].
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        Found::collect(&[], &variable, Places::default())?.make(&variable)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
