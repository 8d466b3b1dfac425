//! Calls every tool and every alias through the built binary against the sandbox.
//!
//! `tests/calls/<toolset>.json` is a script of steps, each a `tool` with its `arguments`, in which `{name}`
//! stands for a value kept by an earlier step. `keep` takes values from the structured answer by path
//! (`jobs.0.id`, or `jobs.name=nightly.id` for the row with that name). `holds` lists expected values by
//! path, where null means absent. `fails` is part of the expected error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use databricks_mcp::catalog::{TOOLS, TOOLSETS};
use serde_json::{Map, Value, json};
use support::binary::Binary;
use support::script::{Step, play, stage};

#[test]
fn every_tool_and_every_alias_answers() {
    let (_sandbox, mut server) = stage();
    let schemas = answer_schemas(&mut server);
    let mut called = BTreeSet::new();
    let mut failures = Vec::new();
    for (toolset, ..) in TOOLSETS {
        let steps = script(toolset);
        let steps = steps.unwrap_or_else(|| panic!("write tests/calls/{toolset}.json"));
        let mut kept = Map::new();
        for (number, step) in (1..).zip(steps) {
            called.insert(step.tool.clone());
            let played = play(&step, &mut server, &mut kept)
                .and_then(|answer| promised(&answer, &step.tool, &schemas));
            if let Err(failure) = played {
                failures.push(format!("{toolset} step {number}, {}: {failure}", step.tool));
            }
        }
    }
    let listed: BTreeSet<&str> = schemas.keys().map(String::as_str).collect();
    assert_eq!(listed, TOOLS.iter().map(|tool| tool.name).collect());
    for tool in TOOLS {
        for name in std::iter::once(&tool.name).chain(tool.aliases) {
            if !called.contains(*name) {
                failures.push(format!("{}: no step calls {name}", tool.toolset));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn every_script_is_of_a_toolset() {
    for file in std::fs::read_dir(folder()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            TOOLSETS.iter().any(|(toolset, ..)| *toolset == name),
            "no toolset: {name}"
        );
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/calls")
}

fn script(toolset: &str) -> Option<Vec<Step>> {
    let text = std::fs::read_to_string(folder().join(format!("{toolset}.json"))).ok()?;
    match serde_json::from_str(&text) {
        Ok(steps) => Some(steps),
        Err(error) => panic!("tests/calls/{toolset}.json: {error}"),
    }
}

/// The output schema of every tool.
fn answer_schemas(server: &mut Binary) -> BTreeMap<String, Value> {
    let listed = server.request("tools/list", json!({}));
    let tools = listed["result"]["tools"].as_array().unwrap().iter();
    tools
        .map(|tool| {
            let name = tool["name"].as_str().unwrap().to_owned();
            (name, tool["outputSchema"].clone())
        })
        .collect()
}

/// Validates a structured answer against its tool's output schema. Unlisted fields are errors too.
fn promised(answer: &Value, called: &str, schemas: &BTreeMap<String, Value>) -> Result<(), String> {
    let tool = TOOLS
        .iter()
        .find(|tool| tool.name == called || tool.aliases.contains(&called));
    let schema = &schemas[tool.ok_or("no tool of this name")?.name];
    if answer.is_null() {
        return Ok(());
    }
    jsonschema::validate(schema, answer)
        .map_err(|fault| format!("not as outputSchema says: {fault} in {answer}"))?;
    let (Some(fields), Some(named)) = (answer.as_object(), schema["properties"].as_object()) else {
        return Ok(());
    };
    match fields.keys().find(|field| !named.contains_key(*field)) {
        Some(field) => Err(format!("outputSchema does not name `{field}`")),
        None => Ok(()),
    }
}
