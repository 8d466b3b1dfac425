#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::shape::{object, pick, row, text_at};

/// JSON as text, in which a name may come twice.
fn json() -> impl Strategy<Value = String> {
    let scalar = select(vec![
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-7",
        "42",
        "1.50",
        "2e3",
        "9007199254740993",
        "18446744073709551615",
        "18446744073709551616",
        "1700000000000",
        r#""""#,
        r#""a""#,
        r#""42""#,
        r#""1.5""#,
        r#""aGk=""#,
        r#""true""#,
        r#""1700000000000""#,
        r#""é\n\"|\u0041\\""#,
        r#""\ud83d\ude00""#,
    ]);
    scalar
        .prop_map(str::to_owned)
        .prop_recursive(4, 40, 5, |inner| {
            let name = select(vec!["a", "b", "c", "\\u0061", "d"]);
            let member =
                (name, inner.clone()).prop_map(|(name, value)| format!(" \"{name}\" : {value}"));
            prop_oneof![
                vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(" ,"))),
                vec(member.clone(), 0..5).prop_map(|members| format!("{{{}}}", members.join(","))),
                vec(member, 1..6).prop_map(|members| format!("{{{}\n}}", members.join(" ,"))),
            ]
        })
}

fn path() -> impl Strategy<Value = &'static str> {
    select(vec![
        "a", "b", "c", "a.a", "a.b", "b.a", "a.b.c", "b.b.a", "c.a.b.a", "", "a.", "é",
    ])
}

fn fields() -> impl Strategy<Value = &'static [Field]> {
    let kind = || {
        select(vec![
            Kind::Any,
            Kind::Any,
            Kind::String,
            Kind::Integer,
            Kind::Number,
            Kind::Boolean,
            Kind::Timestamp,
            Kind::Seconds,
            Kind::Base64,
        ])
    };
    let name = || select(vec!["x", "y", "z", "a"]);
    let leak = |fields: Vec<Field>| -> &'static [Field] { fields.leak() };
    let one = (name(), path(), kind()).prop_map(|(name, path, kind)| Field {
        name,
        path,
        kind,
        fields: &[],
    });
    let nested = one.prop_recursive(2, 8, 3, move |inner| {
        (name(), path(), kind(), vec(inner, 0..3).prop_map(leak)).prop_map(
            |(name, path, kind, fields)| Field {
                name,
                path,
                kind,
                fields,
            },
        )
    });
    vec(nested, 0..5).prop_map(leak)
}

/// As the manifest has them; of two alike the last would hide a text in the first.
fn fields_of_different_names() -> impl Strategy<Value = &'static [Field]> {
    fields().prop_map(|fields| -> &'static [Field] {
        let mut names = HashSet::new();
        let first = fields.iter().filter(|field| names.insert(field.name));
        first.cloned().collect::<Vec<_>>().leak()
    })
}

fn filter() -> impl Strategy<Value = &'static [Condition]> {
    let any = vec(
        select(vec!["", "a", "42", "true", "0", "[42]", "{}", "hi"]),
        1..4,
    );
    let condition = (path(), any).prop_map(|(field, any)| Condition {
        field,
        any: any.leak(),
    });
    vec(condition, 0..2).prop_map(|filter| -> &'static [Condition] { filter.leak() })
}

fn read<'de, S: DeserializeSeed<'de>>(text: &'de str, seed: S) -> S::Value {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = seed.deserialize(&mut json).unwrap();
    json.end().unwrap();
    read
}

/// The order of names counts.
fn written(value: Option<Value>) -> Option<String> {
    value.map(|value| value.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn fields_read_in_one_pass_are_those_of_the_whole(text in json(), fields in fields(), filter in filter()) {
        let whole: Value = serde_json::from_str(&text).unwrap();
        let projection = Projection::of(fields).filtered(filter);
        let expected = written(row(&whole, filter, fields));
        prop_assert_eq!(written(read(&text, &projection)), expected.clone());
        prop_assert_eq!(written(projection.project(&whole)), expected);
    }

    #[test]
    fn paths_read_in_one_pass_are_those_of_the_whole(text in json(), paths in vec(path(), 0..5), filter in filter()) {
        let whole: Value = serde_json::from_str(&text).unwrap();
        let projection = Projection::picking(&paths).filtered(filter);
        let stays = row(&whole, filter, &[]).is_some();
        let expected = written(stays.then(|| pick(&whole, &paths)));
        prop_assert_eq!(written(read(&text, &projection)), expected.clone());
        prop_assert_eq!(written(projection.project(&whole)), expected);
    }

    #[test]
    fn a_window_shows_the_part_of_the_field_that_the_whole_would(
        text in json(), fields in fields_of_different_names(), offset in select(vec![None, Some(0), Some(1), Some(usize::MAX)]),
    ) {
        let whole: Value = serde_json::from_str(&text).unwrap();
        let mut expected = object(&whole, fields);
        let projection = Projection::of(fields);
        let (mut shown, window) = read(&text, projection.windowed(offset));
        if let (Some(window), Some(offset)) = (&window, offset) {
            let name = fields.first().unwrap().name;
            let part = Window::of(&text_at(&expected, name), offset);
            prop_assert_eq!(window, &part);
            // As the engine puts it in place.
            for value in [&mut shown, &mut expected] {
                value.as_object_mut().unwrap().insert(name.to_owned(), part.part.clone().into());
            }
        }
        prop_assert_eq!(shown.to_string(), expected.to_string());
    }
}

#[test]
fn a_long_text_is_read_through_the_window() {
    let field = |kind| Field {
        name: "content",
        path: "content",
        kind,
        fields: &[],
    };
    for (kind, text) in [
        (Kind::Base64, "YWJjZA=="),
        (Kind::Base64, "abcd="),
        (Kind::Any, "abcd"),
    ] {
        let fields = [field(kind)];
        let text = format!(r#"{{"content": "{text}"}}"#);
        let projection = Projection::of(&fields);
        let (shown, window) = read(&text, projection.windowed(Some(2)));
        assert_eq!(shown.to_string(), r#"{"content":""}"#);
        let rest = if text.contains("abcd=") { "cd=" } else { "cd" };
        assert_eq!(window.unwrap().part, rest);
    }
}

#[test]
fn what_is_not_shown_is_not_built() {
    let fields = [Field {
        name: "x",
        path: "a.b",
        kind: Kind::Any,
        fields: &[],
    }];
    let projection = Projection::of(&fields);
    // A number too large for any value, and a surrogate alone, are passed over but where they are shown.
    let beside = r#"{"c": [1e999, "\ud800"], "a": {"c": 1e999, "b": 1}}"#;
    assert_eq!(written(read(beside, &projection)).unwrap(), r#"{"x":1}"#);
    let mut shown = serde_json::Deserializer::from_str(r#"{"a": {"b": 1e999}}"#);
    assert!((&projection).deserialize(&mut shown).is_err());
}
