//! `env-oidc`, `file-oidc`, `github-oidc` and `azure-devops-oidc`: another issuer's identity token, exchanged
//! for a Databricks token.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::grant::{Grant, GrantFuture, Source};
use super::oauth::{self, Fields};
use super::oidc::Oidc;
use super::refusal::Refusal;
use super::service_principal::{fields, scopes};
use super::web::Web;
use crate::redact;
use crate::settings::{Given, setting};

/// The origin of an identity token.
#[derive(Debug)]
pub(super) enum Identity {
    /// The value of a variable, read at the start.
    Variable(SecretString),
    /// A file, read each time because its issuer replaces it.
    File(PathBuf),
    /// GitHub Actions, for a requested audience.
    GitHub { url: String, bearer: SecretString },
    /// Azure DevOps, with a fixed audience.
    AzureDevOps { url: String, bearer: SecretString },
}

impl Identity {
    /// GitHub's, if the variables of a job with `id-token: write` are set.
    pub(super) fn github(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let [url, bearer] = need(
            variable,
            [
                "ACTIONS_ID_TOKEN_REQUEST_URL",
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            ],
        )?;
        let bearer = bearer.into();
        Ok(Self::GitHub { url, bearer })
    }

    /// Azure DevOps', if a pipeline's variables are set.
    pub(super) fn azure_devops(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let [bearer, collection, project, plan, job, hub] = need(
            variable,
            [
                "SYSTEM_ACCESSTOKEN",
                "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
                "SYSTEM_TEAMPROJECTID",
                "SYSTEM_PLANID",
                "SYSTEM_JOBID",
                "SYSTEM_HOSTTYPE",
            ],
        )?;
        Ok(Self::AzureDevOps {
            url: format!(
                "{collection}{project}/_apis/distributedtask/hubs/{hub}/plans/{plan}/jobs/{job}/oidctoken?api-version=7.2-preview.1"
            ),
            bearer: bearer.into(),
        })
    }

    /// Fetches the token. An issuer that fails counts as one that does not apply.
    pub(super) async fn token(&self, web: &Web, audience: &str) -> Result<SecretString, Refusal> {
        let answer = match self {
            Self::Variable(token) => return Ok(token.clone()),
            Self::File(path) => return read(path),
            Self::GitHub { url, bearer } => {
                let audience: String =
                    url::form_urlencoded::byte_serialize(audience.as_bytes()).collect();
                let bearer = format!("Bearer {}", bearer.expose_secret());
                let url = format!("{url}&audience={audience}");
                web.get(&url, &[("authorization", &bearer)]).await
            }
            Self::AzureDevOps { url, bearer } => web.post(url, bearer, None).await,
        }
        .map_err(Refusal::skip)?;
        let name = if matches!(self, Self::GitHub { .. }) {
            "value"
        } else {
            "oidcToken"
        };
        let token = answer.get(name).and_then(Value::as_str);
        token.map(SecretString::from).ok_or_else(|| {
            Refusal::absent(format!("the identity service's answer has no `{name}`"))
        })
    }
}

/// The credential of one federated identity.
#[derive(Debug)]
pub(super) struct Federation {
    web: Web,
    oidc: Arc<Oidc>,
    identity: Identity,
    fields: Fields,
}

impl Federation {
    pub(super) fn new(web: &Web, oidc: &Arc<Oidc>, given: &Given, identity: Identity) -> Self {
        let pipeline = matches!(
            identity,
            Identity::GitHub { .. } | Identity::AzureDevOps { .. }
        );
        let mut fields = fields(given, pipeline);
        fields.push(("scope", scopes(given)));
        // Without a client the account's federation policy decides.
        if let Some(client) = given.text(setting::CLIENT_ID) {
            fields.push(("client_id", client));
        }
        Self {
            web: web.clone(),
            oidc: Arc::clone(oidc),
            identity,
            fields,
        }
    }
}

impl Source for Federation {
    fn fetch(&self) -> GrantFuture<'_> {
        Box::pin(async {
            // A missing file is reported before any request.
            if let Identity::File(path) = &self.identity {
                read(path)?;
            }
            let endpoints = self.oidc.endpoints().await?;
            let identity = self.identity.token(&self.web, &endpoints.audience).await?;
            redact::remember(identity.expose_secret());
            Grant::new(
                &oauth::exchange(&self.web, &endpoints.token, &identity, &self.fields).await?,
            )
        })
    }
}

fn read(path: &PathBuf) -> Result<SecretString, Refusal> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Refusal::absent(format!("`{}` cannot be read: {error}", path.display()))
    })?;
    match text.trim() {
        "" => Err(Refusal::absent(format!("`{}` is empty", path.display()))),
        token => Ok(token.into()),
    }
}

fn need<const N: usize>(
    variable: &dyn Fn(&str) -> Option<String>,
    names: [&str; N],
) -> Result<[String; N], String> {
    let values = names.map(|name| variable(name).unwrap_or_default());
    let missing: Vec<String> = names
        .iter()
        .zip(&values)
        .filter(|(_, value)| value.is_empty())
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if missing.is_empty() {
        return Ok(values);
    }
    Err(super::refusal::unset(&missing))
}
