//! No spelling of the arguments changes what a call is.

#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::{Inventory, Selection};
use crate::workspaces::Workspaces;

fn inventory() -> Inventory {
    let workspaces = Workspaces::nowhere(&["prod", "dev"]);
    let selection = Selection {
        toolsets: vec!["all".to_owned()],
        ..Selection::default()
    };
    Inventory::load(&selection, &workspaces).unwrap()
}

/// Calls that ask, or that choose where they go; the second name of each argument is the one other servers use.
fn calls() -> Vec<(&'static str, Value)> {
    vec![
        (
            "execute_sql",
            json!({ "statement": "DROP TABLE t", "catalog": "main", "schema": "s", "workspace": "dev", "confirm": true }),
        ),
        (
            "delete_catalog",
            json!({ "name": "main", "force": true, "workspace": "dev", "confirm": true }),
        ),
        (
            "delete_workspace_object",
            json!({ "path": "/a", "recursive": true, "workspace": "dev", "confirm": true }),
        ),
        (
            "api_call",
            json!({ "operation": "jobs.delete", "arguments": { "job_id": 7 }, "workspace": "dev", "confirm": true }),
        ),
    ]
}

/// One way to write one argument.
#[derive(Debug, Clone)]
struct Spelling {
    wrapped: bool,
    alias: bool,
    as_text: bool,
    /// Written a second time, with another value, wrapped or not.
    again: Option<bool>,
}

fn spelling() -> impl Strategy<Value = Spelling> {
    let again = prop_oneof![9 => Just(None), 1 => any::<bool>().prop_map(Some)];
    (any::<bool>(), any::<bool>(), any::<bool>(), again).prop_map(
        |(wrapped, alias, as_text, again)| Spelling {
            wrapped,
            alias,
            as_text,
            again,
        },
    )
}

proptest! {
    #[test]
    fn no_spelling_changes_what_a_call_is(
        which in 0usize..4,
        spellings in prop::collection::vec(spelling(), 8),
        noise in prop::collection::vec((any::<bool>(), "task_progress|toolCallId|_sessionID|chatInput|random_string"), 0..3),
        envelope_as_text in any::<bool>(),
    ) {
        let inventory = inventory();
        let all = calls();
        let (name, plain) = all.get(which).unwrap();
        let entry = inventory.find(name).unwrap();
        let (mut outer, mut inner, mut twice) = (Map::new(), Map::new(), false);
        for ((name, value), spelling) in plain.as_object().unwrap().iter().zip(&spellings) {
            let alias = entry.spec.argument_aliases.iter().find(|(_, own)| own == name);
            let written = match alias {
                Some((other, _)) if spelling.alias => (*other).to_owned(),
                _ => name.clone(),
            };
            let value = if spelling.as_text && !value.is_string() { json!(value.to_string()) } else { value.clone() };
            let put = if spelling.wrapped { &mut inner } else { &mut outer };
            put.insert(written.clone(), value);
            if let Some(wrapped) = spelling.again {
                let put = if wrapped { &mut inner } else { &mut outer };
                // In the same object it only replaces the value; then nothing is given twice.
                let second = if put.contains_key(&written) { name } else { &written };
                if !put.contains_key(second) {
                    put.insert(second.clone(), json!("other"));
                    twice = true;
                }
            }
        }
        for (wrapped, name) in noise {
            let put = if wrapped { &mut inner } else { &mut outer };
            put.insert(name, json!("step 1 of 3"));
        }
        if !inner.is_empty() {
            let inner = Value::Object(inner);
            let inner = if envelope_as_text { json!(inner.to_string()) } else { inner };
            outer.insert("params".to_owned(), inner);
        }
        let canonical = |given: &Map<String, Value>| entry.check(entry.canonical(given.clone())?);
        match canonical(&outer) {
            Ok(_) if twice => prop_assert!(false, "given twice: {outer:?}"),
            Ok(arguments) => {
                let plain = canonical(plain.as_object().unwrap()).unwrap();
                prop_assert_eq!(Value::Object(arguments), Value::Object(plain));
            }
            Err(error) => prop_assert!(twice && error.to_string().contains("given twice"), "{error}"),
        }
    }
}

