//! JSON and its dialects: members are put at the end of their object and taken out again, in the layout around them.

use jsonc_parser::ast::{Object, Value as Node};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::{Map, Value};

use super::layout::{indentation, is_first_on_line, line_end, spliced};
use super::{Format, Trouble};

/// Blanks for a level where the file shows none.
const UNIT: &str = "  ";

/// A file with one key.
pub(super) fn alone(key: &str, value: &Value) -> String {
    let mut text = format!("{{\n{UNIT}{}: ", Value::from(key));
    Layout {
        unit: UNIT,
        end: "\n",
    }
    .write(&mut text, value, UNIT);
    text.push_str("\n}\n");
    text
}

pub(super) fn value(text: &str, format: Format) -> Result<Value, Trouble> {
    let root = parse(text, format)?;
    Ok(root.map_or_else(|| Value::Object(Map::new()), |root| plain(&root)))
}

/// Writes an entry, or only its keys into the one that is there.
pub(super) fn put(
    text: &str,
    format: Format,
    [container, name]: [&str; 2],
    entry: &Map<String, Value>,
    is_there: bool,
) -> Result<String, Trouble> {
    if !is_there {
        return set(
            text,
            format,
            &[container, name],
            &Value::Object(entry.clone()),
        );
    }
    entry
        .iter()
        .try_fold(text.to_owned(), |text, (key, value)| {
            set(&text, format, &[container, name, key], value)
        })
}

/// Takes a member out of the container, and the container if it is empty then and is to go.
pub(super) fn take(
    text: &str,
    format: Format,
    container: &str,
    name: &str,
    empty_too: bool,
) -> Result<String, Trouble> {
    let without = remove(text, format, &[container, name])?;
    let left = value(&without, format)?;
    let is_empty = left
        .get(container)
        .and_then(Value::as_object)
        .is_some_and(Map::is_empty);
    if is_empty && empty_too {
        return remove(&without, format, &[container]);
    }
    Ok(without)
}

fn parse(text: &str, format: Format) -> Result<Option<Node<'_>>, Trouble> {
    let options = ParseOptions {
        allow_comments: format != Format::Json,
        allow_trailing_commas: format == Format::Jsonc,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    match parse_to_ast(text, &CollectOptions::default(), &options) {
        Ok(result) => Ok(result.value),
        Err(error) => {
            let reason = error.kind().to_string();
            let mut letters = reason.chars();
            let first = letters.next().map(|letter| letter.to_ascii_lowercase());
            let reason: String = first.into_iter().chain(letters).collect();
            Err(Trouble::at(text, error.range().start, reason))
        }
    }
}

fn plain(node: &Node<'_>) -> Value {
    match node {
        Node::StringLit(text) => Value::from(text.value.as_ref()),
        // A number that does not fit stays as it is written.
        Node::NumberLit(number) => {
            serde_json::from_str(number.value).unwrap_or_else(|_| Value::from(number.value))
        }
        Node::BooleanLit(on) => Value::from(on.value),
        Node::NullKeyword(_) => Value::Null,
        Node::Array(array) => array.elements.iter().map(plain).collect(),
        Node::Object(object) => {
            let members = object.properties.iter();
            let members =
                members.map(|member| (member.name.as_str().to_owned(), plain(&member.value)));
            Value::Object(members.collect())
        }
    }
}

