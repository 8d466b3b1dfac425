//! The requests of each tool, and its answer: by the cases of `tests/wire/<tool>.json`, or by one made from
//! the tool's schema.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use databricks_mcp::api;
use databricks_mcp::catalog::Door;
use databricks_mcp::config::Settings;
use databricks_mcp::context::{Context, Progress, Workspace};
use databricks_mcp::error::Error;
use databricks_mcp::tools::{self, Entry, Inventory, Selection};
use databricks_mcp::transport::Call;
use databricks_mcp::workspaces::Workspaces;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use support::recorder::Recorder;

/// A call with the service's answers.
#[derive(Deserialize)]
struct Case {
    /// The point of the case.
    about: String,
    arguments: Map<String, Value>,
    /// Status and body, in order.
    answers: Vec<(u16, Value)>,
}

fn cases(entry: &Entry) -> Vec<Case> {
    let path = Path::new("tests/wire").join(format!("{}.json", entry.spec.name));
    match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        Err(_) => vec![made_case(entry)],
    }
}

fn made_case(entry: &Entry) -> Case {
    let listed = entry.tool.input_schema["properties"].as_object().unwrap();
    // The schema that is listed ends at the fields of an object.
    let deep = match &entry.spec.door {
        Door::Table(plan) => Value::Object(api::deep_schema(&plan.request).unwrap()),
        Door::Behaviour(_) => Value::Null,
    };
    // Cutting rows is the engine's work, shown by tools with cases of their own.
    let own = listed
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "limit" | "cursor" | "offset"));
    Case {
        about: "every argument, an empty answer".to_owned(),
        arguments: own
            .map(|(name, property)| {
                let known = deep["properties"].get(name).unwrap_or(property);
                (name.clone(), sample(known, &deep))
            })
            .collect(),
        answers: vec![(200, json!({}))],
    }
}

fn sample(schema: &Value, root: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        return sample(&root["$defs"][name.trim_start_matches("#/$defs/")], root);
    }
    if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("integer") => json!(1),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        Some("array") => json!([sample(&schema["items"], root)]),
        Some("object") => fields(schema, root),
        _ => json!("text"),
    }
}

/// The first field of an object; of an open one some field.
fn fields(schema: &Value, root: &Value) -> Value {
    let known = schema["properties"].as_object();
    if let Some((name, field)) = known.and_then(|known| known.iter().next()) {
        return json!({ name: sample(field, root) });
    }
    let others = schema.get("additionalProperties");
    json!({ "key": others.map_or(json!("value"), |others| sample(others, root)) })
}

fn context(host: &str) -> Context {
    let settings = Settings::from_variables(|name| match name {
        "DATABRICKS_HOST" => Some(host.to_owned()),
        "DATABRICKS_TOKEN" => Some("secret-token".to_owned()),
        "DATABRICKS_WAREHOUSE_ID" => Some("abc123".to_owned()),
        _ => None,
    });
    let workspace = Workspace::open(&settings.unwrap()).unwrap();
    Context::new(
        Arc::new(workspace),
        Call::new("test"),
        tokio_util::sync::CancellationToken::new(),
        Progress::Silent,
    )
}

async fn tape(entry: &Entry) -> String {
    let mut text = String::new();
    let tool = entry.spec.name;
    for case in cases(entry) {
        let recorder = Recorder::start(case.answers).await;
        let context = context(&recorder.host);
        let arguments = Value::Object(case.arguments.clone()).to_string();
        let outcome = tools::call(entry, &context, case.arguments).await;
        writeln!(text, "# {}\n{tool} {arguments}\n", case.about).unwrap();
        for request in recorder.requests() {
            declared(entry, &request, &case.about);
            writeln!(text, "> {}", redact(&request)).unwrap();
        }
        match outcome {
            Ok(answer) => {
                fits(entry, &answer.structured, &case.about);
                writeln!(
                    text,
                    "\n{}\n\n{:#}\n",
                    answer.text.trim_end(),
                    answer.structured
                )
                .unwrap();
            }
            Err(error) => writeln!(text, "\nerror: {}\n", error.text()).unwrap(),
        }
    }
    text
}

/// Policies go by the operations that a tool declares, so it sends no other.
fn declared(entry: &Entry, request: &str, about: &str) {
    let tool = entry.spec;
    let (verb, rest) = request.split_once(' ').unwrap();
    let path = rest.split([' ', '?']).next().unwrap();
    let known = tool
        .operations
        .iter()
        .any(|sent| sent.verb == verb && is_of(sent.path, path));
    // `api_call` sends what it is told to.
    assert!(
        known || tool.name == "api_call",
        "`{}`, {about}: it does not declare {verb} {path}",
        tool.name
    );
}

/// True where the path is one of this template.
fn is_of(template: &str, path: &str) -> bool {
    let (mut fixed, mut rest) = (template, path);
    while let Some((before, hole)) = fixed.split_once('{') {
        let Some(after) = rest.strip_prefix(before) else {
            return false;
        };
        fixed = hole.split_once('}').unwrap().1;
        let next = fixed.split('{').next().unwrap();
        let end = if next.is_empty() {
            after.len()
        } else {
            match after.find(next) {
                Some(end) => end,
                None => return false,
            }
        };
        rest = &after[end..];
    }
    fixed == rest
}

/// Validates a structured answer against the output schema, as clients do.
fn fits(entry: &Entry, structured: &Value, about: &str) {
    let schema = Value::Object((**entry.tool.output_schema.as_ref().unwrap()).clone());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<String> = validator
        .iter_errors(structured)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(
        problems.is_empty(),
        "`{}`, {about}: {problems:#?}",
        entry.spec.name
    );
}

/// Replaces the values that differ in each run.
fn redact(request: &str) -> String {
    let Some(at) = request.find("\"idempotency_token\":\"") else {
        return request.to_owned();
    };
    let start = at + "\"idempotency_token\":\"".len();
    format!("{}<uuid>{}", &request[..start], &request[start + 36..])
}

#[tokio::test]
async fn every_table_tool_sends_and_shapes_as_promised() {
    let inventory = everything();
    for entry in inventory.entries() {
        if matches!(entry.spec.door, Door::Table(_)) {
            let text = tape(entry).await;
            insta::assert_snapshot!(format!("wire__{}", entry.spec.name), text);
        }
    }
}

#[tokio::test]
async fn every_behaviour_sends_and_shapes_as_promised() {
    let inventory = everything();
    for entry in inventory.entries() {
        if matches!(entry.spec.door, Door::Behaviour(_)) {
            let text = tape(entry).await;
            insta::assert_snapshot!(format!("wire__{}", entry.spec.name), text);
        }
    }
}

/// An inventory of every tool, over an unreachable workspace.
fn everything() -> Inventory {
    let selection = Selection {
        toolsets: vec!["all".to_owned()],
        ..Selection::default()
    };
    let nowhere = Workspaces::one(Err(Error::NotConfigured {
        missing: String::new(),
    }));
    Inventory::load(&selection, &nowhere).unwrap()
}
