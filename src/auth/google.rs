//! `google-credentials` and `google-id`: a Google service account, by key or by impersonation.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::command;
use super::google_key::GoogleKey;
use super::grant::{Grant, GrantFuture, Source, Token};
use super::oauth::{self, OAuthClient};
use super::refusal::Refusal;
use super::web::Web;
use crate::settings::{Given, setting};

/// Carries a Google access token, which some account-level operations require as well.
const GOOGLE_HEADER: &str = "x-databricks-gcp-sa-access-token";
const SCOPES: &str =
    "https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/compute";
/// The scope for impersonation, as Google's own library requests it.
const IAM: &str = "https://www.googleapis.com/auth/iam";
const IMPERSONATION: &str = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts";
const MACHINE: &str =
    "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token";

/// The credential of a service account's key, `google-credentials`.
#[derive(Debug)]
pub(super) struct GoogleCredentials {
    web: Web,
    host: String,
    key: GoogleKey,
}

impl GoogleCredentials {
    pub(super) fn new(web: &Web, host: &str, given: &Given) -> Result<Self, String> {
        let text = given.text(setting::GOOGLE_CREDENTIALS).unwrap_or_default();
        // The setting is a file's path or its content.
        let text = std::fs::read_to_string(&text).unwrap_or(text);
        let key = serde_json::from_str(&text).map_err(
            |_| "`GOOGLE_CREDENTIALS` is neither a service account's key nor a file with one",
        )?;
        Ok(Self {
            web: web.clone(),
            host: host.to_owned(),
            key,
        })
    }
}

impl Source for GoogleCredentials {
    fn fetch(&self) -> GrantFuture<'_> {
        Box::pin(async {
            let answer = self
                .key
                .ask(&self.web, ("target_audience", &self.host))
                .await?;
            let grant = Grant::new(&identity(&answer, "id_token")?)?;
            // The account may not be allowed the second token, and most operations do not need it.
            let second = self.key.ask(&self.web, ("scope", SCOPES)).await;
            match second.and_then(oauth::read) {
                Ok(token) => grant.with_token(GOOGLE_HEADER, &token),
                Err(refusal) => {
                    tracing::warn!(%refusal, "no Google access token");
                    Ok(grant)
                }
            }
        })
    }
}

/// Google's application default credentials.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ApplicationDefault {
    ServiceAccount(GoogleKey),
    AuthorizedUser {
        client_id: String,
        client_secret: SecretString,
        refresh_token: SecretString,
    },
    /// The machine's own identity, used without a file.
    #[serde(skip)]
    Machine,
}

impl std::fmt::Debug for ApplicationDefault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ServiceAccount(_) => "ServiceAccount",
            Self::AuthorizedUser { .. } => "AuthorizedUser",
            Self::Machine => "Machine",
        })
    }
}

/// The credential of an impersonated service account, `google-id`.
#[derive(Debug)]
pub(super) struct GoogleId {
    web: Web,
    host: String,
    account: String,
    default: ApplicationDefault,
}

impl GoogleId {
    pub(super) fn new(
        web: &Web,
        host: &str,
        given: &Given,
        variable: &dyn Fn(&str) -> Option<String>,
        home: Option<&Path>,
    ) -> Result<Self, String> {
        let named = variable("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
        let folder = variable("CLOUDSDK_CONFIG")
            .map(PathBuf::from)
            .or_else(|| home.map(|home| home.join(".config").join("gcloud")));
        let usual = folder.map(|folder| folder.join("application_default_credentials.json"));
        let default = match named.or_else(|| usual.filter(|path| path.is_file())) {
            Some(path) => {
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
                serde_json::from_str(&text).map_err(|_| {
                    format!(
                        "`{}` is neither a service account's key nor a user's login",
                        path.display()
                    )
                })?
            }
            None => ApplicationDefault::Machine,
        };
        Ok(Self {
            web: web.clone(),
            host: host.to_owned(),
            account: given
                .text(setting::GOOGLE_SERVICE_ACCOUNT)
                .unwrap_or_default(),
            default,
        })
    }

    /// The token of the identity that impersonates.
    async fn own(&self) -> Result<SecretString, Refusal> {
        let token = match &self.default {
            ApplicationDefault::ServiceAccount(key) => {
                oauth::read(key.ask(&self.web, ("scope", IAM)).await?)?
            }
            ApplicationDefault::AuthorizedUser {
                client_id,
                client_secret,
                refresh_token,
            } => {
                let party = OAuthClient {
                    web: self.web.clone(),
                    token_url: "https://oauth2.googleapis.com/token".to_owned(),
                    client_id: client_id.clone(),
                    secret: Some(client_secret.clone()),
                    in_body: true,
                };
                party.refresh(refresh_token).await?
            }
            ApplicationDefault::Machine => {
                let answer = self
                    .web
                    .get(MACHINE, &[("metadata-flavor", "Google")])
                    .await;
                oauth::read(answer.map_err(Refusal::skip)?)?
            }
        };
        Ok(token.access)
    }
}

impl Source for GoogleId {
    fn fetch(&self) -> GrantFuture<'_> {
        Box::pin(async move {
            let own = self.own().await?;
            let ask = |what: &str, body: Value| {
                let url = format!("{IMPERSONATION}/{}:{what}", self.account);
                let own = &own;
                async move { self.web.post(&url, own, Some(&body)).await }
            };
            let audience = json!({ "audience": self.host, "delegates": [], "includeEmail": true });
            let answer = ask("generateIdToken", audience).await?;
            let grant = Grant::new(&identity(&answer, "token")?)?;
            let scopes: Vec<&str> = SCOPES.split(' ').collect();
            let scopes = json!({ "delegates": [], "scope": scopes, "lifetime": "3600s" });
            match ask("generateAccessToken", scopes).await {
                Ok(answer) => grant.with_token(GOOGLE_HEADER, &impersonated(&answer)?),
                Err(refusal) => {
                    tracing::warn!(%refusal, "no Google access token");
                    Ok(grant)
                }
            }
        })
    }
}

fn impersonated(answer: &Value) -> Result<Token, Refusal> {
    let text = |name: &str| {
        let value = answer.get(name).and_then(Value::as_str);
        value.ok_or_else(|| Refusal::failed(format!("Google's answer has no `{name}`")))
    };
    Ok(Token {
        kind: "Bearer".to_owned(),
        access: text("accessToken")?.into(),
        refresh: None,
        expires: command::parse_time(text("expireTime")?),
    })
}

/// Reads an identity token and takes its expiry from its claims.
fn identity(answer: &Value, name: &str) -> Result<Token, Refusal> {
    let token = answer.get(name).and_then(Value::as_str);
    let token = token.ok_or_else(|| Refusal::failed(format!("Google's answer has no `{name}`")))?;
    let claims = command::claims(token).unwrap_or_default();
    let expires = claims.get("exp").and_then(Value::as_f64);
    Ok(Token {
        kind: "Bearer".to_owned(),
        access: token.into(),
        refresh: None,
        expires: expires.and_then(super::grant::epoch),
    })
}