/// Gives the value at a path; what is missing on the way is written.
fn set(text: &str, format: Format, path: &[&str], new: &Value) -> Result<String, Trouble> {
    let Some(root) = parse(text, format)? else {
        let Some((key, rest)) = path.split_first() else {
            return Ok(text.to_owned());
        };
        let gap = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let gap = if text.trim().is_empty() { "" } else { gap };
        let before = if text.trim().is_empty() { "" } else { text };
        return Ok(format!("{before}{gap}{}", alone(key, &nested(rest, new))));
    };
    let layout = Layout::of(text, &root);
    let mut node = &root;
    for (index, key) in path.iter().enumerate() {
        let object = object(text, node)?;
        let rest = path.get(index + 1..).unwrap_or_default();
        // Of a key that is there twice, the last one counts.
        let Some(member) = object
            .properties
            .iter()
            .rfind(|member| member.name.as_str() == *key)
        else {
            return Ok(layout.insert(text, object, key, &nested(rest, new)));
        };
        if rest.is_empty() {
            if plain(&member.value) == *new {
                return Ok(text.to_owned());
            }
            let range = member.value.range();
            let mut written = String::new();
            layout.write(&mut written, new, indentation(text, member.range.start));
            return Ok(spliced(text, vec![(range.start..range.end, written)]));
        }
        node = &member.value;
    }
    Ok(text.to_owned())
}

fn nested(path: &[&str], value: &Value) -> Value {
    path.iter().rev().fold(value.clone(), |value, key| {
        let mut map = Map::new();
        map.insert((*key).to_owned(), value);
        Value::Object(map)
    })
}

fn object<'a, 'b>(text: &str, node: &'b Node<'a>) -> Result<&'b Object<'a>, Trouble> {
    node.as_object()
        .ok_or_else(|| Trouble::at(text, node.range().start, "an object `{…}` is due here"))
}

fn remove(text: &str, format: Format, path: &[&str]) -> Result<String, Trouble> {
    let (Some(root), Some((last, way))) = (parse(text, format)?, path.split_last()) else {
        return Ok(text.to_owned());
    };
    let mut node = &root;
    for key in way {
        let found = object(text, node)?.properties.iter();
        match found.rev().find(|member| member.name.as_str() == *key) {
            Some(member) => node = &member.value,
            None => return Ok(text.to_owned()),
        }
    }
    let object = object(text, node)?;
    let Some(index) = object
        .properties
        .iter()
        .rposition(|member| member.name.as_str() == *last)
    else {
        return Ok(text.to_owned());
    };
    let Some(member) = object.properties.get(index) else {
        return Ok(text.to_owned());
    };
    let before = text.get(..member.range.start).unwrap_or_default();
    let start = before.trim_end().len();
    let own_comma = comma_after(text, member.range.end);
    let end = own_comma.map_or(member.range.end, |at| at + 1);
    let mut parts = vec![(start..end, String::new())];
    let previous = index
        .checked_sub(1)
        .and_then(|index| object.properties.get(index));
    if own_comma.is_none()
        && let Some(comma) = previous.and_then(|previous| comma_after(text, previous.range.end))
    {
        parts.push((comma..comma + 1, String::new()));
    }
    if object.properties.len() == 1 {
        let inner = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
        let (from, to) = (object.range.start + 1, object.range.end.saturating_sub(1));
        if inner(from..start).trim().is_empty() && inner(end..to).trim().is_empty() {
            parts = vec![(from..to, String::new())];
        }
    }
    Ok(spliced(text, parts))
}

/// The offset behind blanks and comments.
fn behind_blanks(text: &str, mut at: usize) -> usize {
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let comment = if trimmed.starts_with("//") {
            trimmed.find('\n').unwrap_or(trimmed.len())
        } else if trimmed.starts_with("/*") {
            trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
        } else {
            return at;
        };
        at += comment;
    }
}

fn comma_after(text: &str, at: usize) -> Option<usize> {
    let at = behind_blanks(text, at);
    text.get(at..)?.starts_with(',').then_some(at)
}

/// The offset behind the comments that follow on the same line.
fn behind_comments_of_line(text: &str, at: usize) -> usize {
    let line = text.get(at..).unwrap_or_default();
    let line = line
        .split('\n')
        .next()
        .unwrap_or_default()
        .trim_end_matches('\r');
    let mut end = 0;
    loop {
        let rest = line.get(end..).unwrap_or_default();
        let trimmed = rest.trim_start();
        let blanks = rest.len() - trimmed.len();
        if trimmed.starts_with("//") {
            return at + line.trim_end().len();
        }
        match trimmed
            .strip_prefix("/*")
            .and_then(|inner| inner.find("*/"))
        {
            Some(length) => end += blanks + length + 4,
            None => return at + end,
        }
    }
}

