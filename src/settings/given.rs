//! The settings that are set, each with its source.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::definition::{Narrows, Setting};
use super::setting;
use super::takes::Takes;
use super::value::Value;
use crate::error::Error;
use crate::redact;

/// The source of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A command-line flag.
    Flag,
    /// An environment variable.
    Variable(&'static str),
    /// A variable in the `.env` file of the working directory.
    DotEnv(&'static str),
    /// A settings file.
    File(PathBuf),
    /// A profile of the configuration file.
    Profile(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Variable(name) => write!(f, "environment {name}"),
            Self::DotEnv(name) => write!(f, ".env {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Profile(name) => write!(f, "profile {name}"),
        }
    }
}

/// The settings that have a value. Every value is held as a secret, so that none is printed by accident.
#[derive(Debug, Clone, Default)]
pub struct Given(BTreeMap<&'static str, (SecretString, Origin)>);

impl Given {
    /// Sets a value unless a stronger source did. What adds up is joined by a comma, and keeps the stronger origin.
    ///
    /// A placeholder that a client did not fill is no value. Only where a credential would go it stays, so that it is
    /// told and no other credential takes its place, and for a restriction, which must not fall away unseen.
    pub fn offer(&mut self, setting: &Setting, value: String, origin: Origin) {
        if is_placeholder(&value) && !setting.must_be_filled() {
            tracing::warn!(setting = setting.name, %origin, "left out: a placeholder that was not filled");
            return;
        }
        if setting.secret {
            redact::remember(&value);
        }
        if setting.takes == Takes::Url {
            remember_password(&value);
        }
        match self.0.entry(setting.name) {
            Entry::Vacant(place) => {
                place.insert((value.into(), origin));
            }
            Entry::Occupied(mut place) if setting.adds_up => {
                let joined = format!("{},{value}", place.get().0.expose_secret());
                place.get_mut().0 = joined.into();
            }
            Entry::Occupied(_) => {}
        }
    }

    /// Restricts a setting, whatever source has set it: a limit becomes the lower of the two, everything else adds up.
    pub(super) fn narrow(&mut self, setting: &'static Setting, value: String, origin: Origin) {
        match setting.narrows {
            Narrows::Lower => {}
            Narrows::Within => return self.within(value, origin),
            Narrows::No | Narrows::Set => return self.offer(setting, value, origin),
        }
        let current = self.get(setting).or(setting.default);
        if let Some(lower) = lower(setting, current, &value) {
            self.0.insert(setting.name, (lower.into(), origin));
        }
    }

    /// Adds a bound to the tools that are served; each bound holds.
    fn within(&mut self, names: String, origin: Origin) {
        let all = match self.get(setting::ONLY) {
            Some(bounds) => format!("{bounds};{names}"),
            None => names,
        };
        self.0.insert(setting::ONLY.name, (all.into(), origin));
    }

    /// A value that is not empty, as it was written.
    #[must_use]
    pub fn get(&self, setting: &Setting) -> Option<&str> {
        let (value, _) = self.0.get(setting.name)?;
        Some(value.expose_secret()).filter(|value| !value.is_empty())
    }

    /// The parsed value of a setting, or its default if it is not set.
    ///
    /// # Errors
    /// The setting does not take such a value.
    pub fn read<T: TryFrom<Value>>(&self, setting: &Setting) -> Result<Option<T>, Error> {
        let Some(text) = self.get(setting).or(setting.default) else {
            return Ok(None);
        };
        let value = self.parsed(setting, text)?;
        T::try_from(value).map(Some).map_err(|_| Error::Internal {
            reason: format!("`{}` is read as another type than it takes", setting.name),
        })
    }

    /// Checks that every value is one that its setting takes.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), Error> {
        let mut set = setting::ALL
            .iter()
            .filter_map(|setting| Some((setting, self.get(setting)?)));
        set.try_for_each(|(setting, text)| self.parsed(setting, text).map(drop))
    }

    /// Parses a value. Several variables may set it: the one that did is named.
    fn parsed(&self, setting: &Setting, text: &str) -> Result<Value, Error> {
        setting
            .parse(text)
            .map_err(|error| match (error, self.origin(setting)) {
                (
                    Error::Setting { reason, .. },
                    Some(Origin::Variable(name) | Origin::DotEnv(name)),
                ) => Error::Setting {
                    setting: name,
                    reason,
                },
                (error, _) => error,
            })
    }

    /// As [`Given::get`], still wrapped.
    #[must_use]
    pub fn secret(&self, setting: &Setting) -> Option<SecretString> {
        self.get(setting).map(SecretString::from)
    }

    /// As [`Given::get`], owned.
    #[must_use]
    pub fn text(&self, setting: &Setting) -> Option<String> {
        self.get(setting).map(ToOwned::to_owned)
    }

    /// Returns true if a switch is on. A switch that is not set or cannot be parsed is off.
    #[must_use]
    pub fn on(&self, setting: &Setting) -> bool {
        matches!(self.read(setting), Ok(Some(true)))
    }

    /// A value for display: a secret, and the password in a URL, as stars.
    #[must_use]
    pub fn shown(&self, setting: &Setting) -> Option<String> {
        let value = self.get(setting)?;
        Some(if setting.secret {
            "***".to_owned()
        } else if setting.takes == Takes::Url {
            without_password(value)
        } else {
            value.to_owned()
        })
    }

    /// Returns true if a value comes with the open repository, and not from the user of this machine.
    pub(crate) fn is_from_dot_env(&self, setting: &Setting) -> bool {
        matches!(self.origin(setting), Some(Origin::DotEnv(_)))
    }

    /// The profile whose login may be used. A host from `.env` gets none, because the login is of another host.
    pub(crate) fn login_profile(&self) -> Option<String> {
        let foreign = self.is_from_dot_env(setting::HOST);
        self.text(setting::PROFILE).filter(|_| !foreign)
    }

    /// The source of a value, even of an empty one.
    #[must_use]
    pub fn origin(&self, setting: &Setting) -> Option<&Origin> {
        self.0.get(setting.name).map(|(_, origin)| origin)
    }
}

/// The value that restricts more than the current one; nothing if it does not.
fn lower(setting: &Setting, current: Option<&str>, value: &str) -> Option<String> {
    let Ok(new) = setting.parse(value) else {
        tracing::warn!(setting = setting.name, "left out: no value that it takes");
        return None;
    };
    let Some(current) = current else {
        return Some(value.to_owned());
    };
    let known = setting.parse(current).ok()?;
    let is_lower = match (&known, &new) {
        (Value::Whole(known), Value::Whole(new)) => new < known,
        (Value::Number(known), Value::Number(new)) => new < known,
        (Value::Seconds(known), Value::Seconds(new)) => new < known,
        (Value::Rates(known), Value::Rates(new)) => {
            let mut both = known.clone();
            for (tool, rate) in new {
                // The user's rate of every tool bounds one that only the narrower source names.
                let current = known.get(tool).or_else(|| known.get("default"));
                let slower = current.filter(|current| current.gap() >= rate.gap());
                both.insert(tool.clone(), *slower.unwrap_or(rate));
            }
            let both = both.iter().map(|(tool, rate)| format!("{tool}={rate}"));
            return Some(both.collect::<Vec<_>>().join(","));
        }
        (Value::Limits(known), Value::Limits(new)) => {
            let mut both = known.clone();
            for (tool, limit) in new {
                let place = both.entry(tool.clone()).or_insert(*limit);
                *place = (*place).min(*limit);
            }
            let both = both.iter().map(|(tool, limit)| format!("{tool}={limit}"));
            return Some(both.collect::<Vec<_>>().join(","));
        }
        _ => false,
    };
    is_lower.then(|| value.to_owned())
}

/// True for what a client was to replace by a value: `${NAME}`, `$NAME`, `<token>`, `%NAME%`.
#[must_use]
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let within = |start: &str, end: &str| {
        value
            .strip_prefix(start)
            .and_then(|rest| rest.strip_suffix(end))
            .is_some_and(|name| !name.is_empty())
    };
    let name = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|c| c.is_ascii_uppercase() || c == b'_' || c.is_ascii_digit())
    };
    within("${", "}")
        || within("{{", "}}")
        || within("<", ">")
        || value.strip_prefix('$').is_some_and(name)
        || value
            .strip_prefix('%')
            .and_then(|rest| rest.strip_suffix('%'))
            .is_some_and(name)
}

