//! `external-browser`: a person's login in the browser, kept where the Databricks CLI keeps its own and refreshed from there.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};

use super::given::Given;
use super::grant::{Fetching, Grant, Source, Token};
use super::login_store::{KeptIn, LoginStore};
use super::oauth::Party;
use super::oidc::{Endpoints, Oidc, is_account};
use super::refusal::Refusal;
use super::service_principal::{fields, scopes};
use super::web::Web;
use super::{redirect, setting};

/// The public OAuth client that every Databricks workspace knows.
const CLIENT: &str = "databricks-cli";
/// A cached token with less left is refreshed first.
const MARGIN: Duration = Duration::from_secs(40);

/// A login of a person to one host.
#[derive(Debug)]
pub(super) struct Session {
    web: Web,
    oidc: Arc<Oidc>,
    store: LoginStore,
    /// Under what the login may be kept: the profile, the host.
    keys: Vec<String>,
    /// Why the program that would rather be asked cannot be.
    instead_of: Option<String>,
    client_id: String,
    secret: Option<SecretString>,
    /// The client is an application of Azure's directory, which logs people in itself.
    by_azure: bool,
    scopes: String,
    group: super::oauth::Fields,
    /// The token given out last; asked again, it is time for another.
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
                "a login by Azure cannot take the role of `DATABRICKS_GROUP_ID`".to_owned(),
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
            secret: given.secret(match by_azure {
                true => setting::AZURE_CLIENT_SECRET,
                false => setting::CLIENT_SECRET,
            }),
            by_azure,
            scopes,
            group: fields(given, false),
            last: Mutex::default(),
        })
    }

    /// Whether somebody may have logged in, as far as that is known without asking the keyring.
    pub(super) fn may_be_there(&self) -> bool {
        self.store.may_have(&self.keys)
    }

    /// Serves in the place of another, which does not for this reason.
    pub(super) fn instead_of(mut self, reason: String) -> Self {
        self.instead_of = Some(reason);
        self
    }

    /// Sends a browser to the login page, waits for it to come back and keeps the token.
    pub(super) async fn login(&self, show: &(dyn Fn(&str) + Sync)) -> Result<KeptIn, Refusal> {
        let endpoints = self.endpoints().await?;
        let landing = redirect::Landing::open().await?;
        let party = self.party(&endpoints.token);
        let (page, state, verifier) = party.authorize(
            &endpoints.authorization,
            landing.url(),
            &self.scopes,
            &self.group,
        )?;
        show(page.as_str());
        let code = landing.code(&state).await?;
        let token = party.redeem(code, landing.url(), verifier).await?;
        let _alone = self.store.lock().await?;
        self.store.store(&self.keys, &token).await
    }

    /// The login as it is kept.
    async fn kept(&self) -> Result<(Token, KeptIn), Refusal> {
        let found = self.store.lookup(&self.keys).await?;
        found.login.ok_or_else(|| {
            let mut reason = "nobody has logged in to this host".to_owned();
            if let Some(trouble) = found.trouble {
                reason = format!("{reason}, as far as can be seen: {trouble}");
            }
            if let Some(other) = &self.instead_of {
                reason = format!("{other}, and {reason}");
            }
            Refusal::absent(reason).hint("run `databricks-mcp login`")
        })
    }

    /// Whether a token has time left and was not given out already; asked again, it is time for another.
    fn serves(&self, token: &Token) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let used = last.as_ref().map(ExposeSecret::expose_secret);
        let ends = token.expires;
        used != Some(token.access.expose_secret())
            && ends.is_none_or(|ends| SystemTime::now() + MARGIN < ends)
    }

    async fn endpoints(&self) -> Result<Endpoints, Refusal> {
        match self.by_azure {
            true => self.oidc.azure().await,
            false => self.oidc.endpoints().await.cloned(),
        }
    }

    fn party(&self, token_url: &str) -> Party {
        Party {
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
            Refusal::failed("the login has ended and cannot be refreshed").hint(again)
        })?;
        let endpoints = self.endpoints().await?;
        let party = self.party(&endpoints.token);
        let mut token = party
            .refresh(refresh)
            .await
            .map_err(|refusal| refusal.hint(again))?;
        // A service that sends no new refresh token means the old one to stay.
        token.refresh = token.refresh.or_else(|| old.refresh.clone());
        // The token is good though it cannot be kept; the next refresh will say so again.
        if let Err(refusal) = self.store.replace(&self.keys, &token, place).await {
            tracing::warn!(%refusal, "the refreshed login is not kept");
        }
        Ok(token)
    }
}

impl Source for Session {
    fn fetch(&self) -> Fetching<'_> {
        Box::pin(async {
            let (mut token, _) = self.kept().await?;
            if !self.serves(&token) {
                let _alone = self.store.lock().await?;
                // Another process may have refreshed it meanwhile, and its refresh token serves once.
                let (kept, place) = self.kept().await?;
                token = match self.serves(&kept) {
                    true => kept,
                    false => self.refreshed(&kept, &place).await?,
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
