//! Files that are no UTF-8: nearly text is shown as text, and what is no text is said to be base64.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::sync::Arc;

use databricks_mcp::connect::Connections;
use databricks_mcp::context::{Context, Progress, Workspace};
use databricks_mcp::shape::Answer;
use databricks_mcp::tools::{self, Inventory, Selection};
use databricks_mcp::transport::Call;
use databricks_mcp::workspaces::Workspaces;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

mod support;

use support::misbehaving::{Act, Misbehaving};
use support::pipe::{quick, settings};

/// The answer of download_file for a file of these bytes.
async fn download(bytes: &[u8]) -> Answer {
    let act = Act::Answer(200, Vec::new(), bytes.to_vec());
    let server = Misbehaving::acts([act]).await;
    let workspace = Workspace::open_with(&settings(&server.host), &Connections::default(), quick());
    let context = Context::new(
        Arc::new(workspace.unwrap()),
        Call::new("download_file"),
        CancellationToken::new(),
        Progress::Silent,
    );
    let selection = Selection {
        tools: vec!["download_file".to_owned()],
        ..Selection::default()
    };
    let nowhere = Workspaces::nowhere(&[]);
    let inventory = Inventory::load(&selection, &nowhere).unwrap();
    let Value::Object(arguments) = json!({ "path": "/Volumes/a/b/c/d" }) else {
        panic!("arguments are an object")
    };
    let entry = inventory.find("download_file").unwrap();
    tools::call(entry, &context, arguments).await.unwrap()
}

#[tokio::test]
async fn text_of_another_encoding_costs_its_characters_only() {
    let answer = download(b"prix: 5 \x80, caf\xe9, and more words").await;
    assert_eq!(answer.text, "prix: 5 \u{fffd}, caf\u{fffd}, and more words");
    assert_eq!(answer.structured.get("encoding"), None);
}

#[tokio::test]
async fn bytes_that_are_no_text_are_said_to_be_base64() {
    let answer = download(&[0, 1, 2, 255, 254, 0]).await;
    assert_eq!(answer.structured["content"], "AAEC//4A");
    assert_eq!(answer.structured["encoding"], "base64");
    assert!(answer.text.contains("encoding: base64"), "{}", answer.text);
}

#[tokio::test]
async fn a_text_that_happens_to_be_base64_is_that_text() {
    let answer = download(b"AAEC//4A").await;
    assert_eq!(answer.text, "AAEC//4A");
    assert_eq!(answer.structured.get("encoding"), None);
}
