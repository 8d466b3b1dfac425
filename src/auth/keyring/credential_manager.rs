//! Windows: the credential manager, with the entry names of `go-keyring`, which the CLI uses.

use std::collections::HashMap;

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use secrecy::{ExposeSecret, SecretString};
use windows_native_keyring_store::Store;

use super::{Keychain, KeyringError, KeyringFuture, SERVICE};

#[derive(Debug)]
pub(super) struct CredentialManager;

impl Keychain for CredentialManager {
    fn get<'a>(&'a self, account: &'a str) -> KeyringFuture<'a, Option<SecretString>> {
        let account = account.to_owned();
        blocking(move || {
            let secret = match entry(&account)?.get_secret() {
                Ok(secret) => secret,
                Err(Error::NoEntry) => return Ok(None),
                Err(error) => return Err(KeyringError::unreachable(error)),
            };
            let text = String::from_utf8(secret);
            text.map(|text| Some(text.into()))
                .map_err(|_| KeyringError::unreachable("its entry is not text"))
        })
    }

    fn set<'a>(&'a self, account: &'a str, secret: SecretString) -> KeyringFuture<'a, ()> {
        let account = account.to_owned();
        blocking(move || {
            // `set_password` would write UTF-16.
            let stored = entry(&account)?.set_secret(secret.expose_secret().as_bytes());
            stored.map_err(KeyringError::unreachable)
        })
    }
}

fn entry(account: &str) -> Result<Entry, KeyringError> {
    let target = format!("{SERVICE}:{account}");
    let named = HashMap::from([("target", target.as_str())]);
    let store = Store::new().map_err(KeyringError::unreachable)?;
    let entry = store.build(SERVICE, account, Some(&named));
    entry.map_err(KeyringError::unreachable)
}

fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
) -> KeyringFuture<'static, T> {
    Box::pin(async {
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|error| Err(KeyringError::unreachable(error)))
    })
}