#[test]
fn what_is_given_twice_unknown_or_nested_deeper_is_refused_and_names_of_clients_are_dropped() {
    let inventory = inventory();
    let entry = inventory.find("execute_sql").unwrap();
    let canonical = |given: Value| {
        let given = given.as_object().unwrap().clone();
        entry
            .check(entry.canonical(given)?)
            .map(|arguments| Value::Object(arguments).to_string())
    };
    let refused = |given: Value| canonical(given).unwrap_err().to_string();
    for (given, wanted) in [
        (
            json!({ "statement": "SELECT 1", "params": { "statement": "DROP TABLE t" } }),
            "`statement` is given twice, as `statement` and as `params.statement`",
        ),
        (
            json!({ "statement": "SELECT 1", "query": "DROP TABLE t" }),
            "`statement` is given twice, as `statement` and as `query`",
        ),
        (
            json!({ "params": { "params": { "statement": "SELECT 1" } } }),
            "unknown argument `params`",
        ),
        (
            json!({ "statement": "SELECT 1", "params": 7 }),
            "unknown argument `params`",
        ),
        (
            json!({ "statement": "SELECT 1", "catalgo": "main" }),
            "unknown argument `catalgo`, did you mean `catalog`?",
        ),
    ] {
        let refused = refused(given);
        assert!(refused.contains(wanted), "{refused}");
    }
    for name in [
        "sessionId",
        "action",
        "_meta",
        "requires_approval",
        "explanation",
        "security_risk",
        "tool",
        "threadId",
    ] {
        let added = json!({ "statement": "SELECT 1", name: "x" });
        assert_eq!(
            canonical(added).unwrap(),
            r#"{"statement":"SELECT 1"}"#,
            "{name}"
        );
    }
    let added = json!({ "statement": "SELECT 1", "task_progress": "- [x] look", "params": { "toolCallId": "c1" } });
    assert_eq!(canonical(added).unwrap(), r#"{"statement":"SELECT 1"}"#);
}

/// The places of a schema that take whole numbers, each with the arguments that bring a value there.
fn whole_numbers(
    schema: &Value,
    place: &str,
    put: &dyn Fn(Value) -> Value,
) -> Vec<(String, Value)> {
    /// Stands where the number is to be.
    const HERE: &str = "<here>";
    let mut found = Vec::new();
    let kind = schema.get("type").and_then(Value::as_str);
    match kind {
        Some("integer") => found.push((place.to_owned(), put(HERE.into()))),
        Some("array") => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            found = whole_numbers(items, &format!("{place}.0"), &|value| put(json!([value])));
        }
        Some("object") => {
            let fields = schema.get("properties").and_then(Value::as_object);
            for (name, field) in fields.into_iter().flatten() {
                let place = format!("{place}.{name}");
                let into = |value| put(Value::Object(Map::from_iter([(name.clone(), value)])));
                found.extend(whole_numbers(field, place.trim_start_matches('.'), &into));
            }
        }
        _ => {}
    }
    found
}

#[test]
fn no_tool_takes_a_number_that_is_no_whole_number_of_64_bits() {
    let mut places = 0;
    for entry in inventory().entries() {
        let schema = Value::Object((*entry.tool.input_schema).clone());
        for (place, arguments) in whole_numbers(&schema, "", &|value| value) {
            places += 1;
            for wrong in [
                "18446744073709551616",
                "9223372036854775808",
                "-9223372036854775809",
                "1e30",
                "-1e300",
                "1.5",
                "\"18446744073709551616\"",
            ] {
                let name = entry.spec.name;
                let given = arguments.to_string().replace("\"<here>\"", wrong);
                let given: Map<String, Value> = serde_json::from_str(&given).unwrap();
                let told = match entry.check(given) {
                    Err(error @ crate::error::Error::Arguments { .. }) => error.text(),
                    other => panic!("{name}, `{place}` {wrong}: {other:?}"),
                };
                let line = told
                    .lines()
                    .find(|line| line.contains(&format!("`{place}`: ")));
                let line = line.unwrap_or_else(|| panic!("{name}, `{place}` {wrong}: {told}"));
                let range = [": at most ", ": at least ", "whole number from "];
                assert!(
                    range.iter().any(|word| line.contains(word)),
                    "{name}: {line}"
                );
            }
        }
    }
    assert!(places > 100, "{places}");
}

#[test]
fn a_whole_number_is_taken_in_every_way_to_write_it() {
    let inventory = inventory();
    let entry = inventory.find("get_statement").unwrap();
    for written in ["100", "100.0", "1e2", "\"100\"", "\" 100 \""] {
        let given = format!("{{\"statement_id\": \"a\", \"offset\": {written}}}");
        let checked = entry.check(serde_json::from_str(&given).unwrap()).unwrap();
        assert_eq!(checked.get("offset"), Some(&json!(100)), "{written}");
    }
}
