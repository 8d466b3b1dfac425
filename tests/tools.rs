//! The tools as clients see them: one snapshot each, and rules for all of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod made;
mod support;

use std::fmt::Write;

use databricks_codegen::tables::laid_out;
use databricks_mcp::catalog::{Access, Door, Facts, OPERATIONS, Source, TOOLS, TOOLSETS};
use databricks_mcp::policy::Rules;
use databricks_mcp::tools::{Entry, Ready};
use made::specs;
use serde_json::{Map, Value, json};
use support::arguments;
use support::inventory::{everything, only_of_tools};
use url::Url;

fn tools() -> Vec<Value> {
    let tools = everything().tools();
    tools
        .iter()
        .map(|tool| serde_json::to_value(tool).unwrap())
        .collect()
}

#[test]
fn every_tool_is_as_reviewed() {
    let inventory = everything();
    for entry in inventory.entries() {
        let name = entry.spec.name;
        let tables = &*specs::TABLES;
        let row = tables.tools.0.iter().find(|row| row.name == name);
        let mut text = tables.decisions(row.unwrap());
        if let Some(question) = asked(entry) {
            writeln!(text, "asked: {question}").unwrap();
        }
        let listed = serde_json::to_value(&entry.tool).unwrap();
        write!(text, "\n{}", laid_out(&listed)).unwrap();
        insta::with_settings!({ snapshot_path => "snapshots/tools", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, text);
        });
    }
}

/// True for a tool whose paths may be of any store.
fn of_any_store(entry: &Entry) -> bool {
    let sends = |id: &str| entry.spec.operations.iter().any(|sent| sent.id == id);
    sends("files.download") && sends("dbfs.read") || sends("files.upload") && sends("dbfs.put")
}

/// The question before a call with every argument, in which each text is its argument's name.
fn asked(entry: &Entry) -> Option<String> {
    let mut unconfirmed = arguments::named(entry, |name| format!("‹{name}›"), |_| 1);
    unconfirmed.shift_remove("confirm");
    // A path tells its store, and what is uploaded comes from one place.
    if of_any_store(entry) {
        for name in ["path", "source", "target"] {
            if let Some(path) = unconfirmed.get_mut(name) {
                *path = format!("/Volumes/‹{name}›").into();
            }
        }
        unconfirmed.retain(|name, _| name != "content" && name != "encoding");
    }
    // What goes to a file, or comes from one, is all of a notebook; and an edit has the fields of its kind.
    if ["export_notebook", "import_notebook"].contains(&entry.spec.name) {
        unconfirmed.retain(|name, _| ["path", "local_path", "overwrite"].contains(&name.as_str()));
    }
    if let Some(edits) = unconfirmed.get_mut("edits") {
        *edits = json!([{ "do": "delete", "cell": 1 }]);
    }
    // A question about a field within an argument is asked where the field is given.
    let when = entry.spec.confirm.as_ref().map(|confirm| confirm.when);
    if let Some((argument, field)) = when.and_then(|when| when.split_once('.'))
        && let Some(Value::Object(fields)) = unconfirmed.get_mut(argument)
    {
        let (field, value) = match field {
            "run_as_mode" => (field, json!("OWNER")),
            "served_entities.external_model" => {
                let model = json!({ "name": "‹name›", "provider": "openai", "task": "‹task›" });
                ("served_entities", json!([{ "external_model": model }]))
            }
            field => (field, format!("‹{field}›").into()),
        };
        fields.insert(field.to_owned(), value);
    }
    let host = Url::parse("https://acme.cloud.databricks.com").unwrap();
    match Ready::new(entry, unconfirmed, &Rules::default(), &host) {
        Ok(ready) => ready.question.map(|question| question.to_string()),
        Err(error) => {
            assert!(
                entry.spec.confirm.is_none(),
                "`{}`: {}",
                entry.spec.name,
                error.text()
            );
            None
        }
    }
}

