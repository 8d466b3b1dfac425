//! The search for operations: everyday phrases find what they mean, and what is not served is said to be so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::sync::Arc;

use databricks_mcp::api::{self, Within};
use databricks_mcp::catalog::{OPERATIONS, PRESETS, TOOLS, TOOLSETS};
use databricks_mcp::connect::Connections;
use databricks_mcp::context::{Context, Progress, Workspace};
use databricks_mcp::tools::{self, Inventory, Selection};
use databricks_mcp::transport::Call;
use databricks_mcp::workspaces::Workspaces;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

mod support;

use support::pipe::{quick, settings};

/// The place by which an agent must have met the right operation.
const FIRST: usize = 3;

#[test]
fn everyday_phrases_find_what_they_mean_among_the_first_three() {
    let table = include_str!("search/phrases.txt");
    let rows: Vec<(&str, Vec<&str>)> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (words, wanted) = line.split_once(" -> ").unwrap();
            (words, wanted.split(" | ").collect())
        })
        .collect();
    assert!(rows.len() >= 150, "only {} phrases", rows.len());
    let mut astray = Vec::new();
    for (words, wanted) in &rows {
        for id in wanted {
            assert!(OPERATIONS.iter().any(|one| one.id == *id), "no {id}");
        }
        let found = api::search(words, Within::default(), FIRST);
        let found: Vec<&str> = found.iter().map(|one| one.id).collect();
        if !wanted.iter().any(|id| found.contains(id)) {
            astray.push(format!("{words}: {found:?}, not {wanted:?}"));
        }
    }
    assert!(astray.is_empty(), "{astray:#?}");
}

#[test]
fn a_misspelt_word_is_still_told() {
    for (words, wanted) in [
        ("clutser events", "clusters.events"),
        ("warehose stop", "warehouses.stop"),
        ("permision levels of a job", "jobs.get_permission_levels"),
    ] {
        let found = api::search(words, Within::default(), FIRST);
        assert!(
            found.iter().any(|one| one.id == wanted),
            "{words}: {found:?}"
        );
    }
}

#[tokio::test]
async fn what_is_not_served_is_said_with_the_flag_that_serves_it() {
    let default = Selection::default();
    let found = search(&default, "pipeline events").await;
    let row = &found["operations"][0];
    assert_eq!(row["operation"], "pipelines.list_pipeline_events");
    assert_eq!(row["tool"], "list_pipeline_events");
    assert_eq!(
        row["not_served"],
        "toolset `pipelines`: `--toolsets default,pipelines`"
    );
    let served = search(&default, "list jobs").await;
    assert_eq!(served["operations"][0]["tool"], "list_jobs");
    assert_eq!(served["operations"][0].get("not_served"), None);
    let read_only = Selection {
        read_only: true,
        ..Selection::default()
    };
    let found = search(&read_only, "run now").await;
    assert_eq!(
        found["operations"][0]["not_served"],
        "the server is read-only"
    );
    let all = selection("all");
    for words in ["pipeline events", "drop a table"] {
        let found = search(&all, words).await.to_string();
        assert!(!found.contains("not_served"), "{found}");
    }
}

#[test]
fn no_description_names_a_tool_that_is_not_served_without_saying_so() {
    let sets = PRESETS.iter().map(|(name, _)| *name);
    let sets: Vec<&str> = sets
        .chain(TOOLSETS.iter().map(|(name, _, _)| *name))
        .collect();
    let mut said = 0;
    for set in ["default"].into_iter().chain(sets) {
        let inventory = inventory(&selection(set));
        for tool in inventory.tools() {
            let schema = serde_json::to_string(&tool.input_schema).unwrap();
            let text = tool.description.as_deref().unwrap();
            let (names, note) = text.split_once(" Not served here: ").unwrap_or((text, ""));
            for other in TOOLS {
                let named = words(names)
                    .chain(words(&schema))
                    .any(|word| word == other.name);
                let served = inventory.find(other.name).is_ok();
                let noted = words(note).any(|word| word == other.name);
                said += usize::from(noted && !served);
                assert!(!named || served || noted, "{set}: {}: {text}", tool.name);
                assert!(!(noted && served), "{set}: {}: {text}", tool.name);
            }
        }
    }
    assert!(said > 5, "only {said} are said");
}

/// The words of a text; the name of an operation is one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "_./".contains(c)));
    words.map(|word| word.trim_matches('.'))
}

async fn search(selection: &Selection, words: &str) -> Value {
    let workspace = Workspace::open_with(
        &settings("http://127.0.0.1:9"),
        &Connections::default(),
        quick(),
    );
    let mut context = Context::new(
        Arc::new(workspace.unwrap()),
        Call::new("api_search"),
        CancellationToken::new(),
        Progress::Silent,
    );
    let inventory = inventory(selection);
    context.absent = inventory.absent().clone();
    let Value::Object(arguments) = json!({ "words": words }) else {
        panic!("arguments are an object")
    };
    let entry = inventory.find("api_search").unwrap();
    let answer = tools::call(entry, &context, arguments).await.unwrap();
    answer.structured
}

fn selection(set: &str) -> Selection {
    Selection {
        toolsets: vec![set.to_owned()],
        ..Selection::default()
    }
}

fn inventory(selection: &Selection) -> Inventory {
    let nowhere = Workspaces::nowhere(&[]);
    Inventory::load(selection, &nowhere).unwrap()
}