/// The way in which a text is laid out.
struct Layout<'a> {
    unit: &'a str,
    end: &'static str,
}

impl<'a> Layout<'a> {
    fn of(text: &'a str, root: &Node<'_>) -> Self {
        let first = root.as_object().and_then(|root| root.properties.first());
        let unit = first
            .filter(|first| is_first_on_line(text, first.range.start))
            .map(|first| indentation(text, first.range.start))
            .filter(|blanks| !blanks.is_empty());
        Self {
            unit: unit.unwrap_or(UNIT),
            end: line_end(text),
        }
    }

    /// Writes a value; objects over several lines, lists on one.
    fn write(&self, out: &mut String, value: &Value, indent: &str) {
        let Some(members) = value.as_object().filter(|members| !members.is_empty()) else {
            return compact(out, value);
        };
        let inner = format!("{indent}{}", self.unit);
        out.push('{');
        for (index, (key, value)) in members.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            out.push_str(&format!(
                "{comma}{}{inner}{}: ",
                self.end,
                Value::from(key.as_str())
            ));
            self.write(out, value, &inner);
        }
        out.push_str(&format!("{}{indent}}}", self.end));
    }

    /// The text with a further member at the end of an object.
    fn insert(&self, text: &str, object: &Object<'_>, key: &str, value: &Value) -> String {
        let key = Value::from(key);
        let (from, to) = (object.range.start + 1, object.range.end.saturating_sub(1));
        let base = indentation(text, object.range.start);
        let Some(last) = object.properties.last() else {
            let child = format!("{base}{}", self.unit);
            let mut written = format!("{}{child}{key}: ", self.end);
            self.write(&mut written, value, &child);
            let inner = text.get(from..to).unwrap_or_default();
            let kept = inner.trim_end().len();
            let tail = inner.get(kept..).unwrap_or_default();
            if !tail.contains('\n') {
                written.push_str(&format!("{}{base}", self.end));
                return spliced(text, vec![(from + kept..to, written)]);
            }
            return spliced(text, vec![(from + kept..from + kept, written)]);
        };
        let own_comma = comma_after(text, last.range.end);
        let closes = if own_comma.is_some() { "," } else { "" };
        let after = own_comma.map_or(last.range.end, |at| at + 1);
        let mut parts = Vec::new();
        if own_comma.is_none() {
            parts.push((last.range.end..last.range.end, ",".to_owned()));
        }
        if !text.get(from..to).unwrap_or_default().contains('\n') {
            let mut written = format!(" {key}: ");
            compact(&mut written, value);
            parts.push((after..after, format!("{written}{closes}")));
            return spliced(text, parts);
        }
        let mut members = object.properties.iter().rev();
        let on_line = members.find(|member| is_first_on_line(text, member.range.start));
        let child = match on_line {
            Some(member) => indentation(text, member.range.start).to_owned(),
            None => format!("{base}{}", self.unit),
        };
        let mut written = format!("{}{child}{key}: ", self.end);
        self.write(&mut written, value, &child);
        let at = behind_comments_of_line(text, after);
        parts.push((at..at, format!("{written}{closes}")));
        spliced(text, parts)
    }
}

/// Writes a value on one line.
fn compact(out: &mut String, value: &Value) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                compact(out, item);
            }
            out.push(']');
        }
        Value::Object(members) if !members.is_empty() => {
            out.push_str("{ ");
            for (index, (key, value)) in members.iter().enumerate() {
                let comma = if index == 0 { "" } else { ", " };
                out.push_str(&format!("{comma}{}: ", Value::from(key.as_str())));
                compact(out, value);
            }
            out.push_str(" }");
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}
