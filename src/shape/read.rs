//! Reads JSON and projects it in one pass: only what is shown is built.
//!
//! The result is that of [`project`] on the whole value. The members of an object that paths begin with are
//! read into slots, each without what no path leads to; from there on the same functions work as on a whole value.

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess};
use serde_json::{Map, Value};

use super::cases::{Cases, Read};
use super::keep::{Members, Name};
use super::path::{self, split};
use super::project;
use super::window::Window;
use crate::catalog::{Condition, Field, Kind};

/// The part of an object that an answer shows. As a seed for serde it reads `None` for a row that the filter drops.
#[derive(Debug)]
pub struct Projection<'a> {
    shown: Shown<'a>,
    filter: &'a [Condition],
    /// The members that the paths of filter and fields begin with.
    members: Members<'a>,
    conditions: Vec<Place<'a>>,
    fields: Vec<Place<'a>>,
    /// An object with every name that is shown, each null: copying it saves hashing the names for each row.
    empty: Map<String, Value>,
}

#[derive(Debug, Clone, Copy)]
enum Shown<'a> {
    Everything,
    Fields(&'a [Field]),
    Paths(&'a [&'a str]),
}

impl<'a> Shown<'a> {
    /// The names of the values that are shown, in order.
    fn names(self) -> impl Iterator<Item = &'a str> {
        let (fields, paths) = match self {
            Self::Everything => (&[][..], &[][..]),
            Self::Fields(fields) => (fields, &[][..]),
            Self::Paths(paths) => (&[][..], paths),
        };
        let fields = fields.iter().map(|field: &Field| field.name);
        fields.chain(paths.iter().copied())
    }
}

/// A path as a member and the path that is left in it.
#[derive(Debug)]
struct Place<'a> {
    member: usize,
    rest: Option<&'a str>,
    /// Nothing else reads the member after this.
    last: bool,
}

impl<'a> Projection<'a> {
    /// Shows these fields, as [`project::object`] does; everything where there are none.
    #[must_use]
    pub fn of(fields: &'a [Field]) -> Self {
        let paths = fields.iter().map(|field| (field.path, field.fields));
        match fields {
            [] => Self::new(Shown::Everything, []),
            fields => Self::new(Shown::Fields(fields), paths),
        }
    }

    /// Shows the values at these paths, as [`project::pick`] does.
    #[must_use]
    pub fn picking(paths: &'a [&'a str]) -> Self {
        let none: &[Field] = &[];
        let whole = paths.iter().map(|path| (*path, none));
        Self::new(Shown::Paths(paths), whole)
    }

    fn new(shown: Shown<'a>, paths: impl IntoIterator<Item = (&'a str, &'a [Field])>) -> Self {
        let mut members = Members::default();
        let mut fields: Vec<Place<'_>> = Vec::new();
        for (path, within) in paths {
            let member = members.add(path, within);
            for earlier in &mut fields {
                earlier.last &= earlier.member != member;
            }
            let (_, rest) = split(path);
            fields.push(Place {
                member,
                rest,
                last: true,
            });
        }
        Self {
            shown,
            filter: &[],
            members,
            conditions: Vec::new(),
            fields,
            empty: shown
                .names()
                .map(|name| (name.to_owned(), Value::Null))
                .collect(),
        }
    }

    /// The same for the rows that meet every condition.
    #[must_use]
    pub fn filtered(mut self, filter: &'a [Condition]) -> Self {
        self.filter = filter;
        self.conditions = filter
            .iter()
            .map(|condition| Place {
                member: self.members.add(condition.field, &[]),
                rest: split(condition.field).1,
                last: false,
            })
            .collect();
        self
    }

    /// Projects a value that is there already.
    #[must_use]
    pub fn project(&self, value: &Value) -> Option<Value> {
        match self.shown {
            Shown::Everything => project::row(value, self.filter, &[]),
            Shown::Fields(fields) => project::row(value, self.filter, fields),
            Shown::Paths(paths) => {
                project::stays(value, self.filter).then(|| project::pick(value, paths))
            }
        }
    }

    /// Returns a seed for one object, which no filter drops. With an `offset` it reads of the first field, where
    /// that is a text, only the part from this character on: a long text is then never held a second time.
    #[must_use]
    pub fn windowed(&self, offset: Option<usize>) -> Windowed<'_, 'a> {
        let window = match (offset, self.shown, self.fields.as_slice()) {
            (Some(offset), Shown::Fields([field, ..]), [place, others @ ..])
                if place.rest.is_none()
                    && field.fields.is_empty()
                    && matches!(field.kind, Kind::Any | Kind::String | Kind::Base64)
                    && others.iter().all(|other| other.member != place.member)
                    && self.filter.is_empty() =>
            {
                Some(TextWindow {
                    offset,
                    base64: field.kind == Kind::Base64,
                })
            }
            _ => None,
        };
        Windowed {
            projection: self,
            window,
        }
    }

    /// Projects an object by its members.
    fn assemble(&self, mut members: Vec<Option<Value>>, window: Option<&Window>) -> Option<Value> {
        let met = self.filter.iter().zip(&self.conditions);
        let mut met =
            met.map(|(condition, place)| project::is_met(condition, place.find(&members).as_ref()));
        if !met.all(|met| met) {
            return None;
        }
        let mut value = |nth: usize, place: &Place<'_>| match (self.shown, window) {
            (Shown::Fields(_), Some(window)) if nth == 0 => {
                (window.total > 0).then(|| Value::String(String::new()))
            }
            (Shown::Fields(fields), _) => {
                project::field(place.take(&mut members)?, fields.get(nth)?)
            }
            _ => place.take(&mut members),
        };
        let places = self.fields.iter().enumerate();
        let values = places.map(|(nth, place)| value(nth, place));
        Some(Value::Object(self.name(values)))
    }

    /// Puts values under the names that are shown; what is absent stays absent.
    fn name(&self, values: impl Iterator<Item = Option<Value>>) -> Map<String, Value> {
        if self.empty.len() < self.fields.len() {
            // Of two values under one name the last counts.
            let named = self.shown.names().zip(values);
            return named
                .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                .collect();
        }
        let mut shown = self.empty.clone();
        for (slot, value) in shown.values_mut().zip(values) {
            *slot = value.unwrap_or_default();
        }
        // No value that is shown is null.
        shown.retain(|_, value| !value.is_null());
        shown
    }
}

