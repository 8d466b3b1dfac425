//! Tests of logins in a keyring that works, is locked, hangs or does not exist.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::super::keyring::{Keychain, KeyringFuture};
use super::*;
use crate::settings::{Given, Origin};

/// A keyring in memory.
#[derive(Debug, Clone, Default)]
struct Fake {
    entries: Arc<Mutex<BTreeMap<String, String>>>,
    fails: Option<KeyringError>,
    hangs: bool,
}

impl Fake {
    fn answer<'a, T: Send + 'a>(
        &'a self,
        work: impl FnOnce(&mut BTreeMap<String, String>) -> T + Send + 'a,
    ) -> KeyringFuture<'a, T> {
        Box::pin(async move {
            if self.hangs {
                std::future::pending::<()>().await;
            }
            match self.fails.clone() {
                Some(trouble) => Err(trouble),
                None => Ok(work(&mut self.entries.lock().unwrap())),
            }
        })
    }

    fn entry(&self, account: &str) -> Value {
        serde_json::from_str(&self.entries.lock().unwrap()[account]).unwrap()
    }
}

impl Keychain for Fake {
    fn get<'a>(&'a self, account: &'a str) -> KeyringFuture<'a, Option<SecretString>> {
        self.answer(move |entries| entries.get(account).cloned().map(SecretString::from))
    }

    fn set<'a>(&'a self, account: &'a str, secret: SecretString) -> KeyringFuture<'a, ()> {
        self.answer(move |entries| {
            entries.insert(account.to_owned(), secret.expose_secret().to_owned());
        })
    }
}

struct Machine {
    home: tempfile::TempDir,
    fake: Fake,
}

impl Machine {
    fn new(fake: Fake) -> Self {
        let home = tempfile::tempdir().unwrap();
        Self { home, fake }
    }

    fn store(&self, mode: Option<&str>) -> LoginStore {
        let mut given = Given::default();
        if let Some(mode) = mode {
            given.offer(setting::AUTH_STORAGE, mode.to_owned(), Origin::Flag);
        }
        let keyring = Keyring::over(self.fake.clone(), Duration::from_millis(50));
        LoginStore::over(&given, self.home.path(), Some(keyring)).unwrap()
    }

    fn file(&self) -> Value {
        let text = std::fs::read(self.home.path().join(".databricks/token-cache.json"));
        text.map_or(Value::Null, |text| serde_json::from_slice(&text).unwrap())
    }
}

fn keys() -> Vec<String> {
    vec!["dev".to_owned(), "https://a.com".to_owned()]
}

fn token(access: &str) -> Token {
    Token {
        kind: "Bearer".to_owned(),
        access: access.into(),
        refresh: Some("r".into()),
        expires: None,
    }
}

async fn found(store: &LoginStore) -> Option<(String, KeptIn)> {
    let found = store.lookup(&keys()).await.unwrap();
    found
        .login
        .map(|(token, place)| (token.access.expose_secret().to_owned(), place))
}

const FILE: KeptIn = KeptIn::File { no_keyring: None };

#[tokio::test]
async fn a_login_goes_into_the_keyring_as_the_cli_writes_it() {
    let machine = Machine::new(Fake::default());
    for mode in [None, Some("secure"), Some(" Secure")] {
        let store = machine.store(mode.map(str::trim));
        let kept = store.store(&keys(), &token("a-1")).await.unwrap();
        assert_eq!(kept, KeptIn::Keyring);
        let login = found(&store).await.unwrap();
        assert_eq!(login, ("a-1".to_owned(), KeptIn::Keyring));
    }
    let bare = json!({ "access_token": "a-1", "token_type": "Bearer", "refresh_token": "r" });
    assert_eq!(machine.fake.entry("dev"), json!({ "token": bare }));
    // One entry, and no file.
    assert_eq!(machine.fake.entries.lock().unwrap().len(), 1);
    assert_eq!(machine.file(), Value::Null);
}

