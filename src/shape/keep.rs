//! The parts of a value that paths lead to: what lies beside them is skipped while the JSON is read.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::cases::{Cases, Read};
use super::path::split;
use crate::catalog::Field;

/// The part of a value that is kept. Lists are kept member by member, scalars as they are.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Keep<'a> {
    /// Everything.
    All,
    /// Of an object, these members.
    Only(Members<'a>),
}

/// Members of an object by name, each with what is kept of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Members<'a> {
    all: Vec<(&'a str, Keep<'a>)>,
    /// A bit for the length of each name: most names that are not kept differ from all in it already.
    lengths: u64,
}

impl<'a> Members<'a> {
    /// Keeps what a dotted path leads to as well: all of it, or `fields` of it where there are some. Returns
    /// the place of the path's first member.
    pub(super) fn add(&mut self, path: &'a str, fields: &'a [Field]) -> usize {
        let (name, rest) = split(path);
        let place = self.position(name).unwrap_or_else(|| {
            self.all.push((name, Keep::Only(Members::default())));
            self.lengths |= length_bit(name);
            self.all.len() - 1
        });
        if let Some((_, keep)) = self.all.get_mut(place) {
            keep.add(rest, fields);
        }
        place
    }

    fn position(&self, name: &str) -> Option<usize> {
        if self.lengths & length_bit(name) == 0 {
            return None;
        }
        self.all.iter().position(|(known, _)| *known == name)
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn get(&self, place: usize) -> Option<&Keep<'a>> {
        self.all.get(place).map(|(_, keep)| keep)
    }
}

fn length_bit(name: &str) -> u64 {
    1 << (name.len() % 64)
}

impl<'a> Keep<'a> {
    fn add(&mut self, rest: Option<&'a str>, fields: &'a [Field]) {
        let Self::Only(members) = self else {
            return;
        };
        match rest {
            Some(path) => {
                members.add(path, fields);
            }
            None if fields.is_empty() => *self = Self::All,
            None => {
                for field in fields {
                    members.add(field.path, field.fields);
                }
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for &Keep<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self {
            Keep::All => Value::deserialize(deserializer),
            Keep::Only(members) => Read(members).deserialize(deserializer),
        }
    }
}

impl<'de> Cases<'de> for &Members<'_> {
    type Value = Value;

    fn scalar<E: Error>(self, value: Value) -> Result<Value, E> {
        Ok(value)
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        while let Some(item) = list.next_element_seed(Read(self))? {
            kept.push(item);
        }
        Ok(Value::Array(kept))
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(place) = object.next_key_seed(Name(self))? {
            match place.and_then(|place| self.all.get(place)) {
                Some((name, keep)) => {
                    kept.insert((*name).to_owned(), object.next_value_seed(keep)?);
                }
                None => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Value::Object(kept))
    }
}

/// Reads the name of a member as its place among those that are kept.
pub(super) struct Name<'m, 'a>(pub(super) &'m Members<'a>);

impl<'de> DeserializeSeed<'de> for Name<'_, '_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name<'_, '_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.position(name))
    }
}
