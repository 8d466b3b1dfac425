//! `oauth-m2m`: a Databricks service principal, by client id and secret.

use std::sync::Arc;

use secrecy::SecretString;

use super::grant::{Grant, GrantFuture, Source};
use super::oauth::{Fields, OAuthClient};
use super::oidc::Oidc;
use super::web::Web;
use crate::settings::{Given, setting};

#[derive(Debug)]
pub(super) struct ServicePrincipal {
    web: Web,
    oidc: Arc<Oidc>,
    client_id: String,
    secret: Option<SecretString>,
    scopes: String,
    fields: Fields,
}

impl ServicePrincipal {
    pub(super) fn new(web: &Web, oidc: &Arc<Oidc>, given: &Given) -> Self {
        Self {
            web: web.clone(),
            oidc: Arc::clone(oidc),
            client_id: given.text(setting::CLIENT_ID).unwrap_or_default(),
            secret: given.secret(setting::CLIENT_SECRET),
            scopes: scopes(given),
            fields: fields(given, true),
        }
    }
}

impl Source for ServicePrincipal {
    fn fetch(&self) -> GrantFuture<'_> {
        Box::pin(async {
            let party = OAuthClient {
                web: self.web.clone(),
                token_url: self.oidc.endpoints().await?.token.clone(),
                client_id: self.client_id.clone(),
                secret: self.secret.clone(),
                in_body: false,
            };
            Grant::new(&party.client_credentials(&self.scopes, &self.fields).await?)
        })
    }
}

/// The scopes to request, sorted, without duplicates, separated by spaces.
pub(super) fn scopes(given: &Given) -> String {
    let text = given.get(setting::SCOPES).unwrap_or_default();
    let mut scopes: Vec<&str> = text
        .split([',', ' '])
        .filter(|part| !part.is_empty())
        .collect();
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return "all-apis".to_owned();
    }
    scopes.join(" ")
}

/// The optional fields of a token request.
pub(super) fn fields(given: &Given, details: bool) -> Fields {
    let mut fields = Fields::new();
    if let Some(details) = given
        .text(setting::AUTHORIZATION_DETAILS)
        .filter(|_| details)
    {
        fields.push(("authorization_details", details));
    }
    if let Some(group) = given.text(setting::GROUP_ID) {
        fields.push(("assume_group", group));
    }
    fields
}
