//! The requests of each tool, and its answer: by the cases of `tests/wire/<tool>.json`, and by answers made
//! from the API documents.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod made;
mod support;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use databricks_mcp::catalog::{Door, Plan};
use databricks_mcp::config::Settings;
use databricks_mcp::context::{Context, Progress, Workspace};
use databricks_mcp::tools::{self, Entry};
use databricks_mcp::transport::Call;
use futures_util::{StreamExt, stream};
use made::answers;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use support::arguments;
use support::inventory::{everything, only_of_tools};
use support::recorder::Recorder;

/// Tools that are played at the same time.
const TOGETHER: usize = 16;

/// A call with the service's answers.
#[derive(Deserialize)]
struct Case {
    /// The point of the case.
    about: String,
    arguments: Map<String, Value>,
    /// Status and body, in order.
    answers: Vec<(u16, Value)>,
}

/// The cases written by hand and those made from the documents; where there are neither, one with an empty answer.
fn cases(entry: &Entry) -> Vec<Case> {
    let mut cases = written_cases(entry);
    if let Door::Table(plan) = &entry.spec.door {
        // Where cases are written, they show the arguments, some of which are looked up first.
        let arguments = if cases.is_empty() {
            arguments::made(entry)
        } else {
            arguments::required(entry)
        };
        cases.extend(made_cases(&arguments, plan));
    }
    if cases.is_empty() {
        cases.push(made_case(entry));
    }
    cases
}

fn written_cases(entry: &Entry) -> Vec<Case> {
    let path = Path::new("tests/wire").join(format!("{}.json", entry.spec.name));
    match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        Err(_) => Vec::new(),
    }
}

fn made_case(entry: &Entry) -> Case {
    Case {
        about: "every argument, an empty answer".to_owned(),
        arguments: arguments::made(entry),
        answers: vec![(200, json!({}))],
    }
}

/// Calls with answers made from the documents, which show every field that is shown.
fn made_cases(arguments: &Map<String, Value>, plan: &Plan) -> Vec<Case> {
    let cases = answers::answers(plan).into_iter();
    cases
        .map(|(about, answers)| Case {
            about: about.to_owned(),
            arguments: arguments.clone(),
            answers: answers.into_iter().map(|body| (200, body)).collect(),
        })
        .collect()
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

/// Plays the tools that one door serves, many at a time: some wait between two polls.
async fn plays(served: impl Fn(&Door) -> bool) {
    let inventory = everything();
    let entries = inventory.entries();
    let entries: Vec<&Entry> = entries.filter(|entry| served(&entry.spec.door)).collect();
    let tapes = stream::iter(entries.clone()).map(tape).buffered(TOGETHER);
    let tapes: Vec<String> = tapes.collect().await;
    for (entry, text) in entries.iter().zip(tapes) {
        insta::with_settings!({ snapshot_path => "snapshots/wire", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(entry.spec.name, text);
        });
    }
}

#[tokio::test]
async fn every_table_tool_sends_and_shapes_as_promised() {
    plays(|door| matches!(door, Door::Table(_))).await;
}

#[tokio::test]
async fn every_behaviour_sends_and_shapes_as_promised() {
    plays(|door| matches!(door, Door::Behaviour(_))).await;
}

#[test]
fn a_made_record_has_a_value_of_its_own_in_every_field() {
    let inventory = everything();
    for entry in inventory.entries() {
        let Door::Table(plan) = &entry.spec.door else {
            continue;
        };
        let mut values = BTreeMap::new();
        let record = answers::record(plan).unwrap_or_default();
        for (path, value) in leaves("", &record) {
            if let Some(other) = values.insert(value.clone(), path.clone()) {
                panic!("`{}`: {value} is in {other} and {path}", entry.spec.name);
            }
        }
    }
}

/// Every value but true and false, with its path.
fn leaves(path: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter();
            let inner = fields.map(|(name, value)| leaves(&format!("{path}.{name}"), value));
            inner.flatten().collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| leaves(path, item)).collect(),
        Value::Bool(_) | Value::Null => Vec::new(),
        other => vec![(path.to_owned(), other.to_string())],
    }
}

#[test]
fn what_lists_or_shows_has_an_answer_to_show() {
    let inventory = everything();
    for entry in inventory.entries() {
        let Door::Table(plan) = &entry.spec.door else {
            continue;
        };
        let shows = plan.paginate.is_some() || !plan.shape.fields.is_empty();
        let answered = |case: &Case| case.answers.iter().any(|(_, body)| *body != json!({}));
        let answered = cases(entry).iter().any(answered);
        assert!(answered || !shows, "`{}`", entry.spec.name);
    }
}

#[test]
fn made_times_follow_each_other_as_their_names_say() {
    let inventory = everything();
    let entry = inventory.find("get_run").unwrap();
    let Door::Table(plan) = &entry.spec.door else {
        panic!("get_run is a table tool");
    };
    let record = answers::record(plan).unwrap();
    let started = record["start_time"].as_u64().unwrap();
    assert!(started < record["end_time"].as_u64().unwrap(), "{record}");
}

#[test]
fn every_snapshot_is_of_a_tool() {
    only_of_tools("tests/snapshots/wire");
}
