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
use databricks_sandbox::{Options, Sandbox};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use support::binary::{Binary, Era, text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    tool: String,
    #[serde(default)]
    arguments: Map<String, Value>,
    #[serde(default)]
    keep: BTreeMap<String, String>,
    #[serde(default)]
    holds: BTreeMap<String, Value>,
    fails: Option<String>,
}

#[test]
fn every_tool_and_every_alias_answers() {
    let sandbox = Sandbox::start(Options {
        speed: 1_000.0,
        check_answers: true,
        ..Options::default()
    })
    .unwrap();
    let mut server = Binary::start(
        Era::Session,
        &[
            ("DATABRICKS_HOST", sandbox.host()),
            ("DATABRICKS_TOKEN", sandbox.token()),
            ("DATABRICKS_WAREHOUSE_ID", sandbox.warehouse_id()),
            ("DATABRICKS_MCP_TOOLSETS", "all"),
        ],
    );
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

/// Calls the tool and checks the step's expectations. Returns the structured answer, or null after an
/// expected error.
fn play(step: &Step, server: &mut Binary, kept: &mut Map<String, Value>) -> Result<Value, String> {
    let arguments = filled(&Value::Object(step.arguments.clone()), kept)?;
    let answer = server.request(
        "tools/call",
        json!({ "name": step.tool, "arguments": arguments }),
    );
    let result = answer.get("result").ok_or_else(|| answer.to_string())?;
    let said = text(result);
    match (&step.fails, result["isError"] == true) {
        (None, true) => return Err(said),
        (Some(wanted), false) => return Err(format!("no error with `{wanted}`: {said}")),
        (Some(wanted), true) => {
            let wanted = filled(&json!(wanted), kept)?;
            if !said.contains(wanted.as_str().unwrap_or_default()) {
                return Err(format!("no {wanted} in the error: {said}"));
            }
        }
        (None, false) => {}
    }
    let structured = &result["structuredContent"];
    for (path, wanted) in &step.holds {
        let wanted = filled(wanted, kept)?;
        let found = at(structured, path).unwrap_or(&Value::Null);
        if *found != wanted {
            return Err(format!(
                "`{path}` is {found}, not {wanted}, in {structured}"
            ));
        }
    }
    for (name, path) in &step.keep {
        let found =
            at(structured, path).ok_or_else(|| format!("nothing at `{path}` in {structured}"))?;
        kept.insert(name.clone(), found.clone());
    }
    Ok(match step.fails {
        Some(_) => Value::Null,
        None => structured.clone(),
    })
}

/// The value at a path of fields, positions and `field=value`, which selects the first such row.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, part| match value {
        Value::Array(rows) => match part.split_once('=') {
            Some((field, wanted)) => rows.iter().find(|row| match row.get(field) {
                Some(Value::String(text)) => text == wanted,
                Some(other) => {
                    serde_json::from_str(wanted).is_ok_and(|wanted: Value| wanted == *other)
                }
                None => false,
            }),
            None => rows.get(part.parse::<usize>().ok()?),
        },
        other => other.get(part),
    })
}

/// Replaces `{name}` by the kept value itself if the string is nothing else, otherwise by its text.
fn filled(value: &Value, kept: &Map<String, Value>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => {
            let whole = text
                .strip_prefix('{')
                .and_then(|text| text.strip_suffix('}'))
                .filter(|name| is_name(name));
            if let Some(name) = whole {
                return kept
                    .get(name)
                    .cloned()
                    .ok_or_else(|| format!("nothing was kept as `{name}`"));
            }
            let mut text = text.clone();
            for (name, value) in kept {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), ToOwned::to_owned);
                text = text.replace(&format!("{{{name}}}"), &value);
            }
            Value::String(text)
        }
        Value::Array(items) => items
            .iter()
            .map(|item| filled(item, kept))
            .collect::<Result<_, _>>()?,
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| Ok((name.clone(), filled(value, kept)?)))
            .collect::<Result<Map<_, _>, String>>()?
            .into(),
        other => other.clone(),
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}
