//! The file `.databrickscfg`: profiles in INI, read as the official SDK reads them.

use std::collections::BTreeMap;
use std::path::Path;

use configparser::ini::{Ini, IniDefault};

use super::setting;
use crate::error::Error;

/// Section of the CLI's own settings; never a profile.
pub(super) const SETTINGS: &str = "__settings__";
const DEFAULT: &str = "DEFAULT";
/// The section in which the parser puts lines before the first one; no section can have this name.
const NOWHERE: &str = "\u{0}";

/// Keys and values of one profile.
pub(super) type Values = BTreeMap<String, String>;

/// The profiles of one file.
#[derive(Debug)]
pub(super) struct Profiles(BTreeMap<String, Values>);

/// A profile that was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) name: String,
    /// True if somebody named it; `DEFAULT` is read even if nobody did.
    pub(super) named: bool,
    pub(super) values: Values,
}

impl Profiles {
    /// Parses a file's text; an error never quotes it, because it holds secrets.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut style = IniDefault::default();
        style.case_sensitive = true;
        style.multiline = true;
        style.enable_inline_comments = false;
        style.default_section = NOWHERE.to_owned();
        let mut ini = Ini::new_from_defaults(style);
        let sections = ini.read(text.trim_start_matches('\u{feff}').to_owned())?;
        if sections.contains_key(NOWHERE) {
            return Err("it has settings before the first `[profile]`".to_owned());
        }
        let mut profiles = BTreeMap::new();
        for (name, keys) in sections {
            let mut values = Values::new();
            for (key, value) in keys {
                let value = value.ok_or_else(|| {
                    format!("a line of `[{name}]` is neither `key = value` nor a comment")
                })?;
                values.insert(key.to_lowercase(), value);
            }
            profiles.insert(name, values);
        }
        Ok(Self(profiles))
    }

    /// One of the CLI's own settings.
    pub(super) fn own(&self, key: &str) -> Option<String> {
        let value = self.0.get(SETTINGS)?.get(key)?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The profile that is asked for, or the one that the file or custom makes the default.
    pub(super) fn select(
        &self,
        asked: Option<&str>,
        path: &Path,
    ) -> Result<Option<Profile>, Error> {
        let preset = self.own("default_profile");
        let Some(name) = asked.or(preset.as_deref()) else {
            let values = self.0.get(DEFAULT).filter(|values| !values.is_empty());
            return Ok(values.map(|values| Profile {
                name: DEFAULT.to_owned(),
                named: false,
                values: values.clone(),
            }));
        };
        let refuse = |reason| setting::PROFILE.unusable(reason);
        if name == SETTINGS {
            return Err(refuse(format!("`{SETTINGS}` is reserved")));
        }
        let values = self.0.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.0.keys().map(String::as_str).collect();
            let names = match names.as_slice() {
                [] => "none".to_owned(),
                names => names.join(", "),
            };
            refuse(format!(
                "`{}` has no profile `{name}`; it has: {names}",
                path.display()
            ))
        })?;
        Ok(Some(Profile {
            name: name.to_owned(),
            named: true,
            values: values.clone(),
        }))
    }
}

#[cfg(test)]
#[path = "profile_tests.rs"]
mod tests;
