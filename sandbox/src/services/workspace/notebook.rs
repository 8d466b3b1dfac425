//! Notebooks as source text: their cells, and conversions to Jupyter and HTML and back from Jupyter.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde_json::{Value, json};

/// What stands before the model in a page.
const MODEL: &str = "var __DATABRICKS_NOTEBOOK_MODEL = '";

/// A notebook's default language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Python,
    Sql,
    Scala,
    R,
}

/// A cell: code in a language, or Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    /// `%md`, `%sql` and so on; `None` for the notebook's own language.
    pub(super) magic: Option<String>,
    pub(super) text: String,
}

impl Language {
    /// All languages.
    pub(super) const ALL: [Self; 4] = [Self::Python, Self::Sql, Self::Scala, Self::R];

    /// The name of the language in the API.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Python => "PYTHON",
            Self::Sql => "SQL",
            Self::Scala => "SCALA",
            Self::R => "R",
        }
    }

    /// The language of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.name() == name)
    }

    /// The extension of its source files.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Python => "py",
            Self::Sql => "sql",
            Self::Scala => "scala",
            Self::R => "r",
        }
    }

    fn comment(self) -> &'static str {
        match self {
            Self::Python | Self::R => "#",
            Self::Sql => "--",
            Self::Scala => "//",
        }
    }

    /// The first line of a notebook's source.
    pub(super) fn header(self) -> String {
        format!("{} Databricks notebook source", self.comment())
    }

    /// The language of a source file, if it is a notebook. Python and R share a header, so the extension
    /// decides.
    pub(super) fn of_source(source: &str, path: &str) -> Option<Self> {
        let first = source.lines().next()?.trim_end();
        let fits: Vec<Self> = Self::ALL
            .into_iter()
            .filter(|language| language.header() == first)
            .collect();
        let by_extension = fits.iter().find(|language| {
            let extension = format!(".{}", language.extension());
            path.to_lowercase().ends_with(&extension)
        });
        by_extension.or(fits.first()).copied()
    }
}

/// The cells of a notebook's source.
pub(super) fn cells(source: &str, language: Language) -> Vec<Cell> {
    let header = language.header();
    let body = source.strip_prefix(header.as_str()).unwrap_or(source);
    let separator = format!("{} COMMAND ----------", language.comment());
    body.split(separator.as_str())
        .map(|cell| of_text(cell.trim_matches(['\n', '\r']), language))
        .filter(|cell| !cell.text.is_empty())
        .collect()
}

fn of_text(text: &str, language: Language) -> Cell {
    let prefix = format!("{} MAGIC", language.comment());
    if !text.starts_with(&prefix) {
        return Cell {
            magic: None,
            text: text.to_owned(),
        };
    }
    let lines: Vec<&str> = text
        .lines()
        .map(|line| {
            let rest = line.strip_prefix(&prefix).unwrap_or(line);
            rest.strip_prefix(' ').unwrap_or(rest)
        })
        .collect();
    let text = lines.join("\n");
    match text
        .strip_prefix('%')
        .map(|rest| rest.split_once(char::is_whitespace).unwrap_or((rest, "")))
    {
        Some((magic, rest)) => Cell {
            magic: Some(magic.to_owned()),
            text: rest.trim_start_matches('\n').to_owned(),
        },
        None => Cell { magic: None, text },
    }
}

/// The source of a notebook of these cells.
pub(super) fn source(cells: &[Cell], language: Language) -> String {
    let comment = language.comment();
    let cells: Vec<String> = cells
        .iter()
        .map(|cell| match &cell.magic {
            None => cell.text.clone(),
            Some(magic) => {
                let text = format!("%{magic}\n{}", cell.text);
                let lines: Vec<String> = text
                    .lines()
                    .map(|line| format!("{comment} MAGIC {line}"))
                    .collect();
                lines.join("\n")
            }
        })
        .collect();
    let separator = format!("\n\n{comment} COMMAND ----------\n\n");
    format!("{}\n{}\n", language.header(), cells.join(&separator))
}

/// The notebook as a Jupyter document.
pub(super) fn jupyter(name: &str, source: &str, language: Language) -> String {
    let cells: Vec<Value> = cells(source, language)
        .iter()
        .map(|cell| {
            let markdown = cell.magic.as_deref() == Some("md");
            let text = match &cell.magic {
                Some(magic) if !markdown => format!("%{magic}\n{}", cell.text),
                _ => cell.text.clone(),
            };
            let mut lines: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
            if let Some(last) = lines.last_mut() {
                last.pop();
            }
            if markdown {
                json!({"cell_type": "markdown", "metadata": {}, "source": lines})
            } else {
                json!({
                    "cell_type": "code",
                    "execution_count": null,
                    "metadata": {},
                    "outputs": [],
                    "source": lines,
                })
            }
        })
        .collect();
    let document = json!({
        "cells": cells,
        "metadata": {
            "application/vnd.databricks.v1+notebook": {
                "language": language.name().to_lowercase(),
                "notebookName": name,
                "notebookMetadata": {"pythonIndentUnit": 4},
                "widgets": {},
            },
            "language_info": {"name": language.name().to_lowercase()},
        },
        "nbformat": 4,
        "nbformat_minor": 0,
    });
    document.to_string()
}

