//! Discovery of a host's OAuth endpoints: its Databricks configuration first, then OpenID discovery.

use serde_json::Value;
use tokio::sync::OnceCell;

use super::refusal::Refusal;
use super::web::Web;
use crate::settings::{Given, setting};

/// The OAuth endpoints of a host, discovered once.
#[derive(Debug)]
pub(super) struct Oidc {
    web: Web,
    /// Without a trailing slash.
    host: String,
    account_id: Option<String>,
    discovery_url: Option<String>,
    audience: Option<String>,
    found: OnceCell<Endpoints>,
}

/// Discovered endpoints.
#[derive(Debug, Clone)]
pub(super) struct Endpoints {
    pub(super) authorization: String,
    pub(super) token: String,
    /// The audience an identity token must have.
    pub(super) audience: String,
}

impl Oidc {
    pub(super) fn new(web: &Web, host: &str, given: &Given) -> Self {
        Self {
            web: web.clone(),
            host: host.to_owned(),
            account_id: given.text(setting::ACCOUNT_ID),
            discovery_url: given.text(setting::DISCOVERY_URL),
            audience: given.text(setting::TOKEN_AUDIENCE),
            found: OnceCell::new(),
        }
    }

    /// The endpoints. A failure is not cached: the next call tries again.
    pub(super) async fn endpoints(&self) -> Result<&Endpoints, Refusal> {
        self.found.get_or_try_init(|| self.discover()).await
    }

    /// The endpoints of Azure's directory, read from the redirect of the workspace's login page.
    pub(super) async fn azure(&self) -> Result<Endpoints, Refusal> {
        let page = format!("{}/oidc/oauth2/v2.0/authorize", self.host);
        let page = self.web.location(&page).await.ok_or_else(|| {
            Refusal::failed(format!(
                "`{}` does not redirect to Azure to log in",
                self.host
            ))
        })?;
        let authorization = page.to_string();
        Ok(Endpoints {
            token: authorization.replace("/authorize", "/token"),
            authorization,
            audience: String::new(),
        })
    }

    async fn discover(&self) -> Result<Endpoints, Refusal> {
        // A host without this document is covered by the older rules below.
        let description = format!("{}/.well-known/databricks-config", self.host);
        let description = self.web.get(&description, &[]).await.unwrap_or_default();
        let described = |name: &str| text(&description, name);
        let account_id = self.account_id.clone().or_else(|| described("account_id"));

        let url = match (&self.discovery_url, described("oidc_endpoint")) {
            (Some(url), _) => url.clone(),
            (None, Some(root)) => {
                let root = match &account_id {
                    Some(id) => root.replace("{account_id}", id),
                    None if root.contains("{account_id}") => {
                        return Err(Refusal::failed(format!(
                            "`{}` serves several accounts, and `DATABRICKS_ACCOUNT_ID` is not set",
                            self.host
                        )));
                    }
                    None => root,
                };
                format!(
                    "{}/.well-known/oauth-authorization-server",
                    root.trim_end_matches('/')
                )
            }
            (None, None) => match &account_id {
                Some(id) if is_account(&self.host) => format!(
                    "{}/oidc/accounts/{id}/.well-known/oauth-authorization-server",
                    self.host
                ),
                _ => format!("{}/oidc/.well-known/oauth-authorization-server", self.host),
            },
        };
        let answer = self.web.get(&url, &[]).await?;
        let token = text(&answer, "token_endpoint").ok_or_else(|| {
            Refusal::failed(format!(
                "the OAuth description at `{url}` names no token endpoint"
            ))
        })?;
        let preferred = description
            .get("token_federation_default_oidc_audiences")
            .and_then(|list| list.get(0)?.as_str());
        // An account-level host expects the account as the audience.
        let account = account_id.filter(|_| {
            description.is_object() && description.get("workspace_id").is_none_or(Value::is_null)
        });
        Ok(Endpoints {
            authorization: text(&answer, "authorization_endpoint").unwrap_or_default(),
            audience: self
                .audience
                .clone()
                .or_else(|| preferred.map(ToOwned::to_owned))
                .or(account)
                .unwrap_or_else(|| token.clone()),
            token,
        })
    }
}

/// Returns true for the host of an account console, by its name as in the SDK.
pub(super) fn is_account(host: &str) -> bool {
    host.starts_with("https://accounts.") || host.starts_with("https://accounts-dod.")
}

fn text(answer: &Value, name: &str) -> Option<String> {
    let value = answer.get(name)?.as_str()?;
    (!value.is_empty()).then(|| value.to_owned())
}
