//! Changes to the text of a client's file that leave every other byte as it was.
//!
//! Each format finds the place of the entry and writes there and nowhere else. Whatever was written is read again: if
//! anything but the entry means something else than before, the change is given up.

mod json;
mod layout;
mod toml;
mod yaml;

use serde_json::{Map, Value, json};

/// The format of a client's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// JSON as its standard has it.
    Json,
    /// JSON with comments.
    JsonWithComments,
    /// JSON with comments and commas after the last member.
    Jsonc,
    /// TOML.
    Toml,
    /// YAML.
    Yaml,
}

/// The place of an entry: the key of the map that holds all servers, and the entry's name in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) format: Format,
    pub(super) container: &'static str,
    pub(super) name: &'a str,
}

/// The reason why a file is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It is not what its format demands.
    Broken {
        line: usize,
        column: usize,
        reason: String,
    },
    /// It is in order, but written in a way that no change can be made to surely.
    Unsafe(String),
}

impl Trouble {
    fn at(text: &str, offset: usize, reason: impl Into<String>) -> Self {
        let (line, column) = layout::line_and_column(text, offset);
        Self::Broken {
            line,
            column,
            reason: reason.into(),
        }
    }
}

impl Place<'_> {
    /// The text of a file that holds nothing but this entry.
    pub(super) fn alone(&self, entry: &Map<String, Value>) -> String {
        match self.format {
            Format::Toml => toml::block(self.container, self.name, entry, "\n"),
            Format::Yaml => yaml::alone(self.container, self.name, entry),
            _ => {
                let inner = json!({ self.name: entry });
                json::alone(self.container, &inner)
            }
        }
    }

    /// All that a text says.
    ///
    /// # Errors
    /// It is not of its format.
    pub(super) fn read(&self, text: &str) -> Result<Value, Trouble> {
        let text = without_mark(text).1;
        let value = match self.format {
            Format::Toml => toml::value(text)?,
            Format::Yaml => yaml::value(text)?,
            format => json::value(text, format)?,
        };
        if !value.is_object() {
            return Err(Trouble::at(text, 0, "the file is to hold keys and values"));
        }
        Ok(value)
    }

    /// The map of all servers, if there is one.
    pub(super) fn servers(&self, text: &str) -> Result<Option<Map<String, Value>>, Trouble> {
        match self.read(text)?.get(self.container) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(servers)) => Ok(Some(servers.clone())),
            Some(_) => Err(Trouble::Unsafe(format!(
                "`{}` is not a map of servers",
                self.container
            ))),
        }
    }

    /// The text with the entry. One that is there gets the new values of these keys and keeps its others; if it is
    /// to be `replaced`, it keeps nothing.
    ///
    /// # Errors
    /// The text is broken, or cannot be changed surely.
    pub(super) fn put(
        &self,
        text: &str,
        entry: &Map<String, Value>,
        replaced: bool,
    ) -> Result<String, Trouble> {
        let held = self.servers(text)?.unwrap_or_default();
        let held = held.get(self.name).and_then(Value::as_object);
        let (mark, body) = without_mark(text);
        let old = held.filter(|_| !replaced);
        let new = match self.format {
            Format::Toml => toml::put(body, self.container, self.name, entry, old)?,
            Format::Yaml => yaml::put(body, self.container, self.name, entry, old)?,
            format => json::put(
                body,
                format,
                [self.container, self.name],
                entry,
                old.is_some(),
            )?,
        };
        let new = format!("{mark}{new}");
        let mut due = old.cloned().unwrap_or_default();
        due.extend(entry.clone());
        self.check(text, &new, Some(&due))?;
        Ok(new)
    }

    /// The text without the entry, and without the map of servers if that is empty then and is to go.
    ///
    /// # Errors
    /// See [`Place::put`].
    pub(super) fn take(&self, text: &str, empty_too: bool) -> Result<String, Trouble> {
        let (mark, body) = without_mark(text);
        let new = match self.format {
            Format::Toml => toml::take(body, self.container, self.name)?,
            Format::Yaml => yaml::take(body, self.container, self.name, empty_too)?,
            format => json::take(body, format, self.container, self.name, empty_too)?,
        };
        let new = format!("{mark}{new}");
        self.check(text, &new, None)?;
        Ok(new)
    }

    /// Compares what two texts mean: the entry is as due, all else the same.
    fn check(
        &self,
        before: &str,
        after: &str,
        due: Option<&Map<String, Value>>,
    ) -> Result<(), Trouble> {
        let unsafely =
            || Trouble::Unsafe("it is written in a way that this cannot change".to_owned());
        let read = |text| self.read(text);
        let (mut before, mut after) = (read(before)?, read(after).map_err(|_| unsafely())?);
        self.taken_out(&mut before);
        let found = self.taken_out(&mut after);
        if found.as_ref().map(Value::as_object) != due.map(Some) || before != after {
            return Err(unsafely());
        }
        Ok(())
    }

    fn taken_out(&self, value: &mut Value) -> Option<Value> {
        let root = value.as_object_mut()?;
        let servers = root.get_mut(self.container)?;
        let found = servers
            .as_object_mut()
            .and_then(|servers| servers.shift_remove(self.name));
        let is_empty = servers.is_null() || servers.as_object().is_some_and(Map::is_empty);
        if is_empty {
            root.shift_remove(self.container);
        }
        found
    }
}

/// A byte order mark, and the text behind it.
fn without_mark(text: &str) -> (&str, &str) {
    match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    }
}
