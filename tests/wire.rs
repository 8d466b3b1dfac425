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

use databricks_mcp::catalog::{Access, Door, OPERATIONS, Plan};
use databricks_mcp::tools::{self, Entry};
use futures_util::{StreamExt, stream};
use made::answers;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use support::arguments;
use support::inventory::{everything, only_of_tools};
use support::recorder::{self, Recorder};
use support::specs::{self, Fault};

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
    /// Places in the answers that are other than the API documents say, each with the reason.
    #[serde(default)]
    beyond_specs: BTreeMap<String, String>,
    /// It is made from the documents, and holds on purpose what they do not know.
    #[serde(skip)]
    made: bool,
}

/// The cases written by hand and those made from the documents; where there are neither, one with an empty answer.
fn cases(entry: &Entry) -> Vec<Case> {
    let mut cases = written_cases(entry);
    if let Door::Table(plan) = &entry.spec.door {
        // Where cases are written, they show the arguments, some of which are looked up first.
        let arguments = if cases.is_empty() {
            arguments::apart(entry)
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
        arguments: arguments::apart(entry),
        answers: vec![(200, json!({}))],
        beyond_specs: BTreeMap::new(),
        made: true,
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
            beyond_specs: BTreeMap::new(),
            made: true,
        })
        .collect()
}

/// The text of all cases, and what is wrong with them: what recorded answers have that the API documents lack, and
/// that no answer shows anything, so that none could show a mistake.
async fn tape(entry: &Entry) -> (String, Vec<String>) {
    let (mut text, mut faults, mut shows) = (String::new(), Vec::new(), false);
    let tool = entry.spec.name;
    for case in cases(entry) {
        let recorder = Recorder::start(case.answers.clone()).await;
        let context = recorder::context(&recorder.host, "test");
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
        if !case.made {
            faults.extend(recorded(tool, &case, &found));
        }
        match outcome {
            Ok(answer) => {
                fits(entry, &answer.structured, &case.about);
                if entry.spec.access == Access::Read && answer.text.starts_with("Done") {
                    faults.push(format!("`{tool}`, {}: a read did nothing", case.about));
                }
                shows |= !leaves("", &answer.structured).is_empty();
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
    // A tool of this process alone has no answers of the service to show.
    if !shows && !entry.spec.operations.is_empty() {
        faults.push(format!(
            "`{tool}`: no answer shows a value; write one that does to tests/wire/{tool}.json"
        ));
    }
    (text, faults)
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
        "\n{text}\nhint: correct a recorded answer, or give the place and the reason in its case's `beyond_specs`\n"
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

/// Plays the tools that one door serves, many at a time: some wait between two polls.
async fn plays(served: impl Fn(&Door) -> bool) {
    let inventory = everything();
    let entries = inventory.entries();
    let entries: Vec<&Entry> = entries.filter(|entry| served(&entry.spec.door)).collect();
    let tapes = stream::iter(entries.clone()).map(tape).buffered(TOGETHER);
    let tapes: Vec<(String, Vec<String>)> = tapes.collect().await;
    let mut faults = Vec::new();
    for (entry, (text, found)) in entries.iter().zip(tapes) {
        faults.extend(found);
        insta::with_settings!({ snapshot_path => "snapshots/wire", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(entry.spec.name, text);
        });
    }
    held(&faults);
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
fn every_behaviour_has_a_case_of_its_own() {
    let inventory = everything();
    for entry in inventory.entries() {
        let table = matches!(entry.spec.door, Door::Table(_));
        let name = entry.spec.name;
        assert!(
            table || !written_cases(entry).is_empty(),
            "`{name}` has none\nhint: write tests/wire/{name}.json with an answer that shows what it reads"
        );
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
