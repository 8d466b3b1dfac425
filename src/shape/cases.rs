//! The four cases of JSON, for readers that serde drives: a scalar, a text, a list, an object.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A reader of any JSON, by its cases.
pub trait Cases<'de>: Sized {
    /// The outcome.
    type Value;

    /// Reads null, a boolean, a number, or a text that is no case of its own.
    ///
    /// # Errors
    /// None of its own.
    fn scalar<E: Error>(self, value: Value) -> Result<Self::Value, E>;

    /// Reads a text.
    ///
    /// # Errors
    /// None of its own.
    fn text<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        self.scalar(text.into())
    }

    /// Reads a list.
    ///
    /// # Errors
    /// Fails with the first fault in the list.
    fn list<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error>;

    /// Reads an object.
    ///
    /// # Errors
    /// Fails with the first fault in the object.
    fn object<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error>;
}

/// A reader as serde takes it.
#[derive(Debug, Clone, Copy)]
pub struct Read<C>(pub C);

impl<'de, C: Cases<'de>> DeserializeSeed<'de> for Read<C> {
    type Value = C::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<C::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, C: Cases<'de>> Visitor<'de> for Read<C> {
    type Value = C::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<C::Value, E> {
        self.0.scalar(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<C::Value, E> {
        self.0.scalar(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<C::Value, E> {
        self.0.scalar(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<C::Value, E> {
        self.0.scalar(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<C::Value, E> {
        self.0.scalar(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<C::Value, E> {
        self.0.text(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<C::Value, A::Error> {
        self.0.list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<C::Value, A::Error> {
        self.0.object(object)
    }
}
