//! Reads one page of a list in one pass: the wanted rows, and the value that requests the next page.

use std::fmt;

use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::narrow::Narrowed;
use crate::shape::{self, Cases, Projection, Read};

/// The parts that were read from a page.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Page {
    /// Rows as they are shown, each with its place among all rows of the page.
    pub(super) rows: Vec<(usize, Value)>,
    /// The place of the first row for which there was no room.
    pub(super) more: Option<usize>,
    /// The number of all rows of the page.
    pub(super) count: usize,
    /// The value that requests the next page.
    pub(super) next: Option<Value>,
    /// The page says that it is the last one, whatever token it brings.
    pub(super) last: bool,
}

/// Members by which a page says whether another follows.
const MORE: [&str; 2] = ["has_next_page", "has_more"];

/// A reader of the wanted parts of a page.
#[derive(Debug)]
pub(super) struct PageReader<'a> {
    pub(super) projection: &'a Projection<'a>,
    /// Path of the rows.
    pub(super) items: &'a str,
    /// Path of the value that requests the next page.
    pub(super) next: Option<&'a str>,
    /// Rows at the beginning that are only counted.
    pub(super) skip: usize,
    /// Most rows to read; later ones are only counted.
    pub(super) room: usize,
    /// Conditions on the rows as they are shown.
    pub(super) narrow: &'a [Narrowed],
}

impl PageReader<'_> {
    /// True if the row is only counted.
    fn passes_over(&self, index: usize, page: &Page) -> bool {
        index < self.skip || page.more.is_some()
    }

    fn add(&self, index: usize, row: Option<Value>, page: &mut Page) {
        let fits = |row: &Value| self.narrow.iter().all(|one| one.keeps(row));
        match row.filter(fits) {
            Some(_) if page.rows.len() == self.room => page.more = Some(index),
            Some(row) => page.rows.push((index, row)),
            None => {}
        }
    }

    /// Takes the rows and the request for the next page from a part of the page that was read whole.
    fn take(&self, part: &Value, items: Way, next: Way, page: &mut Page) {
        if let Some(Value::Array(items)) = items.find(part) {
            page.count = items.len();
            for (index, item) in items.iter().enumerate() {
                if !self.passes_over(index, page) {
                    self.add(index, self.projection.project(item), page);
                }
            }
        }
        if !matches!(next, Way::Aside) {
            page.next = next.find(part);
        }
    }
}

impl<'de> DeserializeSeed<'de> for &PageReader<'_> {
    type Value = Page;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Page, D::Error> {
        let mut page = Page::default();
        let level = Level {
            reader: self,
            page: &mut page,
            items: Way::Through(self.items),
            next: self.next.map_or(Way::Aside, Way::Through),
        };
        Read(level).deserialize(deserializer)?;
        Ok(page)
    }
}

/// The rest of a path, as seen from a value.
#[derive(Debug, Clone, Copy)]
enum Way<'a> {
    /// The path leads elsewhere.
    Aside,
    /// The path ends at the value.
    Here,
    /// The path goes on below the value.
    Through(&'a str),
}

impl Way<'_> {
    /// The rest of the path, as seen from the member of this name.
    fn member(self, name: &str) -> Self {
        let Self::Through(path) = self else {
            return Self::Aside;
        };
        match shape::split(path) {
            (first, _) if first != name => Self::Aside,
            (_, None) => Self::Here,
            (_, Some(rest)) => Self::Through(rest),
        }
    }

    fn find(self, value: &Value) -> Option<Value> {
        match self {
            Self::Aside => None,
            Self::Here => (!value.is_null()).then(|| value.clone()),
            Self::Through(path) => shape::at(value, path),
        }
    }
}

/// An object on the way to the rows, or to the value that requests the next page.
struct Level<'r, 'a> {
    reader: &'r PageReader<'a>,
    page: &'r mut Page,
    items: Way<'r>,
    next: Way<'r>,
}

impl<'de> Cases<'de> for Level<'_, '_> {
    type Value = ();

    fn scalar<E: Error>(self, _: Value) -> Result<(), E> {
        Ok(())
    }

    /// Reads the list whole, since a path through a list is rare.
    fn list<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        let part = Value::deserialize(SeqAccessDeserializer::new(list))?;
        self.reader.take(&part, self.items, self.next, self.page);
        Ok(())
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { reader, page, .. } = self;
        let ways = Ways(self.items, self.next);
        while let Some((Ways(items, next), tells_more)) = object.next_key_seed(ways)? {
            // Of a repeated name, the last one counts.
            if !matches!(items, Way::Aside) {
                *page = Page {
                    next: page.next.take(),
                    last: page.last,
                    ..Page::default()
                };
            }
            if !matches!(next, Way::Aside) {
                page.next = None;
            }
            match (items, next) {
                (Way::Aside, Way::Aside) if tells_more => {
                    page.last = object.next_value::<Value>()? == Value::Bool(false);
                }
                (Way::Aside, Way::Aside) => {
                    object.next_value::<IgnoredAny>()?;
                }
                (Way::Here, Way::Aside) => {
                    object.next_value_seed(Read(Rows { reader, page }))?;
                }
                (Way::Here, _) | (_, Way::Here) => {
                    let part: Value = object.next_value()?;
                    reader.take(&part, items, next, page);
                }
                _ => object.next_value_seed(Read(Level {
                    reader,
                    page,
                    items,
                    next,
                }))?,
            }
        }
        Ok(())
    }
}

