//! `external-browser`: a person's login in the browser, kept in the Databricks CLI's token cache and refreshed from there.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};

use super::given::Given;
use super::grant::{Fetching, Grant, Source, Token};
use super::oauth::Party;
use super::oidc::{Oidc, is_account};
use super::refusal::Refusal;
use super::service_principal::{fields, scopes};
use super::token_cache::TokenCache;
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
    cache: TokenCache,
    /// Where the cache may have the token: by profile, by host.
    keys: Vec<String>,
    client_id: String,
    secret: Option<SecretString>,
    scopes: String,
    group: super::oauth::Fields,
    /// The token given out last; asked again, it is time for another.
    last: Mutex<Option<SecretString>>,
}

impl Session {
    pub(super) fn new(web: &Web, oidc: &Arc<Oidc>, host: &str, given: &Given, home: &Path) -> Self {
        let account = given.get(setting::ACCOUNT_ID).filter(|_| is_account(host));
        let place = match account {
            Some(id) => format!("{host}/oidc/accounts/{id}"),
            None => host.to_owned(),
        };
        let mut scopes = scopes(given);
        if !given.on(setting::DISABLE_OAUTH_REFRESH_TOKEN) {
            scopes.push_str(" offline_access");
        }
        Self {
            web: web.clone(),
            oidc: Arc::clone(oidc),
            cache: TokenCache::new(home),
            keys: given
                .text(setting::PROFILE)
                .into_iter()
                .chain([place])
                .collect(),
            client_id: given.text(setting::CLIENT_ID).unwrap_or(CLIENT.to_owned()),
            secret: given.secret(setting::CLIENT_SECRET),
            scopes,
            group: fields(given, false),
            last: Mutex::default(),
        }
    }

    /// Whether somebody has logged in.
    pub(super) fn is_there(&self) -> bool {
        matches!(self.cache.lookup(&self.keys), Ok(Some(_)))
    }

    /// Sends a browser to the login page, waits for it to come back and keeps the token.
    pub(super) async fn login(&self, show: &(dyn Fn(&str) + Sync)) -> Result<(), Refusal> {
        let endpoints = self.oidc.endpoints().await?;
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
        self.cache.store(&self.keys, &token)
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

    async fn refreshed(&self, old: &Token) -> Result<Token, Refusal> {
        let again = "run `databricks-mcp login`";
        let refresh = old.refresh.as_ref().ok_or_else(|| {
            Refusal::failed("the login has ended and cannot be refreshed").hint(again)
        })?;
        let endpoints = self.oidc.endpoints().await?;
        let party = self.party(&endpoints.token);
        let mut token = party
            .refresh(refresh)
            .await
            .map_err(|refusal| refusal.hint(again))?;
        // A service that sends no new refresh token means the old one to stay.
        token.refresh = token.refresh.or_else(|| old.refresh.clone());
        self.cache.store(&self.keys, &token)?;
        Ok(token)
    }
}

impl Source for Session {
    fn fetch(&self) -> Fetching<'_> {
        Box::pin(async {
            let cached = self.cache.lookup(&self.keys)?.ok_or_else(|| {
                Refusal::absent("nobody has logged in to this host")
                    .hint("run `databricks-mcp login`")
            })?;
            let used = {
                let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                last.as_ref().map(ExposeSecret::expose_secret)
                    == Some(cached.access.expose_secret())
            };
            let good = cached
                .expires
                .is_none_or(|expires| SystemTime::now() + MARGIN < expires);
            let token = if good && !used {
                cached
            } else {
                self.refreshed(&cached).await?
            };
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.access.clone());
            Grant::new(&Token {
                kind: "Bearer".to_owned(),
                ..token
            })
        })
    }
}
