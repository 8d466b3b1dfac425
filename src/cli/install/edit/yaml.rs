//! YAML: an entry is lines below the key of its map. Text that is written otherwise is not changed.

use granit_parser::{Event, Marker, Options, Parser, ScalarStyle, StructureStyle};
use serde_json::{Map, Value};

use super::Trouble;
use super::layout::{line_end, lines, spliced};
use super::toml::spaced;

/// Levels of nesting that are read.
const DEPTH: usize = 64;

/// A node with its place.
struct Node {
    tree: Tree,
    is_flow: bool,
}

enum Tree {
    Leaf(Value),
    List(Vec<Node>),
    /// Members in their order.
    Map(Vec<Member>),
}

/// A key with its line and column, both from 0, and its value.
type Member = (String, (usize, usize), Node);

pub(super) fn value(text: &str) -> Result<Value, Trouble> {
    Ok(plain(&parse(text)?))
}

/// The lines of an entry.
fn block(name: &str, entry: &Map<String, Value>, indent: usize, step: usize, end: &str) -> String {
    let mut text = format!("{:indent$}{name}:{end}", "");
    let inner = indent + step;
    for (key, value) in entry {
        // A string in JSON is one in YAML as well, and so are lists.
        text.push_str(&format!("{:inner$}{key}: {}{end}", "", spaced(value)));
    }
    text
}

pub(super) fn alone(container: &str, name: &str, entry: &Map<String, Value>) -> String {
    format!("{container}:\n{}", block(name, entry, 2, 2, "\n"))
}

pub(super) fn put(
    text: &str,
    container: &str,
    name: &str,
    entry: &Map<String, Value>,
    old: Option<&Map<String, Value>>,
) -> Result<String, Trouble> {
    if let Some(old) = old
        && let Some(key) = old.keys().find(|key| !entry.contains_key(*key))
    {
        return Err(Trouble::Unsafe(format!(
            "its entry has a key of its own: `{key}`"
        )));
    }
    let text = &take(text, container, name, false)?;
    let end = line_end(text);
    let root = parse(text)?;
    let found = member(&root, container);
    let Some(((line, _), node)) = found else {
        let mut new = text.clone();
        if !text.is_empty() && !text.ends_with('\n') {
            new.push_str(end);
        }
        new.push_str(&format!(
            "{container}:{end}{}",
            block(name, entry, 2, 2, end)
        ));
        return Ok(new);
    };
    let Some((offset, key_line)) = lines(text).nth(line) else {
        return Err(Trouble::Unsafe(
            "the line of its key is not found".to_owned(),
        ));
    };
    let after = offset + key_line.len();
    let mut parts = Vec::new();
    let indent = match &node.tree {
        Tree::Map(members) if node.is_flow && members.is_empty() => {
            let Some(braces) = key_line.find("{}") else {
                return Err(Trouble::Unsafe(format!(
                    "`{container}` is not written as a block"
                )));
            };
            let blanks = key_line.get(..braces).unwrap_or_default().trim_end().len();
            parts.push((offset + blanks..offset + braces + 2, String::new()));
            2
        }
        Tree::Map(members) if !node.is_flow => {
            members.first().map_or(2, |(_, (_, column), _)| *column)
        }
        Tree::Leaf(Value::Null) => 2,
        _ => {
            return Err(Trouble::Unsafe(format!(
                "`{container}` is not written as a block"
            )));
        }
    };
    let gap = if key_line.ends_with('\n') { "" } else { end };
    let step = indent.max(2);
    parts.push((
        after..after,
        format!("{gap}{}", block(name, entry, indent, step, end)),
    ));
    Ok(spliced(text, parts))
}

/// The text without the lines of the entry, and without those of the map if it is empty then and is to go.
pub(super) fn take(
    text: &str,
    container: &str,
    name: &str,
    empty_too: bool,
) -> Result<String, Trouble> {
    let root = parse(text)?;
    let Some((place, servers)) = member(&root, container) else {
        return Ok(text.to_owned());
    };
    let Some((own, _)) = member(servers, name) else {
        return Ok(text.to_owned());
    };
    if servers.is_flow {
        return Err(Trouble::Unsafe(format!(
            "`{container}` is not written as a block"
        )));
    }
    let only = matches!(&servers.tree, Tree::Map(members) if members.len() == 1);
    let (line, column) = if only && empty_too { place } else { own };
    let mut all = lines(text).skip(line);
    let Some((start, first)) = all.next() else {
        return Ok(text.to_owned());
    };
    let mut end = start + first.len();
    for (offset, line) in all {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            continue;
        }
        if line.len() - line.trim_start_matches(' ').len() <= column {
            break;
        }
        end = offset + line.len();
    }
    Ok(spliced(text, vec![(start..end, String::new())]))
}

