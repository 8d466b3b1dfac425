//! Windows: the credential manager, with the names that `go-keyring` gives, which the CLI uses.

use std::collections::HashMap;

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use secrecy::{ExposeSecret, SecretString};
use windows_native_keyring_store::Store;

use super::{Asked, Keychain, SERVICE, Trouble};

#[derive(Debug)]
pub(super) struct CredentialManager;

impl Keychain for CredentialManager {
    fn get<'a>(&'a self, account: &'a str) -> Asked<'a, Option<SecretString>> {
        let account = account.to_owned();
        blocking(move || {
            let secret = match entry(&account)?.get_secret() {
                Ok(secret) => secret,
                Err(Error::NoEntry) => return Ok(None),
                Err(error) => return Err(Trouble::unreachable(error)),
            };
            let text = String::from_utf8(secret);
            text.map(|text| Some(text.into()))
                .map_err(|_| Trouble::unreachable("its entry is no text"))
        })
    }

    fn set<'a>(&'a self, account: &'a str, secret: SecretString) -> Asked<'a, ()> {
        let account = account.to_owned();
        blocking(move || {
            // As bytes: a password would be written as UTF-16.
            let stored = entry(&account)?.set_secret(secret.expose_secret().as_bytes());
            stored.map_err(Trouble::unreachable)
        })
    }
}

fn entry(account: &str) -> Result<Entry, Trouble> {
    let target = format!("{SERVICE}:{account}");
    let named = HashMap::from([("target", target.as_str())]);
    let store = Store::new().map_err(Trouble::unreachable)?;
    let entry = store.build(SERVICE, account, Some(&named));
    entry.map_err(Trouble::unreachable)
}

fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
) -> Asked<'static, T> {
    Box::pin(async {
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|error| Err(Trouble::unreachable(error)))
    })
}
