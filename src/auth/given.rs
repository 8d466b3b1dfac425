//! What a person has set, with where each value came from.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::setting::Setting;
use crate::redact;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A command-line flag.
    Flag,
    /// An environment variable.
    Variable(&'static str),
    /// A variable in the `.env` file of the working directory.
    DotEnv(&'static str),
    /// A profile of the configuration file.
    Profile(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Variable(name) => write!(f, "environment {name}"),
            Self::DotEnv(name) => write!(f, ".env {name}"),
            Self::Profile(name) => write!(f, "profile {name}"),
        }
    }
}

/// The settings that have a value. Every value is kept as a secret, so that none is printed by accident.
#[derive(Debug, Clone, Default)]
pub struct Given(BTreeMap<&'static str, (SecretString, Origin)>);

impl Given {
    /// Sets a value unless a stronger source did. What adds up is joined by a comma, and keeps the stronger origin.
    pub fn offer(&mut self, setting: &Setting, value: String, origin: Origin) {
        if setting.secret {
            redact::remember(&value);
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

    /// A value that is not empty.
    #[must_use]
    pub fn get(&self, setting: &Setting) -> Option<&str> {
        let (value, _) = self.0.get(setting.name)?;
        Some(value.expose_secret()).filter(|value| !value.is_empty())
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

    /// Whether a switch is on.
    #[must_use]
    pub fn on(&self, setting: &Setting) -> bool {
        let off = ["false", "0", "no", "off"];
        self.get(setting)
            .is_some_and(|value| !off.contains(&value.to_ascii_lowercase().as_str()))
    }

    /// Whether a value comes with the repository that is open, and not from the person at the machine.
    pub(super) fn is_from_dot_env(&self, setting: &Setting) -> bool {
        matches!(self.origin(setting), Some(Origin::DotEnv(_)))
    }

    /// The profile whose login serves: none for a host of `.env`, which would get the login of another host.
    pub(super) fn login_profile(&self) -> Option<String> {
        let foreign = self.is_from_dot_env(super::setting::HOST);
        self.text(super::setting::PROFILE).filter(|_| !foreign)
    }

    /// Where a value came from, also when it is empty.
    #[must_use]
    pub fn origin(&self, setting: &Setting) -> Option<&Origin> {
        self.0.get(setting.name).map(|(_, origin)| origin)
    }
}
