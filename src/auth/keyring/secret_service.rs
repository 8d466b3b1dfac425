//! Linux: the Secret Service on the session bus, as implemented by GNOME Keyring, KWallet and KeePassXC.
//!
//! Attributes, label and collection are those of `go-keyring`, which the CLI uses. A locked keyring is not
//! unlocked with a prompt: a server started by an agent should not open windows.

use std::collections::HashMap;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use zbus::{Connection, DynamicType, Message, OwnedObjectPath, OwnedVariant, Variant};

use super::{Keychain, KeyringError, KeyringFuture, SERVICE};

const BUS: &str = "org.freedesktop.secrets";
const ROOT: &str = "/org/freedesktop/secrets";
const LOGIN: &str = "/org/freedesktop/secrets/collection/login";
const DEFAULT: &str = "/org/freedesktop/secrets/aliases/default";
/// The path that means "no prompt".
const NONE: &str = "/";

#[derive(Debug)]
pub(super) struct SecretService;

impl Keychain for SecretService {
    fn get<'a>(&'a self, account: &'a str) -> KeyringFuture<'a, Option<SecretString>> {
        Box::pin(async move { Ok(get(account).await?) })
    }

    fn set<'a>(&'a self, account: &'a str, secret: SecretString) -> KeyringFuture<'a, ()> {
        Box::pin(async move { Ok(set(account, secret.expose_secret()).await?) })
    }
}

impl From<Fault> for KeyringError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Locked => Self::locked(),
            Fault::NoText => Self::unreachable("its entry is not text"),
            Fault::Bus(error) => Self::unreachable(error),
        }
    }
}

/// A failure of a Secret Service request.
enum Fault {
    Locked,
    NoText,
    Bus(zbus::Error),
}

impl<E: Into<zbus::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Bus(error.into())
    }
}

/// A secret on the bus: session, parameters, value, content type.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// A session, closed with its connection.
struct Session {
    bus: Connection,
    path: OwnedObjectPath,
}

impl Session {
    async fn open() -> Result<Self, Fault> {
        let bus = Connection::session().await?;
        // The bus belongs to this user, so encrypting on it gains nothing.
        let body = ("plain", Variant::from(""));
        let answer = call(&bus, ROOT, "Service", "OpenSession", &body).await?;
        let (_, path): (OwnedVariant, OwnedObjectPath) = answer.body().deserialize()?;
        Ok(Self { bus, path })
    }

    async fn call<B: Serialize + DynamicType>(
        &self,
        path: &str,
        interface: &str,
        method: &str,
        body: &B,
    ) -> zbus::Result<Message> {
        call(&self.bus, path, interface, method, body).await
    }

    async fn unlock(&self, path: &str) -> Result<(), Fault> {
        let body = [OwnedObjectPath::try_from(path)?];
        let answer = self.call(ROOT, "Service", "Unlock", &(&body[..],)).await?;
        let (_, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) = answer.body().deserialize()?;
        if prompt.as_str() == NONE {
            return Ok(());
        }
        Err(Fault::Locked)
    }

    /// The collection for new items: the login collection, or else the default one.
    async fn collection(&self) -> Result<&'static str, Fault> {
        let body = ("org.freedesktop.Secret.Service", "Collections");
        let properties = Some("org.freedesktop.DBus.Properties");
        let answer = self
            .bus
            .call_method(Some(BUS), ROOT, properties, "Get", &body);
        let answer = answer.await?;
        let found: OwnedVariant = answer.body().deserialize()?;
        let found: Vec<OwnedObjectPath> = found.try_into()?;
        let has_login = found.iter().any(|path| path.as_str() == LOGIN);
        Ok(if has_login { LOGIN } else { DEFAULT })
    }
}

async fn call<B: Serialize + DynamicType>(
    bus: &Connection,
    path: &str,
    interface: &str,
    method: &str,
    body: &B,
) -> zbus::Result<Message> {
    let interface = format!("org.freedesktop.Secret.{interface}");
    let answer = bus.call_method(Some(BUS), path, Some(interface), method, body);
    answer.await
}

fn attributes(account: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("username", account)])
}

async fn get(account: &str) -> Result<Option<SecretString>, Fault> {
    let session = Session::open().await?;
    let body = (attributes(account),);
    let answer = session.call(ROOT, "Service", "SearchItems", &body).await?;
    let (unlocked, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
        answer.body().deserialize()?;
    let item = match (unlocked.first(), locked.first()) {
        (Some(item), _) => item,
        (None, Some(item)) => {
            session.unlock(item.as_str()).await?;
            item
        }
        (None, None) => return Ok(None),
    };
    let body = (&session.path,);
    let answer = session
        .call(item.as_str(), "Item", "GetSecret", &body)
        .await?;
    let (_, _, value, _): Secret = answer.body().deserialize()?;
    let value = String::from_utf8(value).map_err(|_| Fault::NoText)?;
    Ok(Some(value.into()))
}

async fn set(account: &str, secret: &str) -> Result<(), Fault> {
    let session = Session::open().await?;
    let collection = session.collection().await?;
    session.unlock(collection).await?;
    let label = format!("Password for '{account}' on '{SERVICE}'");
    let properties = HashMap::from([
        ("org.freedesktop.Secret.Item.Label", Variant::from(label)),
        (
            "org.freedesktop.Secret.Item.Attributes",
            Variant::from(attributes(account)),
        ),
    ]);
    let secret: Secret = (
        session.path.clone(),
        Vec::new(),
        secret.as_bytes().to_vec(),
        "text/plain; charset=utf8".to_owned(),
    );
    let body = (properties, secret, true);
    let answer = session.call(collection, "Collection", "CreateItem", &body);
    let (_, prompt): (OwnedObjectPath, OwnedObjectPath) = answer.await?.body().deserialize()?;
    if prompt.as_str() == NONE {
        return Ok(());
    }
    Err(Fault::Locked)
}