fn member<'a>(node: &'a Node, name: &str) -> Option<((usize, usize), &'a Node)> {
    let Tree::Map(members) = &node.tree else {
        return None;
    };
    let found = members.iter().find(|(key, ..)| key == name)?;
    Some((found.1, &found.2))
}

fn plain(node: &Node) -> Value {
    match &node.tree {
        Tree::Leaf(value) => value.clone(),
        Tree::List(items) => items.iter().map(plain).collect(),
        Tree::Map(members) => {
            let members = members
                .iter()
                .map(|(key, _, node)| (key.clone(), plain(node)));
            Value::Object(members.collect())
        }
    }
}

/// Parses a text of one document; an empty one is an empty map.
fn parse(text: &str) -> Result<Node, Trouble> {
    let mut options = Options::default();
    options.emit_comments = false;
    let mut events = Events {
        parser: Parser::new_from_str_with_options(text, options),
    };
    let mut found = None;
    loop {
        match events.next()? {
            (Event::StreamEnd, _) => break,
            (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
            (_, at) if found.is_some() => return Err(broken(at, "a second document begins")),
            (event, at) => found = Some(node(event, at, &mut events, 0)?),
        }
    }
    Ok(match found {
        Some(node) if !matches!(node.tree, Tree::Leaf(Value::Null)) => node,
        _ => Node {
            tree: Tree::Map(Vec::new()),
            is_flow: false,
        },
    })
}

struct Events<'a> {
    parser: Parser<'a, granit_parser::StrInput<'a>>,
}

impl<'a> Events<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Marker), Trouble> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, span.start)),
            Some(Err(error)) => Err(broken(*error.marker(), error.info())),
            None => Ok((Event::StreamEnd, Marker::new(0, 1, 0))),
        }
    }
}

fn broken(at: Marker, reason: impl Into<String>) -> Trouble {
    Trouble::Broken {
        line: at.line(),
        column: at.col() + 1,
        reason: reason.into(),
    }
}

fn node(
    event: Event<'_>,
    at: Marker,
    events: &mut Events<'_>,
    depth: usize,
) -> Result<Node, Trouble> {
    if depth > DEPTH {
        return Err(broken(at, "this is nested too deep"));
    }
    let mut is_flow = false;
    let tree = match event {
        Event::Scalar(text, style, ..) => Tree::Leaf(scalar(&text, style)),
        // Compared with itself only.
        Event::Alias(id) => Tree::Leaf(Value::from(format!("*{id}"))),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match events.next()? {
                    (Event::SequenceEnd, _) => break Tree::List(items),
                    (event, at) => items.push(node(event, at, events, depth + 1)?),
                }
            }
        }
        Event::MappingStart(style, ..) => {
            is_flow = style == StructureStyle::Flow;
            Tree::Map(members(events, depth)?)
        }
        _ => return Err(broken(at, "a value is due here")),
    };
    Ok(Node { tree, is_flow })
}

fn members(events: &mut Events<'_>, depth: usize) -> Result<Vec<Member>, Trouble> {
    let mut members: Vec<Member> = Vec::new();
    loop {
        let (key, at) = match events.next()? {
            (Event::MappingEnd, _) => return Ok(members),
            (Event::Scalar(key, ..), at) => (key.into_owned(), at),
            (_, at) => return Err(broken(at, "a key is due here")),
        };
        if members.iter().any(|(known, ..)| *known == key) {
            return Err(broken(at, format!("`{key}` is given twice")));
        }
        let (event, value_at) = events.next()?;
        let value = node(event, value_at, events, depth + 1)?;
        members.push((key, (at.line().saturating_sub(1), at.col()), value));
    }
}

/// A scalar as YAML's core schema reads it, as far as it matters for what is compared.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::from(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" => Value::from(true),
        "false" => Value::from(false),
        number if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            serde_json::from_str(number).unwrap_or_else(|_| Value::from(number))
        }
        text => Value::from(text),
    }
}
