//! Credentials: the headers that authorize a request, refreshed before they expire and once after a 401.
//!
//! [`choose`] picks the credential in the order of Databricks' official SDK.

mod azure;
mod azure_cli;
mod browser;
mod chain;
mod command;
mod databricks_cli;
mod entry;
mod federation;
mod google;
mod google_key;
mod grant;
mod kept;
mod keyring;
mod login_store;
mod metadata;
mod methods;
mod model_serving;
mod oauth;
mod oidc;
mod redirect;
mod refusal;
mod service_principal;
mod token;
mod token_cache;
mod web;

use std::fmt::Debug;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::header::HeaderMap;
use url::Url;

use crate::connect::Connections;
use crate::error::Error;
use crate::settings::{Given, setting};

use chain::{Candidate, Chain, broken};
use kept::Kept;
use methods::{METHODS, Made, Setup};
use refusal::Refusal;

pub use login_store::KeptIn;
pub use token::AccessToken;

/// The future of [`Credential::headers`].
pub type Headers<'a> = Pin<Box<dyn Future<Output = Result<HeaderMap, Error>> + Send + 'a>>;

/// A source of the headers that authorize a request to one workspace.
pub trait Credential: Debug + Send + Sync {
    /// The `auth_type` of Databricks' unified authentication, for example `pat` or `oauth-m2m`;
    /// `default` until a first request has shown which one applies.
    fn auth_type(&self) -> &'static str;

    /// The headers for a request, marked sensitive. They are cached, and concurrent callers share one refresh.
    fn headers(&self) -> Headers<'_>;

    /// Reports that the service answered 401 to these headers. If they are still the cached ones, the next
    /// call of [`Credential::headers`] fetches new ones. Returns true if a retry can help.
    fn refused(&self, refused: &HeaderMap) -> bool;
}

/// The process environment that credentials are looked up in.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Reads an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The user's home directory, which holds the token cache.
    pub home: Option<&'a Path>,
}

impl Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings")
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

/// Finds the credential for a host without sending anything. If several may apply, the first request
/// tries them in order.
///
/// # Errors
/// No credential applies, a forced one lacks a setting, or several are configured and none is forced.
pub fn choose(
    given: &Given,
    host: &Url,
    around: Surroundings<'_>,
) -> Result<Arc<dyn Credential>, Error> {
    check_ambiguity(given)?;
    let forced = forced(given)?;
    let host = host.as_str().trim_end_matches('/');
    let setup = setup(given, host, around)?;
    let mut candidates = Vec::new();
    let mut lacks = Vec::new();
    for method in METHODS {
        let auth_type = method.auth_type;
        match forced {
            Some(forced) if forced != auth_type => continue,
            None if method.by_name => continue,
            _ => {}
        }
        let mut add = |source| candidates.push(Candidate { auth_type, source });
        match method.make(&setup) {
            Ok(Made::Fixed(credential)) => return Ok(credential),
            Ok(Made::Applies(source)) => {
                add(source);
                break;
            }
            Ok(Made::MayApply(source)) => add(source),
            Err(lack) if forced.is_some() => return Err(broken(auth_type, Refusal::failed(lack))),
            Err(lack) => lacks.push(format!("`{auth_type}`: {lack}")),
        }
    }
    if candidates.is_empty() {
        return Err(Error::NoCredential {
            host: host.to_owned(),
            tried: lacks,
            hint: None,
        });
    }
    Ok(Arc::new(Kept::new(Chain::new(host, candidates, lacks))))
}

/// Logs a person in. `show` receives the page to open in a browser. Returns where the token was stored,
/// after the browser has come back.
///
/// # Errors
/// The host has no login page, or the login failed.
pub async fn login(
    given: &Given,
    host: &Url,
    around: Surroundings<'_>,
    show: &(dyn Fn(&str) + Sync),
) -> Result<KeptIn, Error> {
    let host = host.as_str().trim_end_matches('/');
    let session = methods::session(&setup(given, host, around)?).map_err(Refusal::failed);
    let outcome = match session {
        Ok(session) => session.login(show).await,
        Err(refusal) => Err(refusal),
    };
    outcome.map_err(|refusal| broken("external-browser", refusal))
}

