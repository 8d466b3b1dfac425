//! The settings files: YAML whose keys are the names of the table, of the user and of the folder that is open.
//!
//! Rooms, each using only those before it:
//! - `yaml`, the tree with the place of every node
//! - `expand`, `${VARIABLE}` within values
//! - `keys`, the setting that a key means
//! - `read`, a file as values of settings

mod expand;
mod keys;
mod read;
mod yaml;

use std::fmt;
use std::path::{Path, PathBuf};

use super::definition::Setting;
use super::dot_env::{self, DotEnv};
use super::setting;
use super::value::Value;
use crate::error::Error;

pub use keys::is_of_files;

/// The name of a settings file.
pub const NAME: &str = "databricks-mcp.yaml";

/// The settings files of a process, read.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The user's own file.
    pub user: Option<File>,
    /// The file of the folder that is open, which may only restrict.
    pub project: Option<File>,
    /// The `.env` of the folder that is open.
    pub(super) dot_env: DotEnv,
}

/// A settings file, read.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path.
    pub(super) path: PathBuf,
    /// Its values.
    pub(super) entries: Vec<Entry>,
}

/// A value of a settings file, as a variable would have it, with the place of its key.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) setting: &'static Setting,
    /// The key, as it is written.
    key: String,
    /// It may be a secret.
    pub(super) value: String,
    place: yaml::Place,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:?}", self.key, self.place)
    }
}

/// What is wrong with a settings file, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    place: Option<yaml::Place>,
    reason: String,
}

impl Fault {
    fn at(place: yaml::Place, reason: String) -> Self {
        Self {
            place: Some(place),
            reason,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            write!(f, "line {}, column {}: ", place.line, place.column)?;
        }
        f.write_str(&self.reason)
    }
}

impl Files {
    /// Reads the file of the user and that of the working directory. `named` is the path that the user gave, which
    /// must exist; otherwise the platform's folder for settings is looked in.
    ///
    /// # Errors
    /// A file cannot be read, or has faults: all of them at once.
    pub fn read(
        named: Option<&Path>,
        variable: &dyn Fn(&str) -> Option<String>,
        directory: Option<&Path>,
    ) -> Result<Self, Error> {
        let own = named.map(Path::to_path_buf);
        let own = own.or_else(|| users(variable).filter(|path| path.exists()));
        let project = directory.map(|directory| directory.join(NAME));
        // The folder of the settings may be the one that is open.
        let project = project.filter(|path| path.exists() && Some(path) != own.as_ref());
        if let Some(path) = project.as_deref().filter(|path| leads_out(path)) {
            return Err(Error::SettingsFile {
                path: path.display().to_string(),
                faults: vec!["it is a link to a file outside of its folder".to_owned()],
            });
        }
        let user = own.map(|path| read::users(path, variable)).transpose()?;
        let left = is_left(variable, user.as_ref());
        Ok(Self {
            user,
            dot_env: dot_env::read(directory.filter(|_| !left)),
            project: project
                .map(|path| read::projects(path, users(variable).as_deref()))
                .transpose()?,
        })
    }
}

impl Files {
    /// The same without the `.env` of the folder that is open.
    #[must_use]
    pub fn without_dot_env(&self) -> Self {
        Self {
            dot_env: DotEnv::default(),
            ..self.clone()
        }
    }

    /// What could not be read of the `.env`, for the log: it is read before there is one.
    #[must_use]
    pub fn remark(&self) -> Option<&str> {
        self.dot_env.remark.as_deref()
    }

    /// The paths of the files that were read.
    pub fn read_ones(&self) -> impl Iterator<Item = &Path> {
        let files = [&self.user, &self.project].into_iter().flatten();
        files.map(|file| file.path.as_path())
    }

    /// The error for a setting that a file gives a value which only later rooms know to be wrong.
    #[must_use]
    pub fn fault(&self, path: &Path, setting: &Setting, reason: &str) -> Option<Error> {
        let mut files = [&self.user, &self.project].into_iter().flatten();
        let file = files.find(|file| file.path == path)?;
        let mut entries = file.entries.iter();
        let entry = entries.find(|entry| entry.setting.name == setting.name)?;
        let fault = Fault::at(entry.place, format!("`{}`: {reason}", entry.key));
        Some(Error::SettingsFile {
            path: path.display().to_string(),
            faults: vec![fault.to_string()],
        })
    }

    /// The value that the user's file has for a variable of the environment.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        let mut entries = self.user.as_ref()?.entries.iter();
        let found = entries.find(|entry| entry.setting.variables.contains(&name));
        found.map(|entry| entry.value.clone())
    }
}

/// True for a link that leads out of the folder it is in: what is told of the file would be told of another.
fn leads_out(path: &Path) -> bool {
    let folder = path.parent().map(Path::canonicalize);
    match (path.canonicalize(), folder) {
        (Ok(real), Some(Ok(folder))) => !real.starts_with(folder),
        _ => true,
    }
}

/// True if the `.env` of the folder that is open is left unread.
fn is_left(variable: &dyn Fn(&str) -> Option<String>, user: Option<&File>) -> bool {
    let known = setting::NO_DOT_ENV;
    let mut entries = user.into_iter().flat_map(|user| user.entries.iter());
    let of_file = entries.find(|entry| entry.setting == known);
    let set = known.variables.iter().find_map(|name| variable(name));
    let set = set.or_else(|| of_file.map(|entry| entry.value.clone()));
    set.is_some_and(|text| matches!(known.parse(&text), Ok(Value::Switch(true))))
}

/// The path of the user's settings file: below `$XDG_CONFIG_HOME` or `~/.config`, on macOS
/// `~/Library/Application Support`, on Windows `%APPDATA%`.
#[must_use]
pub fn users(variable: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let folder = |name: &str| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        let path = PathBuf::from(value);
        // A relative path is to be passed over: XDG Base Directory Specification.
        path.is_absolute().then_some(path)
    };
    let folder = if cfg!(windows) {
        folder("APPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))
    };
    folder.map(|folder| folder.join("databricks-mcp").join(NAME))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
