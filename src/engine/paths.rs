//! Names and paths as people write them for SQL or for another store: mended, or refused with the tool that takes them.

use serde_json::{Map, Value};

use crate::catalog::RequestPlan;
use crate::error::Error;
use crate::hints;

/// Parameters that hold the path of a file.
const FILES: &[&str] = &[
    "path",
    "file_path",
    "directory_path",
    "source_path",
    "destination_path",
];

/// The arguments with every name and path as the service takes it. This comes before the question, which shows what is
/// sent, and before the look at what is there.
///
/// # Errors
/// Fails if a path belongs to another store than the operation serves.
pub(crate) fn with_plain_names(
    plan: &RequestPlan,
    mut arguments: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    for argument in plan.arguments {
        if let Some(value) = arguments.get_mut(argument.name) {
            *value = mended(plan, argument.wire, value.take())?;
        }
    }
    Ok(arguments)
}

/// The value as the service takes it: without the backticks that SQL puts around the parts of a name.
///
/// # Errors
/// Fails if the path belongs to another store than the operation serves.
fn mended(plan: &RequestPlan, wire: &str, value: Value) -> Result<Value, Error> {
    let Value::String(text) = value else {
        return Ok(value);
    };
    if FILES.contains(&wire)
        && let Some(error) = hints::wrong_store(plan.operation, plan.path, &text)
    {
        return Err(error);
    }
    // SQL and Spark write volumes so, too.
    if plan.path.starts_with("/api/2.0/fs/")
        && let Some(path) = text
            .strip_prefix("dbfs:")
            .filter(|path| path.starts_with("/Volumes/"))
    {
        return Ok(Value::String(in_volume(path)));
    }
    if plan.path.starts_with("/api/2.0/fs/") && text.starts_with("/Volumes/") {
        return Ok(Value::String(in_volume(&text)));
    }
    // A comment is the caller's own text.
    let catalog = plan.path.contains("/unity-catalog/") || plan.path.contains("/lineage-tracking/");
    let index = plan.path.contains("/vector-search/") && plan.path.contains(&format!("{{{wire}}}"));
    let is_named = wire != "comment" && (catalog || index);
    let plain = (is_named && text.contains('`'))
        .then(|| unquoted(&text))
        .flatten();
    Ok(Value::String(plain.unwrap_or(text)))
}

/// A path of volumes without backticks around the catalog, the schema and the volume.
fn in_volume(path: &str) -> String {
    if !path.contains('`') {
        return path.to_owned();
    }
    let parts = path.split('/').enumerate().map(|(place, part)| {
        let plain = (2..5).contains(&place) && part.starts_with('`');
        plain
            .then(|| unquoted(part))
            .flatten()
            .unwrap_or_else(|| part.to_owned())
    });
    parts.collect::<Vec<String>>().join("/")
}

/// A dotted name without the backticks around its parts; `None` where it is no such name. A doubled backtick is one.
fn unquoted(name: &str) -> Option<String> {
    let mut plain = String::new();
    let mut rest = name.trim();
    loop {
        match rest.strip_prefix('`') {
            Some(quoted) => rest = take_quoted(quoted, &mut plain)?,
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                let (part, after) = rest.split_at(end);
                if part.is_empty() || part.contains('`') {
                    return None;
                }
                plain.push_str(part);
                rest = after;
            }
        }
        if rest.is_empty() {
            return Some(plain);
        }
        rest = rest.strip_prefix('.')?;
        plain.push('.');
    }
}

/// Adds the text up to the closing backtick, and returns what follows that.
fn take_quoted<'a>(mut rest: &'a str, plain: &mut String) -> Option<&'a str> {
    loop {
        let (part, after) = rest.split_once('`')?;
        plain.push_str(part);
        match after.strip_prefix('`') {
            Some(more) => {
                plain.push('`');
                rest = more;
            }
            None => return Some(after),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{in_volume, unquoted};

    #[test]
    fn the_parts_of_a_volume_lose_their_backticks_and_its_files_keep_them() {
        for (path, plain) in [
            (
                "/Volumes/`my-cat`/`s`/v/`a`.csv",
                "/Volumes/my-cat/s/v/`a`.csv",
            ),
            ("/Volumes/c/s/v/a.csv", "/Volumes/c/s/v/a.csv"),
            ("/Volumes/`c/s/v", "/Volumes/`c/s/v"),
        ] {
            assert_eq!(in_volume(path), plain);
        }
    }

    #[test]
    fn backticks_around_parts_are_taken_off() {
        for (name, plain) in [
            ("`my-cat`.s.`t`", Some("my-cat.s.t")),
            ("`a.b`.c", Some("a.b.c")),
            ("`a``b`", Some("a`b")),
            ("a.b.c", Some("a.b.c")),
            ("`a", None),
            ("a`b", None),
            ("`a`b", None),
            ("`a`.", None),
        ] {
            assert_eq!(unquoted(name).as_deref(), plain, "{name}");
        }
    }
}