impl Place<'_> {
    /// The value at the path.
    fn find(&self, members: &[Option<Value>]) -> Option<Value> {
        let member = members.get(self.member)?.as_ref();
        let member = member.filter(|member| !member.is_null())?;
        match self.rest {
            Some(rest) => path::at(member, rest),
            None => Some(member.clone()),
        }
    }

    /// The same, moved out where nothing reads it afterwards.
    fn take(&self, members: &mut [Option<Value>]) -> Option<Value> {
        if self.last && self.rest.is_none() {
            let member = members.get_mut(self.member)?.take();
            return member.filter(|member| !member.is_null());
        }
        self.find(members)
    }
}

impl<'de> DeserializeSeed<'de> for &Projection<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if let Shown::Everything = self.shown {
            let whole = Value::deserialize(deserializer)?;
            return Ok(project::stays(&whole, self.filter).then_some(whole));
        }
        let reader = Windowed {
            projection: self,
            window: None,
        };
        Read(reader)
            .deserialize(deserializer)
            .map(|(shown, _)| shown)
    }
}

/// Reads one object; its first field through a window where that is possible.
#[derive(Debug)]
pub struct Windowed<'p, 'a> {
    projection: &'p Projection<'a>,
    window: Option<TextWindow>,
}

impl<'de> DeserializeSeed<'de> for Windowed<'_, '_> {
    /// The object, and the window that belongs in place of its first field, which is empty then.
    type Value = (Value, Option<Window>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let (shown, window) = match self.projection.shown {
            Shown::Everything => (self.projection.deserialize(deserializer)?, None),
            _ => Read(self).deserialize(deserializer)?,
        };
        Ok((shown.unwrap_or_default(), window))
    }
}

impl<'de> Cases<'de> for Windowed<'_, '_> {
    type Value = (Option<Value>, Option<Window>);

    fn scalar<E: Error>(self, value: Value) -> Result<Self::Value, E> {
        Ok((self.projection.project(&value), None))
    }

    fn list<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        let list = self.projection.members.list(list)?;
        Ok((self.projection.project(&list), None))
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let Projection {
            members, fields, ..
        } = self.projection;
        let mut found: Vec<Option<Value>> = vec![None; members.len()];
        let mut window = None;
        let windowed = fields.first().map(|first| first.member);
        while let Some(place) = object.next_key_seed(Name(members))? {
            let Some((place, keep)) = place.and_then(|place| Some((place, members.get(place)?)))
            else {
                object.next_value::<IgnoredAny>()?;
                continue;
            };
            // A name that comes twice counts as it comes last.
            let value = match self.window {
                Some(text) if windowed == Some(place) => {
                    match object.next_value_seed(Read(text))? {
                        Text::Part(part) => {
                            window = Some(part);
                            None
                        }
                        Text::Other(other) => {
                            window = None;
                            Some(other)
                        }
                    }
                }
                _ => Some(object.next_value_seed(keep)?),
            };
            if let Some(slot) = found.get_mut(place) {
                *slot = value;
            }
        }
        let shown = self.projection.assemble(found, window.as_ref());
        Ok((shown, window))
    }
}

/// Reads a text through a window, anything else as it is.
#[derive(Debug, Clone, Copy)]
struct TextWindow {
    offset: usize,
    base64: bool,
}

enum Text {
    Part(Window),
    Other(Value),
}

impl<'de> Cases<'de> for TextWindow {
    type Value = Text;

    fn text<E: Error>(self, text: &str) -> Result<Text, E> {
        if !self.base64 {
            return Ok(Text::Part(Window::of(text, self.offset)));
        }
        if let Some(window) = Window::of_base64(text, self.offset) {
            return Ok(Text::Part(window));
        }
        // Bytes that are no text are shown as they came, and said to be so.
        if project::is_base64_of_no_text(text) {
            return Ok(Text::Other(text.into()));
        }
        let decoded = project::decode(text);
        let shown = decoded.as_deref().unwrap_or(text);
        Ok(Text::Part(Window::of(shown, self.offset)))
    }

    fn scalar<E: Error>(self, value: Value) -> Result<Text, E> {
        Ok(Text::Other(value))
    }

    fn list<A: SeqAccess<'de>>(self, list: A) -> Result<Text, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(list)).map(Text::Other)
    }

    fn object<A: MapAccess<'de>>(self, object: A) -> Result<Text, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(object)).map(Text::Other)
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
