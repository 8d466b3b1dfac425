//! The JSON form in which the Databricks CLI stores a token: Go's `oauth2.Token`.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::command::parse_time;
use super::grant::Token;
use crate::redact;

/// Go's zero time, which stands for an unknown expiry.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// Reads a token. Returns `None` without an access token.
pub(super) fn read(entry: &Value) -> Option<Token> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    if let Some(refresh) = text("refresh_token") {
        redact::remember(refresh);
    }
    Some(Token {
        kind: text("token_type").unwrap_or("Bearer").to_owned(),
        access: text("access_token")?.into(),
        refresh: text("refresh_token").map(SecretString::from),
        expires: text("expiry")
            .filter(|expiry| *expiry != NEVER)
            .and_then(parse_time),
    })
}

/// Serializes a token.
pub(super) fn write(token: &Token) -> Value {
    let mut entry = Map::new();
    entry.insert("access_token".into(), token.access.expose_secret().into());
    entry.insert("token_type".into(), token.kind.clone().into());
    if let Some(refresh) = &token.refresh {
        entry.insert("refresh_token".into(), refresh.expose_secret().into());
    }
    let expires = token.expires.map(jiff::Timestamp::try_from);
    if let Some(Ok(expires)) = expires {
        entry.insert("expiry".into(), expires.to_string().into());
    }
    Value::Object(entry)
}
