//! Members that an object names twice: parsers differ in which of them counts, so what a client shows its user may be
//! the other one.

use std::collections::HashSet;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::shape;

/// Characters of a name in an error.
const SHOWN: usize = 60;
/// Begins the error of a name that is there twice.
const TWICE: &str = "it names ";

/// Says which member of an object is there twice, at any depth; `None` also for what is no JSON.
pub(crate) fn twice(line: &[u8]) -> Option<String> {
    let error = serde_json::from_slice::<Unique>(line).err()?.to_string();
    let (said, _) = error.rsplit_once(" at line ").unwrap_or((&error, ""));
    said.starts_with(TWICE).then(|| said.to_owned())
}

/// Any JSON in which no object names a member twice.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        let mut known = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if known.contains(&name) {
                let name = shape::one_line(&name, SHOWN);
                // The rest need not be read.
                return Err(de::Error::custom(format_args!("{TWICE}`{name}` twice")));
            }
            known.insert(name);
            members.next_value::<Self>()?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::twice;

    #[test]
    fn a_member_that_is_there_twice_is_found_at_any_depth() {
        for (line, found) in [
            (r#"{"a":1,"b":{"a":2}}"#, None),
            (r#"{"a":1,"a":1}"#, Some("it names `a` twice")),
            (
                r#"[{"x":[{"job_id":7,"b":null,"job_id":8}]}]"#,
                Some("it names `job_id` twice"),
            ),
            // Written in another way, and the same name.
            (r#"{"a":1,"\u0061":2}"#, Some("it names `a` twice")),
            (
                r#"{"a at line 7":1,"a at line 7":2}"#,
                Some("it names `a at line 7` twice"),
            ),
            (r#"{"a":1,"#, None),
            (
                r#"{"a":1.5,"b":-1,"c":true,"d":"x","e":18446744073709551616}"#,
                None,
            ),
        ] {
            assert_eq!(twice(line.as_bytes()).as_deref(), found, "{line}");
        }
    }
}
