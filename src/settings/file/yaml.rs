//! YAML as a tree in which every node knows its line and column.
//!
//! Scalars stay text: the table of settings says what they mean, so that `NO` and `1.10` are not guessed at.

use granit_parser::{Event, Marker, Options, Parser, ScalarStyle};

use super::Fault;

/// Levels of nesting; settings need three.
const DEPTH: usize = 8;

/// A node with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Tree,
}

/// A line and a column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// The value of a node.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    /// Nothing is written, or `null`, `~`.
    Nothing,
    /// A scalar as it was written, without its quotes.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file, each key with its place.
    Map(Vec<(String, Place, Node)>),
}

impl Tree {
    /// The type in the words of YAML's users.
    pub(super) fn is(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Text(_) => "a single value",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// Parses a text of one document. An empty one is [`Tree::Nothing`].
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let mut options = Options::default();
    options.emit_comments = false;
    let mut events = Events {
        parser: Parser::new_from_str_with_options(text, options),
    };
    loop {
        match events.next()? {
            (Event::StreamStart | Event::DocumentStart(..), _) => {}
            (Event::StreamEnd | Event::DocumentEnd, place) => {
                return Ok(Node {
                    place,
                    value: Tree::Nothing,
                });
            }
            (event, place) => return only(event, place, &mut events),
        }
    }
}

/// The one document of a file.
fn only(event: Event<'_>, place: Place, events: &mut Events<'_>) -> Result<Node, Fault> {
    let node = node(event, place, events, 0)?;
    loop {
        match events.next()? {
            (Event::StreamEnd, _) => return Ok(node),
            (Event::DocumentStart(..), place) => {
                return Err(Fault::at(place, "a second document begins".to_owned()));
            }
            _ => {}
        }
    }
}

struct Events<'a> {
    parser: Parser<'a, granit_parser::StrInput<'a>>,
}

impl<'a> Events<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Place), Fault> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, place(span.start))),
            Some(Err(error)) => Err(Fault::at(place(*error.marker()), error.info())),
            None => Ok((Event::StreamEnd, Place { line: 1, column: 1 })),
        }
    }
}

fn place(marker: Marker) -> Place {
    Place {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

fn node(
    event: Event<'_>,
    place: Place,
    events: &mut Events<'_>,
    depth: usize,
) -> Result<Node, Fault> {
    if depth > DEPTH {
        return Err(Fault::at(place, "this is nested too deep".to_owned()));
    }
    let value = match event {
        Event::Scalar(text, style, ..) => {
            let is_nothing = style == ScalarStyle::Plain
                && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
            if is_nothing {
                Tree::Nothing
            } else {
                Tree::Text(text.into_owned())
            }
        }
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match events.next()? {
                    (Event::SequenceEnd, _) => break Tree::List(items),
                    (event, place) => items.push(node(event, place, events, depth + 1)?),
                }
            }
        }
        Event::MappingStart(..) => Tree::Map(members(events, depth)?),
        Event::Alias(_) | Event::UnresolvedAlias(_) => {
            let reason = "aliases such as `*name` are not taken; write the value again";
            return Err(Fault::at(place, reason.to_owned()));
        }
        _ => return Err(Fault::at(place, "a value is due here".to_owned())),
    };
    Ok(Node { place, value })
}

fn members(events: &mut Events<'_>, depth: usize) -> Result<Vec<(String, Place, Node)>, Fault> {
    let mut members: Vec<(String, Place, Node)> = Vec::new();
    loop {
        let (key, place) = match events.next()? {
            (Event::MappingEnd, _) => return Ok(members),
            (Event::Scalar(key, ..), place) => (key.into_owned(), place),
            (_, place) => return Err(Fault::at(place, "a key is due here".to_owned())),
        };
        if members.iter().any(|(known, ..)| *known == key) {
            return Err(Fault::at(place, format!("`{key}` is given twice")));
        }
        let (event, at) = events.next()?;
        let value = node(event, at, events, depth + 1)?;
        members.push((key, place, value));
    }
}
