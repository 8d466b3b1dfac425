//! TOML: an entry is a table with its own header at the end of the file.

use serde_json::{Map, Value};
use toml::de::DeTable;

use super::Trouble;
use super::layout::{line_end, line_start, lines, spliced};

pub(super) fn value(text: &str) -> Result<Value, Trouble> {
    let table: toml::Table = toml::from_str(text).map_err(|error| broken(text, &error))?;
    serde_json::to_value(table).map_err(|error| Trouble::Unsafe(error.to_string()))
}

fn broken(text: &str, error: &toml::de::Error) -> Trouble {
    let at = error.span().map_or(0, |span| span.start);
    Trouble::at(text, at, error.message().trim().replace('\n', ", "))
}

/// The table of an entry. Strings and lists of them are written alike in TOML and JSON.
pub(super) fn block(container: &str, name: &str, entry: &Map<String, Value>, end: &str) -> String {
    let mut text = format!("[{container}.{name}]{end}");
    for (key, value) in entry {
        text.push_str(&format!("{key} = {}{end}", spaced(value)));
    }
    text
}

/// A list with a blank behind each comma.
pub(super) fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(spaced).collect();
            format!("[{}]", items.join(", "))
        }
        value => value.to_string(),
    }
}

pub(super) fn put(
    text: &str,
    container: &str,
    name: &str,
    entry: &Map<String, Value>,
    old: Option<&Map<String, Value>>,
) -> Result<String, Trouble> {
    if let Some(old) = old {
        return update(text, container, name, entry, old);
    }
    let text = take(text, container, name)?;
    let end = line_end(&text);
    let mut new = text.clone();
    if !text.is_empty() {
        new.push_str(if text.ends_with('\n') { "" } else { end });
        new.push_str(end);
    }
    new.push_str(&block(container, name, entry, end));
    Ok(new)
}

/// Gives keys of the entry new values in their places.
fn update(
    text: &str,
    container: &str,
    name: &str,
    entry: &Map<String, Value>,
    old: &Map<String, Value>,
) -> Result<String, Trouble> {
    let root = DeTable::parse(text).map_err(|error| broken(text, &error))?;
    let table = root.get_ref().get(container);
    let table = table.and_then(|servers| servers.get_ref().get(name));
    let mut parts = Vec::new();
    for (key, value) in entry
        .iter()
        .filter(|(key, value)| old.get(*key) != Some(value))
    {
        let place = table.and_then(|table| table.get_ref().get(key.as_str()));
        let Some(place) = place else {
            return Err(Trouble::Unsafe(format!("`{key}` is missing in its entry")));
        };
        parts.push((place.span(), spaced(value)));
    }
    Ok(spliced(text, parts))
}

/// The text without the table and those below it, nor the blank line before it.
pub(super) fn take(text: &str, container: &str, name: &str) -> Result<String, Trouble> {
    let root = DeTable::parse(text).map_err(|error| broken(text, &error))?;
    let servers = root.get_ref().get(container);
    let servers = servers.and_then(|servers| servers.get_ref().as_table());
    let key = servers.and_then(|servers| servers.keys().find(|key| key.get_ref() == name));
    let Some(key) = key else {
        return Ok(text.to_owned());
    };
    let start = line_start(text, key.span().start);
    let header = |line: &str| line.trim_start().starts_with('[');
    let below = [
        format!("[{container}.{name}."),
        format!("[[{container}.{name}."),
    ];
    let mut end = start;
    for (offset, line) in lines(text).skip_while(|(offset, _)| *offset < start) {
        let trimmed = line.trim();
        let is_own = offset == start || below.iter().any(|prefix| trimmed.starts_with(prefix));
        if header(line) && !is_own {
            break;
        }
        // A comment may belong to the table that comes next.
        if !trimmed.is_empty() && !trimmed.starts_with('#') {
            end = offset + line.len();
        }
    }
    let before = text.get(..start).unwrap_or_default();
    let gap = lines(before)
        .last()
        .filter(|(_, line)| line.trim().is_empty());
    let start = gap.map_or(start, |(offset, _)| offset);
    if start == 0 {
        // At the top, the blank line after it goes.
        let rest = text.get(end..).unwrap_or_default();
        if let Some((_, line)) = lines(rest)
            .next()
            .filter(|(_, line)| line.trim().is_empty())
        {
            end += line.len();
        }
    }
    Ok(spliced(text, vec![(start..end, String::new())]))
}
