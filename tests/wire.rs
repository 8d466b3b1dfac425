//! The requests of each tool, and its answer: by the cases of `tests/wire/<tool>.json`, or by one made from
//! the tool's schema.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use databricks_mcp::api;
use databricks_mcp::catalog::{Door, OPERATIONS};
use databricks_mcp::config::Settings;
use databricks_mcp::context::{Context, Progress, Workspace};
use databricks_mcp::error::Error;
use databricks_mcp::tools::{self, Entry, Inventory, Selection};
use databricks_mcp::transport::Call;
use databricks_mcp::workspaces::Workspaces;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use support::recorder::Recorder;
use support::specs::{self, Fault};

/// A call with the service's answers.
#[derive(Deserialize)]
struct Case {
    /// The point of the case.
    about: String,
    arguments: Map<String, Value>,
    /// Status and body, in order.
    answers: Vec<(u16, Value)>,
    /// Places in the answers that are other than the API documents say, each with the reason.
    #[serde(default)]
    beyond_specs: BTreeMap<String, String>,
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
        beyond_specs: BTreeMap::new(),
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

/// The text of all cases; what recorded answers have that the API documents lack is added to `faults`.
async fn tape(entry: &Entry, faults: &mut Vec<String>) -> String {
    let mut text = String::new();
    let tool = entry.spec.name;
    for case in cases(entry) {
        let recorder = Recorder::start(case.answers.clone()).await;
        let context = context(&recorder.host);
        let arguments = Value::Object(case.arguments.clone()).to_string();
        let outcome = tools::call(entry, &context, case.arguments.clone()).await;
        writeln!(text, "# {}\n{tool} {arguments}\n", case.about).unwrap();
        let mut found = Vec::new();
        let mut answers = case.answers.iter();
        for request in recorder.requests() {
            let operation = declared(entry, &request, &case.about);
            if let Some((200..=299, answer)) = answers.next() {
                found.extend(specs::faults(&operation, answer));
            }
            writeln!(text, "> {}", redact(&request)).unwrap();
        }
        faults.extend(recorded(tool, &case, &found));
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

/// What is wrong with the recorded answers of a case, beyond what it gives a reason for.
fn recorded(tool: &str, case: &Case, found: &[Fault]) -> Vec<String> {
    let place = format!("tests/wire/{tool}.json, {}", case.about);
    let open = found.iter();
    let open = open.filter(|fault| !case.beyond_specs.contains_key(&fault.place));
    let open = open.map(|fault| format!("{place}: `{}`: {}", fault.place, fault.reason));
    let said = case.beyond_specs.keys();
    let idle = said.filter(|said| found.iter().all(|fault| fault.place != **said));
    let idle = idle.map(|said| {
        format!("{place}: `{said}` is as the specs say; leave it out of `beyond_specs`")
    });
    open.chain(idle).collect()
}

/// Fails with every answer that is not as the API documents say.
fn held(faults: &[String]) {
    let text = faults.join("\n");
    assert!(
        faults.is_empty(),
        "\n{text}\nhint: correct the recorded answer, or give the place and the reason in its case's `beyond_specs`\n"
    );
}

/// The operation of a request. Policies go by those that a tool declares, so it sends no other.
fn declared(entry: &Entry, request: &str, about: &str) -> String {
    let tool = entry.spec;
    let (verb, rest) = request.split_once(' ').unwrap();
    let path = rest.split([' ', '?']).next().unwrap();
    // A hole at the end takes in all that follows, so the longest template is the one.
    let sent = tool.operations.iter();
    let sent = sent.filter(|sent| sent.verb == verb && is_of(sent.path, path));
    let sent = sent.max_by_key(|sent| sent.path.split('/').count());
    match sent {
        Some(sent) => sent.id.to_owned(),
        // `api_call` sends what it is told to.
        None if tool.name == "api_call" => {
            let all = OPERATIONS.iter();
            let found = all.filter(|known| known.verb == verb && is_of(known.path, path));
            let found = found.max_by_key(|known| known.path.split('/').count());
            found.map_or_else(String::new, |found| found.id.to_owned())
        }
        None => panic!(
            "`{}`, {about}: it does not declare {verb} {path}",
            tool.name
        ),
    }
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
    let mut faults = Vec::new();
    for entry in inventory.entries() {
        if matches!(entry.spec.door, Door::Table(_)) {
            let text = tape(entry, &mut faults).await;
            insta::assert_snapshot!(format!("wire__{}", entry.spec.name), text);
        }
    }
    held(&faults);
}

#[tokio::test]
async fn every_behaviour_sends_and_shapes_as_promised() {
    let inventory = everything();
    let mut faults = Vec::new();
    for entry in inventory.entries() {
        if matches!(entry.spec.door, Door::Behaviour(_)) {
            let text = tape(entry, &mut faults).await;
            insta::assert_snapshot!(format!("wire__{}", entry.spec.name), text);
        }
    }
    held(&faults);
}

#[test]
fn an_answer_that_the_specs_do_not_know_is_refused_where_it_is_written() {
    let found = |operation: &str, answer: Value| -> Vec<String> {
        let faults = specs::faults(operation, &answer);
        faults.into_iter().map(|fault| fault.place).collect()
    };
    let run = |name: &str| json!({ "run_id": 7, "tasks": [{ name: "https://h/run/7" }] });
    assert!(found("jobs.get_run", run("run_page_url")).is_empty());
    assert_eq!(
        found("jobs.get_run", run("page_url")),
        ["tasks.[].page_url"]
    );
    let wrong = json!({ "run_id": true, "status": { "state": "FROZEN" }, "tasks": null });
    assert_eq!(found("jobs.get_run", wrong), ["run_id", "status.state"]);
    assert_eq!(found("jobs.cancel_run", json!({ "run_id": 7 })), [""]);
    assert_eq!(found("jobs.nope", json!({})), [""]);
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