/// Parses a URL that has a password. Proxies may be written without a scheme.
fn with_password(text: &str) -> Option<Url> {
    let url = if text.contains("://") {
        Url::parse(text)
    } else {
        Url::parse(&format!("http://{text}"))
    };
    url.ok().filter(|url| url.password().is_some())
}

/// A URL for display.
fn without_password(text: &str) -> String {
    let Some(mut url) = with_password(text) else {
        let Some((before, after)) = text.rsplit_once('@') else {
            return text.to_owned();
        };
        // A token in the place of the user, or a password that makes it no URL.
        let scheme = before.find("://").and_then(|at| before.get(..at + 3));
        return match Url::parse(text) {
            Ok(url) if url.has_host() && url.username().is_empty() => text.to_owned(),
            _ => format!("{}***@{after}", scheme.unwrap_or_default()),
        };
    };
    // Fails only for a URL without a host, which has no password.
    let _ = url.set_password(Some("***"));
    url.into()
}

/// Registers a URL's password as a secret, also as HTTP's basic scheme encodes it: libraries log proxies in full.
fn remember_password(text: &str) {
    let Some(url) = with_password(text) else {
        return;
    };
    let password = url.password().unwrap_or_default();
    redact::remember(password);
    let decode = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let plain = decode(password);
    redact::remember(&String::from_utf8_lossy(&plain));
    let pair = [decode(url.username()), plain].join(&b':');
    redact::remember(&BASE64_STANDARD.encode(pair));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_what_may_be_a_password() {
        for (text, shown) in [
            (
                "https://user:secret@acme.com/",
                "https://user:***@acme.com/",
            ),
            ("https://secret@acme.com/", "https://***@acme.com/"),
            ("https://user:sec/ret@acme.com", "https://***@acme.com"),
            ("user:sec ret@acme.com:x", "***@acme.com:x"),
            (
                "https://acme.com/#folder/me@acme.com",
                "https://acme.com/#folder/me@acme.com",
            ),
            ("https://acme.com", "https://acme.com"),
        ] {
            assert_eq!(without_password(text), shown);
        }
    }
}