/// Looks up the host of the workspace with the configured Azure resource id.
///
/// # Errors
/// No Azure credential is configured, or Azure refuses it.
pub async fn find_azure_host(given: &Given, around: Surroundings<'_>) -> Result<String, Error> {
    let id = given.get(setting::AZURE_RESOURCE_ID).unwrap_or_default();
    let cloud = azure::Cloud::of(None, given).ok_or_else(|| {
        let reason = "expected `PUBLIC`, `USGOVERNMENT` or `CHINA`";
        setting::AZURE_ENVIRONMENT.unusable(reason.to_owned())
    })?;
    let web = web::Web::new(Connections::from_variables(around.variable)?);
    let (auth_type, token) = match azure::identity(given, forced(given)?) {
        Some((auth_type, proof)) => {
            let principal = azure::AzurePrincipal::new(&web, cloud.clone(), "", given, proof);
            (auth_type, principal.token(cloud.resource_manager).await)
        }
        None => {
            let path = (around.variable)("PATH");
            let cli = azure_cli::AzureCli::new(&web, cloud.clone(), "", given, path.as_deref());
            let token = match cli {
                Ok(cli) => cli.token(cloud.resource_manager).await,
                Err(lack) => Err(Refusal::failed(lack)),
            };
            ("azure-cli", token)
        }
    };
    let found = match token {
        Ok(token) => azure::workspace_host(&web, &cloud, id, &token).await,
        Err(refusal) => Err(refusal),
    };
    found.map_err(|refusal| broken(auth_type, refusal))
}

/// The workspace host inside Databricks Model Serving, with the variable that names it.
pub fn find_serving_host(around: Surroundings<'_>) -> Option<(&'static str, String)> {
    model_serving::ModelServing::host(around.variable)
}

fn setup<'a>(
    given: &'a Given,
    host: &'a str,
    around: Surroundings<'a>,
) -> Result<Setup<'a>, Error> {
    let web = web::Web::new(Connections::from_variables(around.variable)?);
    Ok(Setup {
        given,
        variable: around.variable,
        host,
        home: around.home,
        oidc: Arc::new(oidc::Oidc::new(&web, host, given)),
        web,
        cloud: azure::Cloud::of(Some(host), given),
    })
}

/// The credential that `DATABRICKS_AUTH_TYPE` names.
fn forced(given: &Given) -> Result<Option<&'static str>, Error> {
    let Some(name) = given.get(setting::AUTH_TYPE) else {
        return Ok(None);
    };
    let known = METHODS.iter().find(|method| method.auth_type == name);
    known.map(|method| Some(method.auth_type)).ok_or_else(|| {
        let names: Vec<&str> = METHODS.iter().map(|method| method.auth_type).collect();
        setting::AUTH_TYPE.unusable(format!("`{name}` is none of {}", names.join(", ")))
    })
}

/// Fails when several kinds of credentials are configured and none is forced.
fn check_ambiguity(given: &Given) -> Result<(), Error> {
    if given.get(setting::AUTH_TYPE).is_some() {
        return Ok(());
    }
    let set = setting::ALL.iter().filter_map(|setting| {
        let origin = given.origin(setting)?;
        Some((setting.kind?, format!("{} ({origin})", setting.name)))
    });
    let mut kinds = std::collections::BTreeMap::<&str, Vec<String>>::new();
    for (kind, place) in set {
        kinds.entry(kind).or_default().push(place);
    }
    if kinds.len() < 2 {
        return Ok(());
    }
    let each = kinds
        .into_iter()
        .map(|(kind, places)| format!("`{kind}` by {}", places.join(", ")));
    Err(Error::Ambiguous {
        kinds: each.collect(),
    })
}