/// The arguments that a question names exist. `build.rs` sees it of table tools; those of behaviours are in Rust.
#[test]
fn every_question_is_about_arguments() {
    let inventory = everything();
    for entry in inventory.entries() {
        let Some(confirm) = &entry.spec.confirm else {
            continue;
        };
        let properties = &entry.tool.input_schema["properties"];
        let places = confirm.message.split('{').skip(1);
        let places: Vec<&str> = places
            .map(|piece| piece.split('}').next().unwrap())
            .collect();
        for place in &places {
            assert!(
                properties.get(place).is_some(),
                "`{}`: `{place}`",
                entry.spec.name
            );
        }
        let asked = asked(entry).unwrap_or_else(|| panic!("`{}` asks nothing", entry.spec.name));
        assert!(!places.is_empty(), "`{}`: {asked}", entry.spec.name);
    }
}

#[test]
fn every_snapshot_is_of_a_tool() {
    only_of_tools("tests/snapshots/tools");
}

#[test]
fn the_list_is_the_same_every_time() {
    assert_eq!(
        Value::from(tools()).to_string(),
        Value::from(tools()).to_string()
    );
}

#[test]
fn schemas_are_portable() {
    for tool in tools() {
        let name = tool["name"].as_str().unwrap();
        for key in ["inputSchema", "outputSchema"] {
            let schema = tool[key]
                .as_object()
                .unwrap_or_else(|| panic!("`{name}` has no {key}"));
            assert_eq!(
                schema["type"], "object",
                "`{name}` {key}: the root is an object"
            );
            for combinator in ["oneOf", "anyOf", "allOf", "not"] {
                assert!(
                    !schema.contains_key(combinator),
                    "`{name}` {key}: no `{combinator}` at the root"
                );
            }
            portable(schema, &format!("{name} {key}"));
        }
        assert_eq!(
            tool["inputSchema"]["additionalProperties"], false,
            "`{name}` refuses unknown arguments"
        );
    }
}

