//! `model-serving`: the token that Databricks Model Serving mounts for the code of a served model.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::grant::{Fetching, Grant, Source, Token};
use super::refusal::Refusal;

/// Either says that this is Model Serving.
const SERVED: [&str; 2] = [
    "IS_IN_DB_MODEL_SERVING_ENV",
    "IS_IN_DATABRICKS_MODEL_SERVING_ENV",
];
/// The workspace of the served model, in the order of the official SDK 0.162.0.
const HOSTS: [&str; 2] = [
    "DATABRICKS_MODEL_SERVING_HOST_URL",
    "DB_MODEL_SERVING_HOST_URL",
];
/// Names the folder of the token on the serverless platform.
const FOLDER: &str = "SERVING_CREDENTIALS_DIR";
const CLASSIC: &str = "/var/credentials-secret";
const FILE: &str = "model-dependencies-oauth-token";
/// Whoever mounts the file replaces it; what was read serves this long, as in the SDK.
const LIFE: Duration = Duration::from_secs(300);
/// While it is replaced, it may be half there.
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
        match path.is_file() {
            true => Ok(Self(path)),
            false => Err(format!("`{}` is not there", path.display())),
        }
    }

    /// The host of the served model's workspace, where this is Model Serving.
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
                .ok_or_else(|| Refusal::failed(format!("`{place}` holds no token")))?
                .into(),
            refresh: None,
            expires: SystemTime::now().checked_add(LIFE),
        })
    }
}

impl Source for ModelServing {
    fn fetch(&self) -> Fetching<'_> {
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
