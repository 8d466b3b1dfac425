//! Results that are saved: to a table, which the statement itself does, or to a file of this machine or a volume.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Rules, SQL};
use crate::api;
use crate::catalog::ToolSpec;
use crate::error::Error;
use crate::shape;
use crate::stores::{Remote, Store};

/// The argument that says where to.
const SAVE_TO: &str = "save_to";
/// The argument that lets it replace what is there.
const OVERWRITE: &str = "overwrite";
/// Characters of the place in a question.
const SHOWN: usize = 500;

/// The table that a result is saved to, its three names in backticks; none where it is a file or stays unsaved.
#[must_use]
pub fn table(arguments: &Map<String, Value>) -> Option<String> {
    let place = text(arguments, SAVE_TO)?;
    let names = names(place)?;
    let quoted: Vec<String> = names
        .iter()
        .map(|name| format!("`{}`", name.replace('`', "``")))
        .collect();
    (names.len() == 3).then(|| quoted.join("."))
}

/// The statement that is sent: the one that is given, or what makes a table of its result.
#[must_use]
pub fn statement(arguments: &Map<String, Value>) -> Cow<'_, str> {
    let given = text(arguments, "statement").unwrap_or_default();
    match table(arguments) {
        None => Cow::Borrowed(given),
        Some(table) => {
            let replaces = arguments.get(OVERWRITE) == Some(&Value::Bool(true));
            let create = if replaces {
                "CREATE OR REPLACE"
            } else {
                "CREATE"
            };
            let query = given.trim().trim_end_matches(';');
            Cow::Owned(format!("{create} TABLE {table} AS\n{query}"))
        }
    }
}

/// The question before a file is replaced.
pub(super) fn question(arguments: &Map<String, Value>) -> Option<String> {
    let place = text(arguments, SAVE_TO)?;
    let replaces = arguments.get(OVERWRITE) == Some(&Value::Bool(true));
    let of_file = replaces && table(arguments).is_none();
    of_file.then(|| format!("Replace the file {}?", shape::one_line(place, SHOWN)))
}

/// Lets a call pass that saves nothing where the user has ruled it out.
pub(super) fn admit(
    rules: &Rules,
    tool: &ToolSpec,
    arguments: &Map<String, Value>,
) -> Result<(), Error> {
    let (kind, operation, wired) = if let Some(place) = volume(arguments) {
        let wired = Map::from_iter([("file_path".to_owned(), place.path.into())]);
        ("a file to a volume", "files.upload", wired)
    } else if let Some(table) = table(arguments) {
        let made = format!("CREATE TABLE {table} AS SELECT 1");
        let wired = Map::from_iter([("statement".to_owned(), made.into())]);
        ("a table", SQL, wired)
    } else {
        return Ok(());
    };
    if rules.read_only {
        return Err(Error::ReadOnly {
            what: "statement",
            reason: format!("`save_to` would write {kind}; a local file is let through"),
        });
    }
    let reason = rules.excluded.reason(api::find(operation)?, &wired);
    super::operations::not_excluded(tool.name, reason)
}

/// True if the result is saved to the workspace.
pub(super) fn writes(arguments: &Map<String, Value>) -> bool {
    volume(arguments).is_some() || table(arguments).is_some()
}

/// The file of a volume that a result is saved to.
fn volume(arguments: &Map<String, Value>) -> Option<Remote> {
    // Read as the call itself reads it, however the path is written.
    let place = Remote::parse(SAVE_TO, text(arguments, SAVE_TO)?).ok()?;
    (place.store == Store::Volume).then_some(place)
}

fn text<'a>(arguments: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    arguments.get(name).and_then(Value::as_str)
}

/// The names of `a.b.c`, some in backticks perhaps; none where it is no name but a path.
fn names(place: &str) -> Option<Vec<String>> {
    let is_path = place.contains(['/', '\\', '\0', '\n']) || place.starts_with('.');
    if is_path || has_extension(place) {
        return None;
    }
    let (mut names, mut rest) = (Vec::new(), place.trim());
    loop {
        let name;
        if let Some(quoted) = rest.strip_prefix('`') {
            let (end, _) = quoted.match_indices('`').next()?;
            (name, rest) = (quoted.get(..end)?, quoted.get(end + 1..)?);
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            (name, rest) = (rest.get(..end)?, rest.get(end..)?);
            if name.contains([' ', '`', '"', '\'', ';', ':']) {
                return None;
            }
        }
        if name.is_empty() {
            return None;
        }
        names.push(name.to_owned());
        match rest.strip_prefix('.') {
            Some(next) => rest = next,
            None if rest.is_empty() => return Some(names),
            None => return None,
        }
    }
}

/// True for the name of a file of a kind that is known, or was perhaps meant.
fn has_extension(place: &str) -> bool {
    const KINDS: [&str; 11] = [
        "csv", "tsv", "json", "jsonl", "ndjson", "arrow", "arrows", "parquet", "xlsx", "txt", "gz",
    ];
    let extension = place.rsplit('.').next().unwrap_or_default();
    KINDS
        .iter()
        .any(|kind| extension.eq_ignore_ascii_case(kind))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn sent(save_to: &str, overwrite: bool) -> String {
        let given =
            json!({ "statement": "SELECT 1;\n", "save_to": save_to, "overwrite": overwrite });
        statement(given.as_object().unwrap()).into_owned()
    }

    #[test]
    fn a_table_is_made_by_the_statement_and_its_names_bring_nothing_along() {
        assert_eq!(
            sent("main.default.t", false),
            "CREATE TABLE `main`.`default`.`t` AS\nSELECT 1"
        );
        assert_eq!(
            sent("main.`odd name`.`a.b`", true),
            "CREATE OR REPLACE TABLE `main`.`odd name`.`a.b` AS\nSELECT 1"
        );
        for file in [
            "out.csv",
            "a.b.csv",
            "/Volumes/a/b/c/d.jsonl",
            "folder/a.b.c",
            "a.b",
            "a.b.c.d",
            "a.b.c AS SELECT 2; DROP TABLE x --",
            "a.b.`c` AS SELECT 2",
            "a.b.`c``; DROP TABLE x`",
            "a..c",
            "a.b.",
            "",
        ] {
            assert_eq!(sent(file, true), "SELECT 1;\n", "{file}");
        }
    }

    #[test]
    fn a_file_is_replaced_only_after_a_question() {
        let asked = |overwrite: bool, save_to: &str| {
            let given =
                json!({ "statement": "SELECT 1", "save_to": save_to, "overwrite": overwrite });
            question(given.as_object().unwrap())
        };
        assert_eq!(asked(true, "a.csv").unwrap(), "Replace the file a.csv?");
        assert_eq!(asked(false, "a.csv"), None);
        assert_eq!(asked(true, "a.b.c"), None);
    }
}
