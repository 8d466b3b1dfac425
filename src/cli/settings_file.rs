//! `config init` and `config schema`: the settings file as a commented template and as a JSON Schema, from the table.

use std::io::Write;
use std::path::PathBuf;

use databricks_mcp::error::Error;
use databricks_mcp::settings::file::is_of_files;
use databricks_mcp::settings::{Section, Setting, Takes, setting};
use serde_json::{Map, Value, json};

use super::settings::Sources;

/// Columns of a line of the template.
const WIDTH: usize = 110;

fn of_files() -> impl Iterator<Item = &'static Setting> {
    setting::ALL
        .iter()
        .copied()
        .filter(|known| is_of_files(known))
}

/// Writes the template where the user's file is due, for nobody else to read. A file that is there stays.
///
/// # Errors
/// There is no such place, a file is there, or it cannot be written.
pub(super) fn init(sources: &Sources) -> Result<PathBuf, Error> {
    let Some(path) = sources.own_file() else {
        let reason = "this system names no folder for settings; give a path with `--config`";
        return Err(setting::CONFIG.unusable(reason.to_owned()));
    };
    let unusable = |error: std::io::Error| {
        let reason = if error.kind() == std::io::ErrorKind::AlreadyExists {
            format!(
                "`{}` is there and stays; `config init --print` prints a new one",
                path.display()
            )
        } else {
            format!("`{}`: {error}", path.display())
        };
        setting::CONFIG.unusable(reason)
    };
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(unusable)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(unusable)?;
    file.write_all(commented().as_bytes()).map_err(unusable)?;
    Ok(path)
}

/// A settings file in which every key stands as a comment with its help.
pub(super) fn commented() -> String {
    let mut text = "\
# Settings of databricks-mcp. Flags, the environment and `.env` beat this file; it beats profiles.
# `${NAME}` is a variable of the environment, `${NAME:default}` has a default.
# `databricks-mcp config check` reads it, `databricks-mcp config schema` prints its schema for editors.
"
    .to_owned();
    for (section, title) in [
        (Section::Credentials, "The workspace and its credential"),
        (Section::Tools, "Tools"),
        (Section::Other, "Limits, connections, the log"),
    ] {
        text.push_str(&format!("\n# --- {title}\n"));
        for known in of_files().filter(|known| known.section == section) {
            let help = format!("{} ({})", known.help(), known.takes);
            text.push('\n');
            for line in wrapped(&help) {
                text.push_str(&format!("# {line}\n"));
            }
            let value = match known.default {
                Some(default) => format!(" {default}"),
                None if known.secret => match known.variables.first() {
                    Some(variable) => format!(" ${{{variable}}}"),
                    None => String::new(),
                },
                None => String::new(),
            };
            text.push_str(&format!("#{}:{value}\n", known.name));
        }
    }
    text
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let is_full = lines
            .last()
            .is_some_and(|line| !line.is_empty() && line.len() + word.len() >= WIDTH);
        if is_full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// The JSON Schema of a settings file.
pub(super) fn schema() -> Value {
    let properties: Map<String, Value> = of_files()
        .map(|known| (known.name.to_owned(), of_setting(known)))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of databricks-mcp",
        "type": "object",
        "properties": properties,
        "patternProperties": {
            "^(databricks|logging|tools)$": { "type": "object" },
        },
        "additionalProperties": false,
    })
}

fn of_setting(known: &Setting) -> Value {
    // A variable may stand for any value.
    let text = json!({ "type": "string" });
    let mut schema = match known.takes {
        Takes::Text | Takes::Path | Takes::Url => text,
        Takes::Names => json!({ "anyOf": [text, { "type": "array", "items": text }] }),
        Takes::OneOf(words) => json!({ "enum": words }),
        Takes::Switch | Takes::LaxSwitch => json!({ "type": ["boolean", "string"] }),
        Takes::Whole { from, to } => {
            json!({ "type": ["integer", "string"], "minimum": from, "maximum": to })
        }
        Takes::Number { from, to } | Takes::Seconds { from, to } => {
            json!({ "type": ["number", "string"], "minimum": from, "maximum": to })
        }
        Takes::Rates => json!({
            "type": ["object", "string"],
            "additionalProperties": text,
        }),
        Takes::Limits { from, to } => json!({
            "type": ["object", "string"],
            "additionalProperties": { "type": ["integer", "string", "object"], "minimum": from, "maximum": to },
        }),
    };
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), known.help().into());
        if let Some(default) = known.default {
            schema.insert("default".to_owned(), default.into());
        }
    }
    schema
}