fn portable(schema: &Map<String, Value>, place: &str) {
    for key in ["$ref", "$schema", "$defs", "definitions"] {
        assert!(!schema.contains_key(key), "{place}: no `{key}`");
    }
    if let Some(kind) = schema.get("type") {
        assert!(kind.is_string(), "{place}: one type, not {kind}");
        if kind == "array" {
            assert!(
                schema.contains_key("items"),
                "{place}: an array says its items"
            );
        }
    }
    if let Some(Value::Object(properties)) = schema.get("properties") {
        for (name, property) in properties {
            let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
            assert!(
                (1..=64).contains(&name.len()) && name.chars().all(plain),
                "{place}: key `{name}`"
            );
            assert!(
                property.is_object(),
                "{place}: `{name}` is a schema, not {property}"
            );
            if let Value::Object(property) = property {
                portable(property, &format!("{place}.{name}"));
            }
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(Value::Object(inner)) = schema.get(key) {
            portable(inner, &format!("{place}.{key}"));
        }
    }
}

#[test]
fn every_object_of_the_arguments_has_properties_and_every_argument_a_type() {
    let mut without = Vec::new();
    for tool in tools() {
        typed(
            &tool["inputSchema"],
            tool["name"].as_str().unwrap(),
            &mut without,
        );
    }
    assert_eq!(without, [""; 0]);
}

fn typed(schema: &Value, place: &str, without: &mut Vec<String>) {
    if schema.get("type").is_none() {
        without.push(place.to_owned());
    }
    if schema["type"] == "object" {
        assert!(
            schema["properties"].is_object(),
            "{place} has no properties"
        );
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        typed(inner, &format!("{place}.{name}"), without);
    }
    for (key, sign) in [("items", "[]"), ("additionalProperties", "{}")] {
        if schema[key].is_object() {
            typed(&schema[key], &format!("{place}{sign}"), without);
        }
    }
}

#[test]
fn every_tool_that_takes_a_full_name_looks_for_close_ones() {
    let names = ["full_name", "table_name", "table_full_name", "entity_name"];
    let mut taking = 0;
    for (tool, spec) in tools().iter().zip(TOOLS) {
        let properties = tool["inputSchema"]["properties"].as_object().unwrap();
        if names.iter().any(|name| properties.contains_key(*name)) {
            taking += 1;
            assert!(
                !spec.nearest.is_empty(),
                "`{}` has no `nearest`, which finds close names",
                spec.name
            );
        }
    }
    assert!(taking > 20, "{taking}");
}

#[test]
fn every_time_argument_takes_the_forms_that_people_write() {
    let facts = Facts::get().unwrap();
    let mut times = 0;
    for spec in TOOLS {
        let Door::Table(plan) = &spec.door else {
            continue;
        };
        let known = facts.operation(plan.request.operation).unwrap();
        for argument in plan.request.arguments {
            let given = matches!(argument.source, Source::Caller | Source::CallerOr(_));
            let param = known.param(argument.wire);
            if given && param.is_some_and(|param| param.is_time()) {
                times += 1;
                let name = argument.name;
                assert!(argument.time, "`{}.{name}` lacks `encode: time`", spec.name);
            }
        }
    }
    assert!(times >= 6, "{times}");
}

#[test]
fn every_tool_is_described() {
    for spec in TOOLS {
        let length = spec.description.chars().count();
        assert!(length >= 20, "description of `{}`", spec.name);
        assert!(!spec.title.is_empty(), "title of `{}`", spec.name);
    }
}

#[test]
fn further_names_of_arguments_stand_for_arguments_and_hide_none() {
    for (tool, spec) in tools().iter().zip(TOOLS) {
        let has = |name: &str| tool["inputSchema"]["properties"].get(name).is_some();
        for (other, own) in spec.argument_aliases {
            assert!(has(own) && !has(other), "{}: `{other}`", spec.name);
        }
        for outer in spec.flatten {
            assert!(!has(outer), "{}: `{outer}`", spec.name);
        }
    }
}

#[test]
fn every_tool_states_all_four_hints() {
    for (tool, spec) in tools().iter().zip(TOOLS) {
        let hints = &tool["annotations"];
        assert_eq!(
            hints["readOnlyHint"],
            spec.access == Access::Read,
            "{}",
            spec.name
        );
        assert_eq!(
            hints["destructiveHint"],
            spec.access == Access::Destroy,
            "{}",
            spec.name
        );
        assert!(hints["idempotentHint"].is_boolean(), "{}", spec.name);
        assert!(hints["openWorldHint"].is_boolean(), "{}", spec.name);
    }
}

#[test]
fn aliases_answer_and_a_wrong_name_gets_the_right_one() {
    let inventory = everything();
    assert_eq!(
        inventory.find("execute_dbsql").unwrap().spec.name,
        "execute_sql"
    );
    let error = inventory.find("list_warehouse").unwrap_err().text();
    assert_eq!(
        error,
        "unknown tool: `list_warehouse`\nhint: did you mean `list_warehouses`?"
    );
}

#[test]
fn a_name_of_any_length_is_answered_without_repeating_it() {
    // A guess would compare it with every name, which takes minutes.
    let asked = format!("list_warehouse{}", "x".repeat(10_000_000));
    let error = everything().find(&asked).unwrap_err().text();
    assert!(error.len() < 300, "{}", error.len());
}

#[test]
fn every_toolset_has_a_tool() {
    for (toolset, _, _) in TOOLSETS {
        assert!(
            TOOLS.iter().any(|spec| spec.toolset == *toolset),
            "`{toolset}` is empty"
        );
    }
}

#[test]
fn the_index_holds_the_whole_api() {
    assert!(OPERATIONS.len() >= 1_396, "{} operations", OPERATIONS.len());
    assert!(OPERATIONS.is_sorted_by_key(|operation| operation.id));
}
