//! The language of a notebook: how its source marks cells, and how files and the service name it.

use databricks_client::types::WorkspaceLanguage;
use schemars::JsonSchema;
use serde::Deserialize;

// The languages that a notebook can have as its own. (A doc comment would be listed.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Language {
    Python,
    R,
    Scala,
    Sql,
}

/// The end of the first line of every notebook's source.
const HEADER: &str = " Databricks notebook source";

impl Language {
    const ALL: [Self; 4] = [Self::Python, Self::R, Self::Scala, Self::Sql];

    /// The name that the service gives it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Python => "PYTHON",
            Self::R => "R",
            Self::Scala => "SCALA",
            Self::Sql => "SQL",
        }
    }

    /// The language of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.name().eq_ignore_ascii_case(name))
    }

    /// The beginning of a comment line.
    pub(super) fn comment(self) -> &'static str {
        match self {
            Self::Python | Self::R => "#",
            Self::Scala => "//",
            Self::Sql => "--",
        }
    }

    /// The extension of its files.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Python => "py",
            Self::R => "r",
            Self::Scala => "scala",
            Self::Sql => "sql",
        }
    }

    /// The language of files with the extension of this path.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        let extension = extension(path)?;
        Self::ALL
            .into_iter()
            .find(|language| language.extension() == extension)
    }

    /// The languages that begin a notebook's source with this line; Python and R begin alike.
    fn of_header(text: &str) -> impl Iterator<Item = Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let line = text.lines().next().unwrap_or_default().trim_end();
        Self::ALL
            .into_iter()
            .filter(move |language| line.strip_prefix(language.comment()) == Some(HEADER))
    }

    /// Reports whether the text begins as the source of a notebook.
    pub(super) fn is_source(text: &str) -> bool {
        Self::of_header(text).next().is_some()
    }

    /// The language of a notebook's source: by its first line, and where that leaves a choice or is missing by the
    /// extension of one of the paths.
    pub(super) fn of_source(text: &str, paths: &[&str]) -> Option<Self> {
        let by_path = paths.iter().find_map(|path| Self::of_path(path));
        let by_header: Vec<Self> = Self::of_header(text).collect();
        match by_path {
            Some(language) if by_header.is_empty() || by_header.contains(&language) => {
                Some(language)
            }
            _ => by_header.first().copied(),
        }
    }

    /// As the client's own type.
    pub(super) fn wired(self) -> WorkspaceLanguage {
        WorkspaceLanguage::from(self.name().to_owned())
    }
}

/// The extension of a path's last part, in lower case.
pub(super) fn extension(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '\\']).next()?;
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty()).then(|| extension.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_decides_and_the_extension_where_it_leaves_a_choice() {
        use Language::{Python, R, Scala, Sql};
        let of = |text: &str, path: &str| Language::of_source(text, &[path, "x"]);
        assert_eq!(of("# Databricks notebook source\n", "/a"), Some(Python));
        assert_eq!(of("# Databricks notebook source\n", "/a.R"), Some(R));
        assert_eq!(of("-- Databricks notebook source\r\n", "/a.py"), Some(Sql));
        assert_eq!(
            of("\u{feff}// Databricks notebook source", "/a"),
            Some(Scala)
        );
        assert_eq!(of("SELECT 1", "/a/b.sql"), Some(Sql));
        assert_eq!(of("SELECT 1", "/a.sql/b"), None);
        assert_eq!(of("print(1)", "/.py"), None);
    }
}