/// The language and source of a Jupyter document; `None` for any other text.
pub(super) fn from_jupyter(text: &str) -> Option<(Language, String)> {
    let document: Value = serde_json::from_str(text).ok()?;
    let named = document
        .pointer("/metadata/language_info/name")
        .and_then(Value::as_str);
    let language = named.and_then(|name| Language::named(&name.to_uppercase()));
    let language = language.unwrap_or(Language::Python);
    let cells: Vec<Cell> = document
        .get("cells")?
        .as_array()?
        .iter()
        .map(|cell| {
            let text = match cell.get("source") {
                Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).collect(),
                Some(Value::String(text)) => text.clone(),
                _ => String::new(),
            };
            match cell.get("cell_type").and_then(Value::as_str) {
                Some("markdown") => Cell {
                    magic: Some("md".to_owned()),
                    text,
                },
                _ => match text
                    .strip_prefix('%')
                    .and_then(|rest| rest.split_once('\n'))
                {
                    Some((magic, rest)) => Cell {
                        magic: Some(magic.to_owned()),
                        text: rest.to_owned(),
                    },
                    None => Cell { magic: None, text },
                },
            }
        })
        .collect();
    Some((language, source(&cells, language)))
}

/// The notebook as an HTML page of its cells. Pages of the real service also contain a viewer.
pub(super) fn html(name: &str, source: &str, language: Language) -> String {
    let cells: Vec<String> = cells(source, language)
        .iter()
        .map(|cell| {
            let kind = cell
                .magic
                .clone()
                .unwrap_or_else(|| language.name().to_lowercase());
            format!("<pre class=\"cell {kind}\">{}</pre>", escaped(&cell.text))
        })
        .collect();
    let title = escaped(name);
    let model = model(name, source, language);
    format!(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<title>{title} - Databricks\
         </title>\n</head>\n<body>\n{}\n<script>{MODEL}{model}';</script>\n\
         </body>\n</html>\n",
        cells.join("\n")
    )
}

/// The model that the page embeds: base64 of percent-encoded JSON. The cells have no outputs, since none ran.
pub(super) fn model(name: &str, source: &str, language: Language) -> String {
    let cells = cells(source, language);
    let commands = cells.iter().zip(1..).map(|(cell, position)| {
        let command = match &cell.magic {
            Some(magic) => format!("%{magic}\n{}", cell.text),
            None => cell.text.clone(),
        };
        json!({"version": "CommandV1", "position": position, "command": command, "state": "finished", "results": null})
    });
    let model = json!({
        "version": "NotebookV1",
        "name": name,
        "language": language.name().to_lowercase(),
        "commands": commands.collect::<Vec<Value>>(),
    });
    encoded_model(&model)
}

/// The page of a notebook whose last cell came to this.
pub(crate) fn as_it_ended(page: &str, result: &Value) -> String {
    let count = model_of(page).and_then(|model| Some(model.get("commands")?.as_array()?.len()));
    let mut results = vec![json!({"type": "ansi", "data": ""}); count.unwrap_or(0)];
    if let Some(last) = results.last_mut() {
        *last = result.clone();
    }
    as_it_ran(page, &results)
}

fn model_of(page: &str) -> Option<Value> {
    let (_, rest) = page.split_once(MODEL)?;
    let (encoded, _) = rest.split_once('\'')?;
    let decoded = STANDARD.decode(encoded).ok()?;
    let json = percent_decode(&decoded).decode_utf8().ok()?;
    serde_json::from_str(&json).ok()
}

/// The page of a notebook with what came of its first cells; the page itself where it holds no model.
pub(crate) fn as_it_ran(page: &str, results: &[Value]) -> String {
    let with_results = || {
        let (before, rest) = page.split_once(MODEL)?;
        let (_, after) = rest.split_once('\'')?;
        let mut model = model_of(page)?;
        let commands = model.get_mut("commands")?.as_array_mut()?;
        for (command, result) in commands.iter_mut().zip(results) {
            let command = command.as_object_mut()?;
            if result.get("type").and_then(Value::as_str) == Some("error") {
                command.insert("state".to_owned(), "error".into());
                for (name, of) in [("errorSummary", "summary"), ("error", "cause")] {
                    command.insert(name.to_owned(), result.get(of)?.clone());
                }
                command.insert("results".to_owned(), result.get("arguments")?.clone());
            } else {
                command.insert("results".to_owned(), result.clone());
            }
        }
        Some(format!("{before}{MODEL}{}'{after}", encoded_model(&model)))
    };
    with_results().unwrap_or_else(|| page.to_owned())
}

fn encoded_model(model: &Value) -> String {
    let encoded = utf8_percent_encode(&model.to_string(), NON_ALPHANUMERIC).to_string();
    STANDARD.encode(encoded)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SOURCE: &str = "# Databricks notebook source\n# MAGIC %md\n# MAGIC # Title\n\n\
                          # COMMAND ----------\n\nx = 1\nprint(x)\n\n# COMMAND ----------\n\n\
                          # MAGIC %sql\n# MAGIC SELECT 1\n";

    #[test]
    fn source_to_jupyter_and_back_is_the_same_source() {
        let document = jupyter("n", SOURCE, Language::Python);
        let (language, source) = from_jupyter(&document).unwrap();
        assert_eq!(language, Language::Python);
        assert_eq!(source, SOURCE);
    }

    #[test]
    fn cells_know_their_magic() {
        let magics: Vec<Option<String>> = cells(SOURCE, Language::Python)
            .into_iter()
            .map(|cell| cell.magic)
            .collect();
        assert_eq!(
            magics,
            [Some("md".to_owned()), None, Some("sql".to_owned())]
        );
    }

    #[test]
    fn python_and_r_are_told_apart_by_extension() {
        assert_eq!(Language::of_source(SOURCE, "/a/b.r"), Some(Language::R));
        assert_eq!(Language::of_source(SOURCE, "/a/b"), Some(Language::Python));
        assert_eq!(Language::of_source("print(1)", "/a/b.py"), None);
    }
}
