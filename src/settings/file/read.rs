//! A settings file as values of settings: each key known, each value of the type its setting takes.

use std::path::{Path, PathBuf};

use super::keys::{self, Key};
use super::yaml::{self, Node, Place, Tree};
use super::{Entry, Fault, File, expand};
use crate::error::Error;
use crate::settings::definition::{Narrows, Setting};
use crate::settings::dot_env::regular_file;
use crate::settings::takes::Takes;

/// Reads the user's own file.
pub(super) fn users(
    path: PathBuf,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<File, Error> {
    let (entries, faults) = entries(&path, variable)?;
    file(path, entries, faults)
}

/// Reads the file of the folder that is open. It comes with any repository, so it may only restrict: any other key is a
/// fault that names the user's own file. It knows no variables.
pub(super) fn projects(path: PathBuf, users: Option<&Path>) -> Result<File, Error> {
    let none = |_: &str| None;
    let (entries, mut faults) = entries(&path, &none)?;
    let own = users.map_or("the user's own file".to_owned(), |users| {
        format!("`{}`", users.display())
    });
    let mut kept = Vec::new();
    for entry in entries {
        match entry.setting.narrows {
            Narrows::No => faults.push(Fault::at(
                entry.place,
                format!(
                    "`{}` may not be set by a file of the working directory; set it in {own}",
                    entry.key
                ),
            )),
            Narrows::Set if entry.setting.parse(&entry.value).is_ok_and(is_off) => {
                faults.push(Fault::at(
                    entry.place,
                    format!("`{}` may only be switched on here", entry.key),
                ));
            }
            Narrows::Set | Narrows::Lower | Narrows::Within => kept.push(entry),
        }
    }
    file(path, kept, faults)
}

fn is_off(value: crate::settings::Value) -> bool {
    value == crate::settings::Value::Switch(false)
}

fn file(path: PathBuf, entries: Vec<Entry>, mut faults: Vec<Fault>) -> Result<File, Error> {
    for entry in &entries {
        if let Err(error) = entry.setting.parse(&entry.value) {
            let reason = match error {
                Error::Setting { reason, .. } => reason,
                error => error.to_string(),
            };
            faults.push(Fault::at(entry.place, format!("`{}`: {reason}", entry.key)));
        }
    }
    if !faults.is_empty() {
        faults.sort_by_key(|fault| fault.place);
        return Err(unusable(&path, faults.iter().map(ToString::to_string)));
    }
    Ok(File { path, entries })
}

fn unusable(path: &Path, faults: impl Iterator<Item = String>) -> Error {
    Error::SettingsFile {
        path: path.display().to_string(),
        faults: faults.collect(),
    }
}

/// The entries of a file and what is wrong with it.
fn entries(
    path: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<(Vec<Entry>, Vec<Fault>), Error> {
    let one = |reason: String| unusable(path, std::iter::once(reason));
    let bytes = regular_file(path).map_err(one)?;
    let bytes = bytes.ok_or_else(|| one("there is no such file".to_owned()))?;
    let text = String::from_utf8(bytes).map_err(|_| one("it is not UTF-8".to_owned()))?;
    let root = match yaml::parse(text.trim_start_matches('\u{feff}')) {
        Ok(root) => root,
        Err(fault) => return Err(one(fault.to_string())),
    };
    let mut reader = Reader {
        variable,
        entries: Vec::new(),
        faults: Vec::new(),
    };
    match root.value {
        Tree::Nothing => {}
        Tree::Map(members) => reader.members("", members),
        other => return Err(one(format!("it is {}, not keys with values", other.is()))),
    }
    Ok((reader.entries, reader.faults))
}

struct Reader<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    entries: Vec<Entry>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn members(&mut self, section: &str, members: Vec<(String, Place, Node)>) {
        for (key, place, node) in members {
            let path = if section.is_empty() {
                key
            } else {
                format!("{section}.{key}")
            };
            let inside: Vec<&str> = match &node.value {
                Tree::Map(members) => members.iter().map(|(key, ..)| key.as_str()).collect(),
                _ => Vec::new(),
            };
            match keys::find(&path, &inside) {
                Key::Replaced(instead) => {
                    let reason = format!("`{path}` does nothing here: {instead}");
                    self.faults.push(Fault::at(place, reason));
                }
                Key::OfEnvironment(setting) => self.faults.push(Fault::at(
                    place,
                    format!(
                        "`{path}` is read from the environment only; set `{}` there",
                        setting.title()
                    ),
                )),
                Key::Unknown(meant) => {
                    let meant = meant.map(|key| format!("; did you mean `{key}`?"));
                    let reason = format!("unknown key `{path}`{}", meant.unwrap_or_default());
                    self.faults.push(Fault::at(place, reason));
                }
                Key::Of(setting) => self.setting(setting, path, place, node),
                Key::Section => match node.value {
                    Tree::Map(members) => self.members(&path, members),
                    Tree::Nothing => {}
                    other => self.faults.push(Fault::at(
                        node.place,
                        format!("`{path}` is {}, not a section with keys", other.is()),
                    )),
                },
            }
        }
    }

    fn setting(&mut self, setting: &'static Setting, key: String, place: Place, node: Node) {
        match self.text(setting, &key, node) {
            Ok(None) => {}
            Ok(Some(value)) => {
                if self.entries.iter().any(|known| known.setting == setting) {
                    let reason = format!("`{key}` is given twice, by another name too");
                    self.faults.push(Fault::at(place, reason));
                    return;
                }
                self.entries.push(Entry {
                    setting,
                    key,
                    value,
                    place,
                });
            }
            Err(fault) => self.faults.push(fault),
        }
    }

    /// The value as a variable would have it; nothing if there is none.
    fn text(&self, setting: &Setting, key: &str, node: Node) -> Result<Option<String>, Fault> {
        let place = node.place;
        match (node.value, setting.takes) {
            (Tree::Nothing, _) => Ok(None),
            (Tree::Text(text), _) => {
                let text = self.scalar(text, place)?;
                Ok(Some(text).filter(|text| !text.is_empty()))
            }
            (Tree::List(items), Takes::Names) => {
                let mut names = Vec::with_capacity(items.len());
                for item in items {
                    match item.value {
                        Tree::Text(text) => names.push(self.scalar(text, item.place)?),
                        other => {
                            let reason = format!("`{key}` takes names, not {}", other.is());
                            return Err(Fault::at(item.place, reason));
                        }
                    }
                }
                Ok(Some(names.join(",")))
            }
            (Tree::Map(members), Takes::Limits { .. } | Takes::Rates) => {
                let mut limits = Vec::with_capacity(members.len());
                for (tool, at, item) in members {
                    match item.value {
                        Tree::Text(text) => {
                            limits.push(format!("{tool}={}", self.scalar(text, item.place)?));
                        }
                        other => {
                            let reason =
                                format!("`{key}.{tool}` takes a single value, not {}", other.is());
                            return Err(Fault::at(at, reason));
                        }
                    }
                }
                Ok(Some(limits.join(",")))
            }
            (other, takes) => Err(Fault::at(
                place,
                format!("`{key}` takes {takes}, not {}", other.is()),
            )),
        }
    }

    fn scalar(&self, text: String, place: Place) -> Result<String, Fault> {
        let text = expand::expand(&text, self.variable);
        text.map(|text| text.trim().to_owned())
            .map_err(|reason| Fault::at(place, reason))
    }
}
