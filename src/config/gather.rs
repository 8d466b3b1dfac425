//! Collects the settings: flags, then the environment, then `.env`, then a profile; the first that has a value wins.

use std::path::{Path, PathBuf};

use super::profile::{Profiles, SETTINGS};
use crate::auth::setting::{self, Setting};
use crate::auth::{Given, Origin};
use crate::error::Error;

/// Where settings are looked for besides the environment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Places<'a> {
    /// The user's home directory, with `.databrickscfg`.
    pub home: Option<&'a Path>,
    /// The working directory, with `.env`.
    pub directory: Option<&'a Path>,
    /// Whether a profile that is asked for may be missing, because a login is going to write it.
    pub new_profile: bool,
}

/// What `.env` may not set: a cloned repository must not choose the program to run, the file with the credentials,
/// where logins are kept, or who gets a refresh token.
const NOT_IN_DOT_ENV: [&Setting; 4] = [
    setting::DATABRICKS_CLI_PATH,
    setting::CONFIG_FILE,
    setting::AUTH_STORAGE,
    setting::DISCOVERY_URL,
];
/// Where credentials are sent to.
const DESTINATIONS: [&Setting; 2] = [setting::HOST, setting::METADATA_SERVICE_URL];

pub(super) fn gather(
    flags: &[(&'static Setting, String)],
    variable: &dyn Fn(&str) -> Option<String>,
    dot_env: &[(String, String)],
    places: Places<'_>,
) -> Result<Given, Error> {
    let mut given = Given::default();
    for (setting, value) in flags {
        given.offer(setting, value.clone(), Origin::Flag);
    }
    for setting in setting::ALL {
        for name in setting.variables {
            if let Some(value) = variable(name).filter(|value| !value.trim().is_empty()) {
                given.offer(setting, value.trim().to_owned(), Origin::Variable(name));
            }
        }
    }
    for setting in setting::ALL {
        for name in setting.variables {
            let found = dot_env
                .iter()
                .rev()
                .find(|(key, value)| key == name && !value.is_empty());
            let Some((_, value)) = found else { continue };
            if NOT_IN_DOT_ENV.contains(setting) {
                tracing::warn!(variable = name, "left out: `.env` may not set it");
                continue;
            }
            given.offer(setting, value.clone(), Origin::DotEnv(name));
        }
    }
    add_profile(&mut given, places)?;
    add_storage(&mut given, places);
    check_dot_env(&given)?;
    Ok(given)
}

/// The variables of the `.env` file of a directory, if it has one.
pub(super) fn dot_env(directory: Option<&Path>) -> Result<Vec<(String, String)>, Error> {
    let text = directory.map(|directory| std::fs::read_to_string(directory.join(".env")));
    let Some(Ok(text)) = text else {
        return Ok(Vec::new());
    };
    parse_dot_env(&text)
}

pub(super) fn parse_dot_env(text: &str) -> Result<Vec<(String, String)>, Error> {
    let parsed: Result<Vec<_>, _> = dotenvy::from_read_iter(text.as_bytes()).collect();
    // The parser's own error quotes the line, which may hold a secret.
    parsed.map_err(|_| Error::Setting {
        setting: ".env",
        reason: "a line is not `NAME=value`".to_owned(),
    })
}

/// As in the SDK, a file is read when a profile is asked for, or when nothing else says where to go.
fn add_profile(given: &mut Given, places: Places<'_>) -> Result<(), Error> {
    let asked = given.text(setting::PROFILE);
    let configured = setting::ALL
        .iter()
        .any(|setting| setting.kind.is_some() && given.get(setting).is_some());
    if asked.is_none() && (configured || given.get(setting::HOST).is_some()) {
        return Ok(());
    }
    let Some(path) = config_file(given, places.home) else {
        return Ok(());
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unusable(&path, &error.to_string())),
    };
    let profiles = Profiles::parse(&text).map_err(|reason| unusable(&path, &reason))?;
    let profile = match profiles.select(asked.as_deref(), &path) {
        Ok(Some(profile)) => profile,
        Ok(None) => return Ok(()),
        Err(_) if places.new_profile => return Ok(()),
        Err(error) => return Err(error),
    };
    let origin = Origin::Profile(profile.name.clone());
    for setting in setting::ALL {
        let own = *setting != setting::AUTH_STORAGE;
        if let Some(value) = profile.values.get(setting.name).filter(|_| own) {
            given.offer(setting, value.clone(), origin.clone());
        }
    }
    if profile.named {
        given.offer(setting::PROFILE, profile.name, origin);
    }
    Ok(())
}

/// Where logins are kept is said once for the whole file; one that cannot be read says nothing.
fn add_storage(given: &mut Given, places: Places<'_>) {
    if given.get(setting::AUTH_STORAGE).is_some() {
        return;
    }
    let path = config_file(given, places.home);
    let text = path.and_then(|path| std::fs::read_to_string(path).ok());
    let profiles = text.and_then(|text| Profiles::parse(&text).ok());
    let said = profiles.and_then(|profiles| profiles.own(setting::AUTH_STORAGE.name));
    if let Some(said) = said {
        given.offer(
            setting::AUTH_STORAGE,
            said,
            Origin::Profile(SETTINGS.to_owned()),
        );
    }
}

/// The file with the profiles.
pub(super) fn config_file(given: &Given, home: Option<&Path>) -> Option<PathBuf> {
    match given.get(setting::CONFIG_FILE) {
        Some(path) => match (path.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => Some(home.join(rest)),
            _ => Some(PathBuf::from(path)),
        },
        None => home.map(|home| home.join(".databrickscfg")),
    }
}

/// A `.env` comes with whatever repository is open; it may bring its own host and credential, but not
/// send a credential from elsewhere to its host.
fn check_dot_env(given: &Given) -> Result<(), Error> {
    let from_dot_env =
        |setting: &&Setting| matches!(given.origin(setting), Some(Origin::DotEnv(_)));
    let Some(destination) = DESTINATIONS.iter().find(|setting| from_dot_env(setting)) else {
        return Ok(());
    };
    let foreign = setting::ALL.iter().find(|setting| {
        setting.kind.is_some() && given.origin(setting).is_some() && !from_dot_env(setting)
    });
    let Some((foreign, origin)) =
        foreign.and_then(|setting| Some((setting, given.origin(setting)?)))
    else {
        return Ok(());
    };
    Err(Error::Setting {
        setting: destination.title(),
        reason: format!(
            "`.env` may not send `{}` ({origin}) to a host of its own; set the host where the credential is set",
            foreign.name
        ),
    })
}

fn unusable(path: &Path, reason: &str) -> Error {
    Error::Setting {
        setting: "DATABRICKS_CONFIG_FILE",
        reason: format!("`{}`: {reason}", path.display()),
    }
}
