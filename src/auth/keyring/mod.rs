//! The keyring of the operating system, with entries as the Databricks CLI keeps them there.
//!
//! The CLI's own words for it are in its `libs/auth/storage/keyring.go`: the service is `databricks-cli`, the
//! account is the key of the token cache, the secret is JSON with the token under `token`.

#[cfg(windows)]
mod credential_manager;
#[cfg(target_os = "linux")]
mod secret_service;
#[cfg(any(target_os = "macos", all(test, unix)))]
mod security;

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::entry;
use super::grant::Token;

/// The service under which the CLI keeps its entries.
const SERVICE: &str = "databricks-cli";
/// A keyring may wait for somebody to unlock it; the CLI gives up after 3 s, too.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a keyring answers, or why it does not.
pub(super) type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, Trouble>> + Send + 'a>>;

/// Secrets by account, all of one service.
pub(super) trait Keychain: Debug + Send + Sync {
    fn get<'a>(&'a self, account: &'a str) -> Asked<'a, Option<SecretString>>;
    fn set<'a>(&'a self, account: &'a str, secret: SecretString) -> Asked<'a, ()>;
}

/// Why a keyring does not serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) reason: String,
    /// It may serve the next time: it is locked, or somebody has yet to answer it.
    pub(super) passes: bool,
}

impl Trouble {
    /// There is no keyring, or it refuses.
    pub(super) fn unreachable(reason: impl std::fmt::Display) -> Self {
        Self {
            reason: format!("the keyring cannot be reached: {reason}"),
            passes: false,
        }
    }

    /// Somebody must unlock it.
    #[cfg(any(target_os = "linux", test))]
    pub(super) fn locked() -> Self {
        Self {
            reason: "the keyring is locked".to_owned(),
            passes: true,
        }
    }
}

/// The keyring, never waited for longer than a person would.
#[derive(Debug)]
pub(super) struct Keyring {
    chain: Box<dyn Keychain>,
    patience: Duration,
}

impl Keyring {
    /// The keyring that this kind of system has, whether or not it can be reached.
    pub(super) fn of_this_system() -> Option<Self> {
        #[cfg(target_os = "linux")]
        return Some(Self::over(secret_service::SecretService, PATIENCE));
        #[cfg(target_os = "macos")]
        return Some(Self::over(security::Security::default(), PATIENCE));
        #[cfg(windows)]
        return Some(Self::over(credential_manager::CredentialManager, PATIENCE));
        #[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
        None
    }

    pub(super) fn over(chain: impl Keychain + 'static, patience: Duration) -> Self {
        Self {
            chain: Box::new(chain),
            patience,
        }
    }

    /// The token of an account.
    pub(super) async fn lookup(&self, account: &str) -> Result<Option<Token>, Trouble> {
        Ok(self.entry(account).await?.and_then(|entry| {
            // The first versions kept the bare token.
            entry::read(entry.get("token").unwrap_or(&entry))
        }))
    }

    /// Keeps a token, and whatever else the CLI keeps beside it.
    pub(super) async fn store(&self, account: &str, token: &Token) -> Result<(), Trouble> {
        let mut entry = match self.entry(account).await? {
            Some(Value::Object(entry)) if entry.contains_key("token") => entry,
            _ => Map::new(),
        };
        entry.insert("token".to_owned(), entry::write(token));
        let secret = Value::Object(entry).to_string().into();
        self.patiently(self.chain.set(account, secret)).await
    }

    async fn entry(&self, account: &str) -> Result<Option<Value>, Trouble> {
        let secret = self.patiently(self.chain.get(account)).await?;
        // What is no JSON is not the CLI's, and a login may replace it.
        Ok(secret.and_then(|secret| serde_json::from_str(secret.expose_secret()).ok()))
    }

    async fn patiently<T>(&self, asked: Asked<'_, T>) -> Result<T, Trouble> {
        match tokio::time::timeout(self.patience, asked).await {
            Ok(answer) => answer,
            Err(_) => Err(Trouble {
                reason: format!(
                    "the keyring did not answer within {} s",
                    self.patience.as_secs_f64()
                ),
                passes: true,
            }),
        }
    }
}
