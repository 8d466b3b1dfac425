//! `model-serving`: the token that Databricks Model Serving mounts for a served model's code.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::grant::{Grant, GrantFuture, Source, Token};
use super::refusal::Refusal;

/// The variables that mark Model Serving; either suffices.
const SERVED: [&str; 2] = [
    "IS_IN_DB_MODEL_SERVING_ENV",
    "IS_IN_DATABRICKS_MODEL_SERVING_ENV",
];
/// The variables with the workspace host, in the order of the official SDK 0.162.0.
const HOSTS: [&str; 2] = [
    "DATABRICKS_MODEL_SERVING_HOST_URL",
    "DB_MODEL_SERVING_HOST_URL",
];
/// The variable with the token's folder on the serverless platform.
const FOLDER: &str = "SERVING_CREDENTIALS_DIR";
const CLASSIC: &str = "/var/credentials-secret";
const FILE: &str = "model-dependencies-oauth-token";
/// The time until the mounted file, which the platform replaces, is read again; as in the SDK.
const LIFE: Duration = Duration::from_secs(300);
/// The pause before a second reading, since the file may be half written.
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(super) struct ModelServing(PathBuf);

impl ModelServing {
    pub(super) fn new(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let said = SERVED
            .iter()
            .find_map(|name| variable(name).filter(|value| !value.is_empty()));
        if said.as_deref() != Some("true") {
            return Err("this is not Databricks Model Serving".to_owned());
        }
        let folder = variable(FOLDER).map(|folder| folder.trim().to_owned());
        let folder = folder.filter(|folder| !folder.is_empty());
        let path = PathBuf::from(folder.as_deref().unwrap_or(CLASSIC)).join(FILE);
        if path.is_file() {
            Ok(Self(path))
        } else {
            Err(format!("`{}` does not exist", path.display()))
        }
    }

    /// The workspace host, inside Model Serving.
    pub(super) fn host(
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Option<(&'static str, String)> {
        Self::new(variable).ok()?;
        HOSTS.into_iter().find_map(|name| {
            let host = variable(name).filter(|host| !host.trim().is_empty());
            Some((name, host?))
        })
    }

    fn read(&self) -> Result<Token, Refusal> {
        let place = self.0.display();
        let text = std::fs::read_to_string(&self.0)
            .map_err(|error| Refusal::failed(format!("`{place}` cannot be read: {error}")))?;
        let json: Value = serde_json::from_str(&text).unwrap_or_default();
        let token = json.pointer("/OAUTH_TOKEN/0/oauthTokenValue");
        let token = token
            .and_then(Value::as_str)
            .filter(|token| !token.is_empty());
        Ok(Token {
            kind: "Bearer".to_owned(),
            access: token
                .ok_or_else(|| Refusal::failed(format!("`{place}` contains no token")))?
                .into(),
            refresh: None,
            expires: SystemTime::now().checked_add(LIFE),
        })
    }
}

impl Source for ModelServing {
    fn fetch(&self) -> GrantFuture<'_> {
        Box::pin(async {
            let token = match self.read() {
                Ok(token) => token,
                Err(_) => {
                    tokio::time::sleep(PAUSE).await;
                    self.read()?
                }
            };
            Grant::new(&token)
        })
    }
}
