//! `external-browser`: a login in the browser, stored and refreshed where the Databricks CLI stores its own.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};

use super::grant::{Grant, GrantFuture, Source, Token};
use super::login_store::{KeptIn, LoginStore};
use super::oauth::OAuthClient;
use super::oidc::{Endpoints, Oidc, is_account};
use super::redirect;
use super::refusal::Refusal;
use super::service_principal::{fields, scopes};
use super::web::Web;
use crate::settings::{Given, setting};

/// The public OAuth client that every Databricks workspace knows.
const CLIENT: &str = "databricks-cli";
/// A stored token with less time left is refreshed before use.
const MARGIN: Duration = Duration::from_secs(40);

/// A person's login to one host.
#[derive(Debug)]
pub(super) struct Session {
    web: Web,
    oidc: Arc<Oidc>,
    store: LoginStore,
    /// The keys the login may be stored under: the profile, then the host.
    keys: Vec<String>,
    /// The reason why the Databricks CLI, which takes precedence, cannot serve.
    instead_of: Option<String>,
    client_id: String,
    secret: Option<SecretString>,
    /// True if the client is an application of Azure's directory, which then shows the login page.
    by_azure: bool,
    scopes: String,
    group: super::oauth::Fields,
    /// The token returned last. A further request means that it was refused or has expired.
    last: Mutex<Option<SecretString>>,
}

impl Session {
    pub(super) fn new(
        web: &Web,
        oidc: &Arc<Oidc>,
        host: &str,
        given: &Given,
        home: &Path,
    ) -> Result<Self, String> {
        let account = given.get(setting::ACCOUNT_ID).filter(|_| is_account(host));
        let place = match account {
            Some(id) => format!("{host}/oidc/accounts/{id}"),
            None => host.to_owned(),
        };
        let own = given.text(setting::CLIENT_ID);
        let azure = given.text(setting::AZURE_CLIENT_ID);
        let by_azure = own.is_none() && azure.is_some();
        let client_id = own.or(azure);
        if by_azure && given.get(setting::GROUP_ID).is_some() {
            return Err(
                "a login through Azure cannot assume the role of `DATABRICKS_GROUP_ID`".to_owned(),
            );
        }
        let mut scopes = scopes(given);
        if !given.on(setting::DISABLE_OAUTH_REFRESH_TOKEN) {
            scopes.push_str(" offline_access");
        }
        Ok(Self {
            web: web.clone(),
            oidc: Arc::clone(oidc),
            store: LoginStore::new(given, home)?,
            instead_of: None,
            keys: given.login_profile().into_iter().chain([place]).collect(),
            client_id: client_id.unwrap_or(CLIENT.to_owned()),
            secret: given.secret(if by_azure {
                setting::AZURE_CLIENT_SECRET
            } else {
                setting::CLIENT_SECRET
            }),
            by_azure,
            scopes,
            group: fields(given, false),
            last: Mutex::default(),
        })
    }

    /// Returns false if no login is stored, as far as that is known without opening the keyring.
    pub(super) fn may_be_there(&self) -> bool {
        self.store.may_have(&self.keys)
    }

    /// Sets the reason why the Databricks CLI cannot serve, for the error.
    pub(super) fn instead_of(mut self, reason: String) -> Self {
        self.instead_of = Some(reason);
        self
    }

    /// Shows the login page, waits for the browser to come back and stores the token.
    pub(super) async fn login(&self, show: &(dyn Fn(&str) + Sync)) -> Result<KeptIn, Refusal> {
        let endpoints = self.endpoints().await?;
        let listener = redirect::RedirectListener::open().await?;
        let client = self.client(&endpoints.token);
        let (page, state, verifier) = client.authorize(
            &endpoints.authorization,
            listener.url(),
            &self.scopes,
            &self.group,
        )?;
        show(page.as_str());
        let code = listener.code(&state).await?;
        let token = client.redeem(code, listener.url(), verifier).await?;
        let _alone = self.store.lock().await?;
        self.store.store(&self.keys, &token).await
    }

    /// The stored login.
    async fn kept(&self) -> Result<(Token, KeptIn), Refusal> {
        let found = self.store.lookup(&self.keys).await?;
        found.login.ok_or_else(|| {
            let mut reason = "nobody has logged in to this host".to_owned();
            if let Some(trouble) = found.trouble {
                reason = format!("{reason}, or the login cannot be read: {trouble}");
            }
            if let Some(other) = &self.instead_of {
                reason = format!("{other}, and {reason}");
            }
            Refusal::absent(reason).hint("run `databricks-mcp login`")
        })
    }

    /// Returns true for a token that has time left and was not the last one returned.
    fn serves(&self, token: &Token) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let used = last.as_ref().map(ExposeSecret::expose_secret);
        let ends = token.expires;
        used != Some(token.access.expose_secret())
            && ends.is_none_or(|ends| SystemTime::now() + MARGIN < ends)
    }

    async fn endpoints(&self) -> Result<Endpoints, Refusal> {
        if self.by_azure {
            self.oidc.azure().await
        } else {
            self.oidc.endpoints().await.cloned()
        }
    }

    fn client(&self, token_url: &str) -> OAuthClient {
        OAuthClient {
            web: self.web.clone(),
            token_url: token_url.to_owned(),
            client_id: self.client_id.clone(),
            secret: self.secret.clone(),
            in_body: true,
        }
    }

    async fn refreshed(&self, old: &Token, place: &KeptIn) -> Result<Token, Refusal> {
        let again = "run `databricks-mcp login`";
        let refresh = old.refresh.as_ref().ok_or_else(|| {
            Refusal::failed("the login has expired and cannot be refreshed").hint(again)
        })?;
        let endpoints = self.endpoints().await?;
        let client = self.client(&endpoints.token);
        let mut token = client
            .refresh(refresh)
            .await
            .map_err(|refusal| refusal.hint(again))?;
        // Without a new refresh token the old one stays valid.
        token.refresh = token.refresh.or_else(|| old.refresh.clone());
        // The token works even if it cannot be stored.
        if let Err(refusal) = self.store.replace(&self.keys, &token, place).await {
            tracing::warn!(%refusal, "cannot store the refreshed login");
        }
        Ok(token)
    }
}

impl Source for Session {
    fn fetch(&self) -> GrantFuture<'_> {
        Box::pin(async {
            let (mut token, _) = self.kept().await?;
            if !self.serves(&token) {
                let _alone = self.store.lock().await?;
                // Another process may have refreshed it meanwhile, and a refresh token works only once.
                let (kept, place) = self.kept().await?;
                token = if self.serves(&kept) {
                    kept
                } else {
                    self.refreshed(&kept, &place).await?
                };
            }
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.access.clone());
            Grant::new(&Token {
                kind: "Bearer".to_owned(),
                ..token
            })
        })
    }
}
