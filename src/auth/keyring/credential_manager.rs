//! Windows: the credential manager, with the names that `go-keyring` gives, which the CLI uses.

use std::collections::HashMap;

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use secrecy::{ExposeSecret, SecretString};
use windows_native_keyring_store::Store;

use super::{Asked, Keychain, SERVICE};

#[derive(Debug)]
pub(super) struct CredentialManager;

impl Keychain for CredentialManager {
    fn get<'a>(&'a self, account: &'a str) -> Asked<'a, Option<SecretString>> {
        let account = account.to_owned();
        blocking(move || {
            let secret = match entry(&account)?.get_secret() {
                Ok(secret) => secret,
                Err(Error::NoEntry) => return Ok(None),
                Err(error) => return Err(error.to_string()),
            };
            let text = String::from_utf8(secret);
            text.map(|text| Some(text.into()))
                .map_err(|_| "its entry is no text".to_owned())
        })
    }

    fn set<'a>(&'a self, account: &'a str, secret: SecretString) -> Asked<'a, ()> {
        let account = account.to_owned();
        blocking(move || {
            // As bytes: a password would be written as UTF-16.
            let stored = entry(&account)?.set_secret(secret.expose_secret().as_bytes());
            stored.map_err(|error| error.to_string())
        })
    }
}

fn entry(account: &str) -> Result<Entry, String> {
    let target = format!("{SERVICE}:{account}");
    let named = HashMap::from([("target", target.as_str())]);
    let store = Store::new().map_err(|error| error.to_string())?;
    let entry = store.build(SERVICE, account, Some(&named));
    entry.map_err(|error| error.to_string())
}

fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Asked<'static, T> {
    Box::pin(async {
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|error| Err(error.to_string()))
    })
}
