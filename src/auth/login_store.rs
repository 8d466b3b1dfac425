//! Where people's logins are kept: in the keyring or in the file, as the Databricks CLI chooses between them.
//!
//! Its `libs/auth/storage` is the source: `DATABRICKS_AUTH_STORAGE`, then `auth_storage` under
//! `[__settings__]`, then the keyring with the file where there is none.

use std::path::Path;

use super::given::Given;
use super::grant::Token;
use super::keyring::{Keyring, Trouble};
use super::refusal::Refusal;
use super::setting;
use super::token_cache::{Lock, TokenCache};

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The keyring; nothing is ever written elsewhere.
    Secure,
    /// The file.
    Plaintext,
    /// Nobody said: the keyring, or the file where the keyring does not serve.
    Unsaid,
}

/// Where a login is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptIn {
    /// The keyring of the operating system.
    Keyring,
    /// The file `~/.databricks/token-cache.json`.
    File {
        /// Why it is not in the keyring, where the keyring was tried and surely cannot be reached.
        no_keyring: Option<String>,
    },
}

/// What was found.
#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) login: Option<(Token, KeptIn)>,
    /// Why the keyring could not be asked.
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
            None => Mode::Unsaid,
            Some(word) => match word.to_ascii_lowercase().as_str() {
                "secure" => Mode::Secure,
                // The file's name in the CLI before version 1.0.
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

    /// Whether a login may be there, as far as that is known without asking the keyring.
    pub(super) fn may_have(&self, keys: &[String]) -> bool {
        self.keyring.is_some() || matches!(self.file.lookup(keys), Ok(Some(_)) | Err(_))
    }

    /// The login under the first of these keys that has one, first in the keyring.
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

    /// Keeps a new login. In the keyring there is one entry for it, as the CLI has it.
    pub(super) async fn store(&self, keys: &[String], token: &Token) -> Result<KeptIn, Refusal> {
        let mut no_keyring = None;
        if let (Some(keyring), Some(key)) = (&self.keyring, keys.first()) {
            match keyring.store(key, token).await {
                Ok(()) => return Ok(KeptIn::Keyring),
                Err(trouble) if self.mode == Mode::Secure => {
                    return Err(Refusal::failed(trouble.reason)
                        .hint("set `DATABRICKS_AUTH_STORAGE=plaintext` to keep logins in a file"));
                }
                Err(Trouble { reason, passes }) => {
                    tracing::info!(reason, "keeping the login in the file");
                    no_keyring = (!passes).then_some(reason);
                }
            }
        }
        self.file.store(keys, token)?;
        Ok(KeptIn::File { no_keyring })
    }

    /// Puts a refreshed login where the old one was.
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

    /// Keeps other processes, the CLI's among them, from refreshing the same login meanwhile.
    pub(super) async fn lock(&self) -> Result<Lock, Refusal> {
        self.file.lock().await
    }
}

async fn find(keyring: &Keyring, keys: &[String]) -> Result<Option<Token>, Trouble> {
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
