//! The operating system's keyring, with entries as the Databricks CLI writes them.
//!
//! The CLI's `libs/auth/storage/keyring.go` is the model: the service is `databricks-cli`, the account is the
//! key of the token cache, and the secret is JSON with the token under `token`.

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

/// The service name of the CLI's entries.
const SERVICE: &str = "databricks-cli";
/// The time limit for a keyring that waits to be unlocked, as in the CLI.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The future of a keyring request.
pub(super) type KeyringFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, KeyringError>> + Send + 'a>>;

/// A platform's store of secrets by account, all of one service.
pub(super) trait Keychain: Debug + Send + Sync {
    fn get<'a>(&'a self, account: &'a str) -> KeyringFuture<'a, Option<SecretString>>;
    fn set<'a>(&'a self, account: &'a str, secret: SecretString) -> KeyringFuture<'a, ()>;
}

/// The reason why a keyring cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyringError {
    pub(super) reason: String,
    /// True if a later attempt may succeed: the keyring is locked or did not answer in time.
    pub(super) transient: bool,
}

impl KeyringError {
    /// There is no keyring, or it refused.
    pub(super) fn unreachable(reason: impl std::fmt::Display) -> Self {
        Self {
            reason: format!("the keyring cannot be reached: {reason}"),
            transient: false,
        }
    }

    /// The keyring is locked.
    #[cfg(any(target_os = "linux", test))]
    pub(super) fn locked() -> Self {
        Self {
            reason: "the keyring is locked".to_owned(),
            transient: true,
        }
    }
}

/// The keyring, with a time limit on every request.
#[derive(Debug)]
pub(super) struct Keyring {
    chain: Box<dyn Keychain>,
    patience: Duration,
}

impl Keyring {
    /// The keyring of this operating system, reachable or not.
    pub(super) fn of_this_system() -> Option<Self> {
        #[cfg(target_os = "linux")]
        return Some(Self::over(secret_service::SecretService, TIMEOUT));
        #[cfg(target_os = "macos")]
        return Some(Self::over(security::Security::default(), TIMEOUT));
        #[cfg(windows)]
        return Some(Self::over(credential_manager::CredentialManager, TIMEOUT));
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
    pub(super) async fn lookup(&self, account: &str) -> Result<Option<Token>, KeyringError> {
        Ok(self.entry(account).await?.and_then(|entry| {
            // The CLI's first versions stored the bare token.
            entry::read(entry.get("token").unwrap_or(&entry))
        }))
    }

    /// Stores a token and preserves the CLI's other fields in the entry.
    pub(super) async fn store(&self, account: &str, token: &Token) -> Result<(), KeyringError> {
        let mut entry = match self.entry(account).await? {
            Some(Value::Object(entry)) if entry.contains_key("token") => entry,
            _ => Map::new(),
        };
        entry.insert("token".to_owned(), entry::write(token));
        let secret = Value::Object(entry).to_string().into();
        self.patiently(self.chain.set(account, secret)).await
    }

    async fn entry(&self, account: &str) -> Result<Option<Value>, KeyringError> {
        let secret = self.patiently(self.chain.get(account)).await?;
        // An entry that is not JSON is not the CLI's, and a login may replace it.
        Ok(secret.and_then(|secret| serde_json::from_str(secret.expose_secret()).ok()))
    }

    async fn patiently<T>(&self, asked: KeyringFuture<'_, T>) -> Result<T, KeyringError> {
        match tokio::time::timeout(self.patience, asked).await {
            Ok(answer) => answer,
            Err(_) => Err(KeyringError {
                reason: format!(
                    "the keyring did not answer within {} s",
                    self.patience.as_secs_f64()
                ),
                transient: true,
            }),
        }
    }
}