#[tokio::test]
async fn a_refreshed_login_keeps_what_the_cli_put_beside_it() {
    let machine = Machine::new(Fake::default());
    let entry = json!({ "token": { "access_token": "a-1" }, "profile_fingerprint": "f" });
    let set = machine.fake.set("dev", entry.to_string().into());
    set.await.unwrap();
    let store = machine.store(None);
    let (_, place) = found(&store).await.unwrap();
    store.replace(&keys(), &token("a-2"), &place).await.unwrap();
    let entry = machine.fake.entry("dev");
    assert_eq!(entry["token"]["access_token"], "a-2");
    assert_eq!(entry["profile_fingerprint"], "f");
}

#[tokio::test]
async fn the_host_is_looked_for_after_the_profile_and_the_bare_token_is_read() {
    let machine = Machine::new(Fake::default());
    let set = machine
        .fake
        .set("https://a.com", r#"{"access_token":"by-host"}"#.into());
    set.await.unwrap();
    let login = found(&machine.store(None)).await.unwrap();
    assert_eq!(login.0, "by-host");
}

#[tokio::test]
async fn a_keyring_without_the_login_leaves_the_file_unless_only_the_keyring_will_do() {
    let machine = Machine::new(Fake::default());
    let plain = machine.store(Some("plaintext"));
    plain.store(&keys(), &token("in-file")).await.unwrap();
    assert!(machine.fake.entries.lock().unwrap().is_empty());
    for mode in [None, Some("plaintext"), Some("legacy")] {
        let login = found(&machine.store(mode)).await.unwrap();
        assert_eq!(login, ("in-file".to_owned(), FILE), "{mode:?}");
    }
    assert_eq!(found(&machine.store(Some("secure"))).await, None);
}

#[tokio::test]
async fn a_keyring_that_cannot_be_reached_falls_to_the_file_and_says_so() {
    let broken = Fake {
        fails: Some(KeyringError::unreachable("no bus")),
        ..Fake::default()
    };
    let locked = Fake {
        fails: Some(KeyringError::locked()),
        ..Fake::default()
    };
    let hanging = Fake {
        hangs: true,
        ..Fake::default()
    };
    for (fake, reason, no_keyring) in [
        (
            broken,
            "the keyring cannot be reached: no bus",
            Some("the keyring cannot be reached: no bus"),
        ),
        // A transient failure does not rule the keyring out.
        (locked, "the keyring is locked", None),
        (hanging, "the keyring did not answer within 0.05 s", None),
    ] {
        let machine = Machine::new(fake);
        for mode in [None, Some("secure")] {
            let store = machine.store(mode);
            let nothing = store.lookup(&keys()).await.unwrap();
            assert!(nothing.login.is_none());
            assert_eq!(nothing.trouble.as_deref(), Some(reason));
        }
        // `secure` never falls back to the file.
        let secure = machine.store(Some("secure"));
        let refusal = secure.store(&keys(), &token("a-1")).await.unwrap_err();
        assert_eq!(refusal.reason, reason);
        assert!(refusal.hint.unwrap().contains("plaintext"));
        assert_eq!(machine.file(), Value::Null);

        let store = machine.store(None);
        let kept = store.store(&keys(), &token("a-1")).await.unwrap();
        let no_keyring = no_keyring.map(ToOwned::to_owned);
        assert_eq!(kept, KeptIn::File { no_keyring });
        for mode in [None, Some("secure")] {
            let login = found(&machine.store(mode)).await.unwrap();
            assert_eq!(login, ("a-1".to_owned(), FILE), "{mode:?}");
        }
    }
}

#[test]
fn a_mode_that_is_none_is_refused() {
    let machine = Machine::new(Fake::default());
    let mut given = Given::default();
    given.offer(setting::AUTH_STORAGE, "vault".to_owned(), Origin::Flag);
    let error = LoginStore::over(&given, machine.home.path(), None).unwrap_err();
    assert_eq!(
        error,
        "`DATABRICKS_AUTH_STORAGE` is `vault`, which is neither `secure` nor `plaintext`"
    );
}

#[tokio::test]
async fn two_who_would_refresh_take_turns() {
    let machine = Machine::new(Fake::default());
    let (one, other) = (machine.store(None), machine.store(None));
    let held = one.lock().await.unwrap();
    let mut waiting = Box::pin(other.lock());
    let early = futures_util::future::poll_immediate(&mut waiting).await;
    assert!(early.is_none(), "it waits");
    drop(held);
    waiting.await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = machine.home.path().join(".databricks/token-cache.lock");
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
