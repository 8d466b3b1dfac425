//! Notebooks as R Markdown, as pages and as archives, there and back.
//!
//! An archive of the real service is a zip file of notebooks. One of the sandbox begins as such a file does and holds
//! the model that a page embeds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::notebook::{self, Cell, Language};

/// The first bytes of a zip file.
const ZIP: &[u8] = b"PK\x03\x04";
const BEFORE_MODEL: &str = "__DATABRICKS_NOTEBOOK_MODEL = '";
const CHUNK: &str = "```{";

/// The notebook as an archive.
pub(super) fn archive(name: &str, source: &str, language: Language) -> Vec<u8> {
    let model = notebook::model(name, source, language);
    // A byte that no text has.
    [ZIP, &[0xff], model.as_bytes()].concat()
}

/// The language and source of the notebook in an archive.
pub(super) fn from_archive(bytes: &[u8]) -> Option<(Language, String)> {
    let model = bytes.strip_prefix(ZIP)?.strip_prefix(&[0xff])?;
    from_model(std::str::from_utf8(model).ok()?)
}

/// The language and source of the notebook that a page embeds.
pub(super) fn from_page(page: &str) -> Option<(Language, String)> {
    let (_, rest) = page.split_once(BEFORE_MODEL)?;
    let (model, _) = rest.split_once('\'')?;
    from_model(model)
}

fn from_model(encoded: &str) -> Option<(Language, String)> {
    let percent = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let json = percent_decode_str(&percent).decode_utf8().ok()?;
    let model: Value = serde_json::from_str(&json).ok()?;
    let language = model.get("language")?.as_str()?.to_uppercase();
    let language = Language::named(&language)?;
    let commands = model.get("commands")?.as_array()?.iter();
    let cells: Vec<Cell> = commands
        .filter_map(|command| Some(written(command.get("command")?.as_str()?)))
        .collect();
    Some((language, notebook::source(&cells, language)))
}

/// A cell as a person writes it.
fn written(text: &str) -> Cell {
    let magic = text
        .strip_prefix('%')
        .and_then(|rest| rest.split_once('\n'));
    match magic {
        Some((magic, text)) => Cell {
            magic: Some(magic.to_owned()),
            text: text.to_owned(),
        },
        None => Cell {
            magic: None,
            text: text.to_owned(),
        },
    }
}

/// The notebook as R Markdown: code in chunks of its language, text between them.
pub(super) fn markdown(name: &str, source: &str, language: Language) -> String {
    let own = language.name().to_lowercase();
    let mut text = format!("---\ntitle: \"{name}\"\n---\n");
    for cell in notebook::cells(source, language) {
        text.push('\n');
        match cell.magic.as_deref() {
            Some("md") => text.push_str(&format!("{}\n", cell.text)),
            magic => {
                let magic = magic.unwrap_or(&own);
                text.push_str(&format!("{CHUNK}{magic}}}\n{}\n```\n", cell.text));
            }
        }
    }
    text
}

/// The source, in R, of a text in R Markdown.
pub(super) fn from_markdown(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let body = text
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"));
    let mut rest = body.map_or(text.as_str(), |(_, body)| body);
    let mut cells = Vec::new();
    let prose = |text: &str| {
        let text = text.trim_matches('\n').to_owned();
        let magic = Some("md".to_owned());
        (!text.is_empty()).then_some(Cell { magic, text })
    };
    while let Some((before, after)) = rest.split_once(CHUNK) {
        cells.extend(prose(before));
        let (head, after) = after.split_once("}\n").unwrap_or((after, ""));
        let (code, after) = after.split_once("\n```").unwrap_or((after, ""));
        let magic = Some(head.to_owned()).filter(|head| head != "r");
        cells.push(Cell {
            magic,
            text: code.to_owned(),
        });
        rest = after;
    }
    cells.extend(prose(rest));
    notebook::source(&cells, Language::R)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "# Databricks notebook source\n# MAGIC %md\n# MAGIC # Title\n\n\
                          # COMMAND ----------\n\nx <- 1\n\n# COMMAND ----------\n\n\
                          # MAGIC %sql\n# MAGIC SELECT 1\n";

    #[test]
    fn each_form_holds_the_whole_notebook() {
        let wanted = Some((Language::R, SOURCE.to_owned()));
        assert_eq!(from_archive(&archive("n", SOURCE, Language::R)), wanted);
        let page = notebook::html("n", SOURCE, Language::R);
        assert_eq!(from_page(&page), wanted);
        let markdown = markdown("n", SOURCE, Language::R);
        assert_eq!(from_markdown(&markdown), SOURCE);
        assert_eq!(from_page("<html></html>"), None);
        assert_eq!(from_archive(b"PK\x03\x04"), None);
    }
}
