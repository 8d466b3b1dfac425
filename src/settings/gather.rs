//! Collects the settings: flags, then the environment, then `.env`, then a profile; the first that has a value wins.

use std::path::{Path, PathBuf};

use super::definition::{Narrows, Setting};
use super::dot_env::value_in;
use super::file::Files;
use super::given::{Given, Origin, is_placeholder};
use super::profile::{Profiles, SETTINGS};
use super::setting;
use crate::error::Error;

/// The places to look for settings besides the environment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Places<'a> {
    /// The user's home directory, with `.databrickscfg`.
    pub home: Option<&'a Path>,
    /// The settings files, and the `.env` of the working directory.
    pub files: Option<&'a Files>,
    /// True if the requested profile may be missing, because a login is going to write it.
    pub new_profile: bool,
}

/// The settings that say where credentials are sent.
const DESTINATIONS: [&Setting; 2] = [setting::HOST, setting::METADATA_SERVICE_URL];

/// Collects flags, variables, `.env` and a profile of `.databrickscfg`, in this order.
///
/// # Errors
/// A file cannot be read, has no such profile, or `.env` would send a credential elsewhere.
pub fn collect(
    flags: &[(&'static Setting, String)],
    variable: &dyn Fn(&str) -> Option<String>,
    places: Places<'_>,
) -> Result<Given, Error> {
    let dot_env = places.files.map(|files| files.dot_env.variables.as_slice());
    gather(flags, variable, dot_env.unwrap_or_default(), places)
}

/// Collects the settings that hold for the whole process, from flags and variables.
pub fn of_process(
    flags: &[(&'static Setting, String)],
    variable: &dyn Fn(&str) -> Option<String>,
    files: &Files,
) -> Given {
    let mut given = Given::default();
    let shared = |setting: &Setting| setting.shared;
    add_flags(&mut given, flags, shared);
    add_variables(&mut given, variable, shared);
    add_file(&mut given, files, shared);
    restrict(&mut given, files, &files.dot_env.variables, shared);
    given
}

pub(crate) fn gather(
    flags: &[(&'static Setting, String)],
    variable: &dyn Fn(&str) -> Option<String>,
    dot_env: &[(String, String)],
    places: Places<'_>,
) -> Result<Given, Error> {
    let mut given = Given::default();
    add_flags(&mut given, flags, |_| true);
    // A profile that is named on the command line wins over the environment, which only fills its gaps: the
    // Databricks CLI's rule since June 2026.
    let by_flag = matches!(given.origin(setting::PROFILE), Some(Origin::Flag));
    if by_flag {
        let file = |known: &Setting| known.name == setting::CONFIG_FILE.name;
        add_variables(&mut given, variable, file);
        add_profile(&mut given, places)?;
    }
    let credentials = !by_flag || may_bring_credentials(&given, variable);
    add_variables(&mut given, variable, |setting| {
        credentials || setting.kind.is_none()
    });
    add_dot_env(&mut given, dot_env);
    let files = places.files.cloned().unwrap_or_default();
    // A file that names a host of its own brings no credential for the host that a stronger source names.
    let is_of_file = by_flag || given.get(setting::HOST).is_some();
    add_file(&mut given, &files, |setting| {
        !is_of_file || !setting.decides_where_to_go()
    });
    restrict(&mut given, &files, dot_env, |_| true);
    if !by_flag {
        add_profile(&mut given, places)?;
    }
    add_storage(&mut given, places);
    check_dot_env(&given)?;
    check_placeholders(&given)?;
    Ok(given)
}

/// True if the credentials of the environment belong to the chosen profile: it has none of its own, and the environment
/// names no other host that they are for.
fn may_bring_credentials(given: &Given, variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let own = setting::ALL
        .iter()
        .any(|setting| setting.kind.is_some() && given.get(setting).is_some());
    let host = setting::HOST
        .variables
        .iter()
        .find_map(|name| variable(name));
    let host = host.filter(|host| !host.trim().is_empty());
    let other = host.is_some_and(|host| {
        let plain = |host: &str| {
            let host = host.trim().trim_start_matches("https://");
            host.trim_end_matches('/').to_lowercase()
        };
        given
            .get(setting::HOST)
            .is_some_and(|own| plain(own) != plain(&host))
    });
    !own && !other
}

fn add_flags(
    given: &mut Given,
    flags: &[(&'static Setting, String)],
    wanted: impl Fn(&Setting) -> bool,
) {
    for (setting, value) in flags.iter().filter(|(setting, _)| wanted(setting)) {
        given.offer(setting, value.clone(), Origin::Flag);
    }
}

fn add_variables(
    given: &mut Given,
    variable: &dyn Fn(&str) -> Option<String>,
    wanted: impl Fn(&Setting) -> bool,
) {
    for setting in setting::ALL.iter().filter(|setting| wanted(setting)) {
        for name in setting.variables {
            if let Some(value) = variable(name).filter(|value| !value.trim().is_empty()) {
                given.offer(setting, value.trim().to_owned(), Origin::Variable(name));
            }
        }
    }
}

fn add_file(given: &mut Given, files: &Files, wanted: impl Fn(&Setting) -> bool) {
    let Some(file) = &files.user else { return };
    for entry in file.entries.iter().filter(|entry| wanted(entry.setting)) {
        let origin = Origin::File(file.path.clone());
        given.offer(entry.setting, entry.value.clone(), origin);
    }
}

/// Applies the restrictions of the folder that is open.
fn restrict(
    given: &mut Given,
    files: &Files,
    dot_env: &[(String, String)],
    wanted: impl Fn(&Setting) -> bool,
) {
    let of_dot_env = |setting: &&'static Setting| {
        let (name, value) = value_in(dot_env, setting)?;
        Some((*setting, value, Origin::DotEnv(name)))
    };
    let of_dot_env = setting::ALL.iter().filter_map(of_dot_env);
    let of_file = files.project.iter().flat_map(|file| {
        let origin = Origin::File(file.path.clone());
        let entries = file.entries.iter();
        entries.map(move |entry| (entry.setting, entry.value.as_str(), origin.clone()))
    });
    narrow(given, of_dot_env.filter(|(setting, ..)| wanted(setting)));
    narrow(given, of_file.filter(|(setting, ..)| wanted(setting)));
}

/// Applies the restrictions of one source. Toolsets and single tools are one bound together.
fn narrow<'a>(
    given: &mut Given,
    source: impl Iterator<Item = (&'static Setting, &'a str, Origin)>,
) {
    let mut bound: Option<(String, Origin)> = None;
    for (setting, value, origin) in source {
        match setting.narrows {
            Narrows::No => {}
            Narrows::Set | Narrows::Lower => given.narrow(setting, value.to_owned(), origin),
            Narrows::Within => {
                let (names, _) = bound.get_or_insert_with(|| (String::new(), origin));
                if !names.is_empty() {
                    names.push(',');
                }
                names.push_str(value);
            }
        }
    }
    if let Some((names, origin)) = bound {
        given.narrow(setting::TOOLSETS, names, origin);
    }
}

fn add_dot_env(given: &mut Given, dot_env: &[(String, String)]) {
    // What restricts is applied last, see `restrict`.
    for setting in setting::ALL
        .iter()
        .filter(|setting| setting.narrows == Narrows::No)
    {
        let Some((name, value)) = value_in(dot_env, setting) else {
            continue;
        };
        if setting.dot_env {
            given.offer(setting, value.to_owned(), Origin::DotEnv(name));
        } else {
            tracing::warn!(variable = name, "left out: `.env` may not set it");
        }
    }
}

/// Adds a profile. As in the SDK, that is done if one is requested, or if nothing else names a host.
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
        // As in the SDK, a variable may name a profile of no file. What is asked for on the command line is another
        // matter: the credential of some other workspace must not stand in for it.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let by_flag = matches!(given.origin(setting::PROFILE), Some(Origin::Flag));
            return match asked.filter(|_| by_flag && !places.new_profile) {
                Some(asked) => {
                    let reason = format!("there is no such file, so no profile `{asked}`");
                    Err(unusable(&path, &reason))
                }
                None => Ok(()),
            };
        }
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
        let value = setting.profile_key.and_then(|key| profile.values.get(key));
        if let Some(value) = value {
            given.offer(setting, value.clone(), origin.clone());
        }
    }
    if profile.named {
        given.offer(setting::PROFILE, profile.name, origin);
    }
    Ok(())
}

/// Adds the store of logins, which a file names once for all profiles. An unreadable file names none.
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
#[must_use]
pub fn config_file(given: &Given, home: Option<&Path>) -> Option<PathBuf> {
    match given.get(setting::CONFIG_FILE) {
        Some(path) => match (path.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => Some(home.join(rest)),
            _ => Some(PathBuf::from(path)),
        },
        None => home.map(|home| home.join(".databrickscfg")),
    }
}

/// Refuses a placeholder where a host, a credential or a restriction is due.
fn check_placeholders(given: &Given) -> Result<(), Error> {
    for setting in setting::ALL {
        let Some(value) = given.get(setting).filter(|value| is_placeholder(value)) else {
            continue;
        };
        let from = given
            .origin(setting)
            .map_or(String::new(), |origin| format!(" ({origin})"));
        return Err(setting.unusable(format!(
            "`{value}`{from} is a placeholder that the client did not fill"
        )));
    }
    Ok(())
}

/// Refuses a `.env` that would send a credential from elsewhere to its own host. The file comes with any repository
/// that is opened; it may bring a host together with its credential.
fn check_dot_env(given: &Given) -> Result<(), Error> {
    let from_dot_env = |setting: &&&Setting| given.is_from_dot_env(setting);
    let Some(destination) = DESTINATIONS.iter().find(from_dot_env) else {
        return Ok(());
    };
    let foreign = setting::ALL.iter().find(|setting| {
        setting.kind.is_some() && given.origin(setting).is_some() && !given.is_from_dot_env(setting)
    });
    let Some((foreign, origin)) =
        foreign.and_then(|setting| Some((setting, given.origin(setting)?)))
    else {
        return Ok(());
    };
    Err(destination.unusable(format!(
        "`.env` may not send `{}` ({origin}) to a host of its own; set the host where the credential is set",
        foreign.name
    )))
}

fn unusable(path: &Path, reason: &str) -> Error {
    setting::CONFIG_FILE.unusable(format!("`{}`: {reason}", path.display()))
}
