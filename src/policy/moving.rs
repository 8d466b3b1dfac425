//! Moves from one place of the stores to another: what they take away, and what does not come along.

use serde_json::{Map, Value};

use super::{IfMissing, Target};
use crate::catalog::ToolSpec;
use crate::stores::{Remote, Store};

/// The tool that moves.
const TOOL: &str = "move_file";
/// What is said before a notebook may be moved: its results are not part of what the service gives out and takes back.
const LOSS: &str = "Of notebooks, what their cells had printed is not moved and is lost.";

/// What a move takes away: its source. A file and a folder of a volume are looked at in different ways.
pub(super) fn targets(tool: &ToolSpec, arguments: &Map<String, Value>) -> Vec<Target> {
    let Some(source) = source(tool, arguments) else {
        return Vec::new();
    };
    let (names, or_else): (&[&str], _) = match source.store {
        Store::Volume => (
            &["file_path", "directory_path"],
            Some("files.delete_directory"),
        ),
        Store::Dbfs | Store::Workspace => (&["path"], None),
    };
    let named = |name: &&str| ((*name).to_owned(), Value::from(source.path.as_str()));
    vec![Target {
        operation: source.store.deletes_by(),
        arguments: names.iter().map(named).collect(),
        name: None,
        or_else,
        if_missing: IfMissing::Fails,
    }]
}

/// The question of a move, with what is lost by it.
pub(super) fn with_loss(tool: &ToolSpec, arguments: &Map<String, Value>, asked: String) -> String {
    let source = source(tool, arguments).filter(|_| tool.name == TOOL);
    match source.map(|source| source.store) {
        Some(Store::Workspace) => format!("{asked} {LOSS}"),
        _ => asked,
    }
}

fn source(tool: &ToolSpec, arguments: &Map<String, Value>) -> Option<Remote> {
    let source = arguments.get("source").and_then(Value::as_str);
    Remote::parse(tool.name, source?).ok()
}
