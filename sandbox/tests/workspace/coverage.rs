//! Every operation behind a tool is served.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::client::client;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The operations behind all tools, as `generated/TOOLS.md` names them in its last column.
fn behind_tools() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("generated/TOOLS.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let mut named = BTreeSet::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_end_matches([' ', '|']).split(" | ").collect();
        let names = cells.last().unwrap().split('`').skip(1).step_by(2);
        named.extend(names.filter(|name| name.contains('.')).map(str::to_owned));
    }
    named
}

/// Verb and path of every operation of the workspace's documents.
pub(crate) fn paths() -> BTreeMap<String, (String, String)> {
    let mut all = BTreeMap::new();
    for file in fs::read_dir(root().join("specs/databricks")).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap();
        if name.ends_with(".account.json") {
            continue;
        }
        let document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (verb, operation) in item.as_object().unwrap() {
                if let Some(id) = operation["operationId"].as_str() {
                    all.insert(id.to_owned(), (verb.to_uppercase(), path.clone()));
                }
            }
        }
    }
    all
}

/// The path with something in the place of every parameter.
pub(crate) fn filled(template: &str) -> String {
    let segments = template
        .split('{')
        .enumerate()
        .map(|(nth, part)| match nth {
            0 => part.to_owned(),
            // A parameter that spans slashes stands right behind the text before it.
            _ => format!("x{}", part.split_once('}').unwrap().1),
        });
    let path = segments.collect::<String>();
    path.replace("directoriesx", "directories/x")
        .replace("filesx", "files/x")
}

#[tokio::test]
async fn every_operation_behind_a_tool_is_served() {
    let client = client(1000.0);
    let paths = paths();
    let named = behind_tools();
    assert!(named.len() > 250, "{}", named.len());
    let mut missing = Vec::new();
    for operation in &named {
        let (verb, template) = &paths[operation];
        let path = filled(template);
        let response = client
            .request(verb, &path)
            .json(&json!({}))
            .send()
            .await
            .unwrap();
        let answer = response.text().await.unwrap();
        if answer.contains("No API found for") {
            missing.push(format!("{operation} ({verb} {template})"));
        }
    }
    assert!(
        missing.is_empty(),
        "{} missing:\n{}",
        missing.len(),
        missing.join("\n")
    );
}
