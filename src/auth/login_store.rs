//! The store of people's logins: the keyring or a file, chosen as the Databricks CLI chooses.
//!
//! The CLI's `libs/auth/storage` is the model: `DATABRICKS_AUTH_STORAGE` decides, then `auth_storage` under
//! `[__settings__]`; otherwise the keyring is used, and the file if there is no keyring.

use std::path::Path;

use super::grant::Token;
use super::keyring::{Keyring, KeyringError};
use super::refusal::Refusal;
use super::token_cache::{Lock, TokenCache};
use crate::settings::{Given, setting};

/// The configured storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The keyring only.
    Secure,
    /// The file only.
    Plaintext,
    /// Not configured: the keyring, or the file if the keyring fails.
    Unset,
}

/// The place of a stored login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptIn {
    /// The keyring of the operating system.
    Keyring,
    /// The file `~/.databricks/token-cache.json`.
    File {
        /// The reason why the keyring cannot be used, if it was tried and failed for good.
        no_keyring: Option<String>,
    },
}

/// The result of a lookup.
#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) login: Option<(Token, KeptIn)>,
    /// The reason why the keyring could not be read.
    pub(super) trouble: Option<String>,
}

#[derive(Debug)]
pub(super) struct LoginStore {
    mode: Mode,
    keyring: Option<Keyring>,
    file: TokenCache,
}

impl LoginStore {
    /// The stores of this machine and user.
    pub(super) fn new(given: &Given, home: &Path) -> Result<Self, String> {
        Self::over(given, home, Keyring::of_this_system())
    }

    fn over(given: &Given, home: &Path, keyring: Option<Keyring>) -> Result<Self, String> {
        let mode = match given.text(setting::AUTH_STORAGE) {
            None => Mode::Unset,
            Some(word) => match word.to_ascii_lowercase().as_str() {
                "secure" => Mode::Secure,
                // The CLI's word for it before version 1.0.
                "plaintext" | "legacy" => Mode::Plaintext,
                _ => {
                    return Err(format!(
                        "`DATABRICKS_AUTH_STORAGE` is `{word}`, which is neither `secure` nor `plaintext`"
                    ));
                }
            },
        };
        let keyring = keyring.filter(|_| mode != Mode::Plaintext);
        if mode == Mode::Secure && keyring.is_none() {
            return Err(
                "`DATABRICKS_AUTH_STORAGE` is `secure`, and this system has no keyring".to_owned(),
            );
        }
        Ok(Self {
            mode,
            keyring,
            file: TokenCache::new(home),
        })
    }

    /// Returns false if no login is stored, as far as that is known without opening the keyring.
    pub(super) fn may_have(&self, keys: &[String]) -> bool {
        self.keyring.is_some() || matches!(self.file.lookup(keys), Ok(Some(_)) | Err(_))
    }

    /// Looks up the first of these keys that has a login, in the keyring before the file.
    pub(super) async fn lookup(&self, keys: &[String]) -> Result<Lookup, Refusal> {
        let mut trouble = None;
        if let Some(keyring) = &self.keyring {
            match find(keyring, keys).await {
                Ok(Some(token)) => {
                    let login = Some((token, KeptIn::Keyring));
                    return Ok(Lookup { login, trouble });
                }
                Ok(None) if self.mode == Mode::Secure => {
                    let login = None;
                    return Ok(Lookup { login, trouble });
                }
                Ok(None) => {}
                Err(found) => {
                    tracing::info!(reason = found.reason, "looking for a login in the file");
                    trouble = Some(found.reason);
                }
            }
        }
        let kept = KeptIn::File { no_keyring: None };
        let login = self.file.lookup(keys)?.map(|token| (token, kept));
        Ok(Lookup { login, trouble })
    }

    /// Stores a new login. The keyring gets one entry, under the first key, as the CLI does it.
    pub(super) async fn store(&self, keys: &[String], token: &Token) -> Result<KeptIn, Refusal> {
        let mut no_keyring = None;
        if let (Some(keyring), Some(key)) = (&self.keyring, keys.first()) {
            match keyring.store(key, token).await {
                Ok(()) => return Ok(KeptIn::Keyring),
                Err(trouble) if self.mode == Mode::Secure => {
                    return Err(Refusal::failed(trouble.reason)
                        .hint("set `DATABRICKS_AUTH_STORAGE=plaintext` to keep logins in a file"));
                }
                Err(KeyringError { reason, transient }) => {
                    tracing::info!(reason, "keeping the login in the file");
                    no_keyring = (!transient).then_some(reason);
                }
            }
        }
        self.file.store(keys, token)?;
        Ok(KeptIn::File { no_keyring })
    }

    /// Stores a refreshed login in the place of the old one.
    pub(super) async fn replace(
        &self,
        keys: &[String],
        token: &Token,
        place: &KeptIn,
    ) -> Result<(), Refusal> {
        match (place, &self.keyring, keys.first()) {
            (KeptIn::Keyring, Some(keyring), Some(key)) => {
                let stored = keyring.store(key, token).await;
                stored.map_err(|trouble| Refusal::failed(trouble.reason))
            }
            _ => self.file.store(keys, token),
        }
    }

    /// Locks out other processes that would refresh the same login, the CLI included.
    pub(super) async fn lock(&self) -> Result<Lock, Refusal> {
        self.file.lock().await
    }
}

async fn find(keyring: &Keyring, keys: &[String]) -> Result<Option<Token>, KeyringError> {
    for key in keys {
        if let Some(token) = keyring.lookup(key).await? {
            return Ok(Some(token));
        }
    }
    Ok(None)
}

#[cfg(test)]
#[path = "login_store_tests.rs"]
mod tests;