/// The ways to the rows and to the value that requests the next page. As a seed, it reads a member's name and
/// returns the ways from that member, and whether it tells if another page follows.
#[derive(Clone, Copy)]
struct Ways<'a>(Way<'a>, Way<'a>);

impl<'de> DeserializeSeed<'de> for Ways<'_> {
    type Value = (Self, bool);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Ways<'_> {
    type Value = (Self, bool);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let ways = Self(self.0.member(name), self.1.member(name));
        Ok((ways, MORE.contains(&name)))
    }
}

/// The list of rows.
struct Rows<'r, 'a> {
    reader: &'r PageReader<'a>,
    page: &'r mut Page,
}

impl<'de> Cases<'de> for Rows<'_, '_> {
    type Value = ();

    fn scalar<E: Error>(self, _: Value) -> Result<(), E> {
        Ok(())
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { reader, page } = self;
        for index in 0.. {
            page.count = index;
            if reader.passes_over(index, page) {
                if list.next_element::<IgnoredAny>()?.is_none() {
                    break;
                }
                continue;
            }
            match list.next_element_seed(reader.projection)? {
                Some(row) => reader.add(index, row, page),
                None => break,
            }
        }
        Ok(())
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::catalog::{Condition, Field, Kind};

    /// The page as it is found in the whole answer.
    fn of_whole(answer: &Value, reader: &PageReader<'_>) -> Page {
        let items = match shape::at(answer, reader.items) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let rows = items.iter().enumerate().skip(reader.skip);
        let mut rows =
            rows.filter_map(|(index, item)| Some((index, reader.projection.project(item)?)));
        let shown: Vec<_> = rows.by_ref().take(reader.room).collect();
        let more = rows.next().map(|(index, _)| index);
        Page {
            rows: shown,
            more,
            // Nobody needs the number of rows after the last wanted one.
            count: if more.is_some() { 0 } else { items.len() },
            next: reader.next.and_then(|path| shape::at(answer, path)),
            last: false,
        }
    }

    fn json() -> impl Strategy<Value = String> {
        let scalar = select(vec!["null", "true", "7", r#""""#, r#""t""#]).prop_map(str::to_owned);
        scalar.prop_recursive(4, 60, 6, |inner| {
            let name = select(vec!["a", "b", "c", "items"]);
            let member =
                (name, inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
            prop_oneof![
                vec(inner, 0..6).prop_map(|items| format!("[{}]", items.join(","))),
                vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(","))),
            ]
        })
    }

    fn path() -> impl Strategy<Value = &'static str> {
        select(vec!["a", "b", "a.b", "a.a", "b.a.c", "items", "items.a"])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn a_page_read_in_one_pass_is_that_of_the_whole(
            text in json(), items in path(), next in proptest::option::of(path()), skip in 0_usize..3, room in 0_usize..4,
            filtered in any::<bool>(),
        ) {
            let fields = [Field { name: "x", path: "a", kind: Kind::Any, fields: &[] }];
            let filter = [Condition { field: "b", any: &["", "7"] }];
            let mut projection = Projection::of(&fields);
            if filtered {
                projection = projection.filtered(&filter);
            }
            let reader = PageReader { projection: &projection, items, next, skip, room, narrow: &[] };
            let whole: Value = serde_json::from_str(&text).unwrap();
            let mut json = serde_json::Deserializer::from_str(&text);
            let mut page = reader.deserialize(&mut json).unwrap();
            prop_assert!(json.end().is_ok());
            if page.more.is_some() {
                page.count = 0;
            }
            prop_assert_eq!(page, of_whole(&whole, &reader));
        }
    }

    #[test]
    fn a_page_has_its_rows_its_rest_and_what_asks_for_the_next() {
        let fields = [Field {
            name: "id",
            path: "id",
            kind: Kind::Any,
            fields: &[],
        }];
        let projection = Projection::of(&fields);
        let reader = PageReader {
            projection: &projection,
            items: "result.rows",
            next: Some("result.next"),
            skip: 1,
            room: 1,
            narrow: &[],
        };
        let mut json = serde_json::Deserializer::from_str(
            r#"{"has_more": false, "result": {"rows": [{"id": 0}, {"id": 1, "more": {}}, {"id": 2}, {"id": 3}], "next": "n"}}"#,
        );
        let page = reader.deserialize(&mut json).unwrap();
        let rows = vec![(1, serde_json::json!({ "id": 1 }))];
        let next = Some("n".into());
        assert_eq!(
            page,
            Page {
                rows,
                more: Some(2),
                count: 4,
                next,
                last: true
            }
        );
    }
}
