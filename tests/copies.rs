//! Promise: files, notebooks and whole folders are copied and moved between and within the three stores, compared
//! before anything is deleted, and never through the model. The built binary against the sandbox.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use support::binary::{Binary, Era, text};

/// Folders of the three stores.
const STORES: [&str; 3] = [
    "/Volumes/main/default/landing/copies",
    "dbfs:/tmp/copies",
    "/Workspace/Shared/copies",
];

/// A notebook in a language that its source does not tell from Python's by its first line.
const SOURCE: &str = "# Databricks notebook source\n# MAGIC %md\n# MAGIC # caf\u{e9} \u{1f600}\n\n# COMMAND ----------\n\nx <- 1\n";

struct Stage {
    sandbox: Running,
    server: Binary,
}

fn stage() -> Stage {
    let sandbox = Sandbox::start(Options {
        speed: 1_000.0,
        check_answers: true,
        ..Options::default()
    })
    .unwrap();
    let server = server(&sandbox, &[("DATABRICKS_MCP_YES", "true")]);
    Stage { sandbox, server }
}

fn server(sandbox: &Running, more: &[(&str, &str)]) -> Binary {
    let mut variables = vec![
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
    ];
    variables.extend(more);
    Binary::start(Era::Session, &variables)
}

impl Stage {
    fn ok(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.server.call(tool, arguments.clone());
        let said = text(&result);
        assert_ne!(result["isError"], true, "{tool} {arguments}: {said}");
        result["structuredContent"].clone()
    }

    fn refused(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.server.call(tool, arguments.clone());
        let said = text(&result);
        assert_eq!(result["isError"], true, "{tool} {arguments}: {said}");
        said
    }

    fn notebook(&mut self, path: &str) {
        let (folder, _) = path.rsplit_once('/').unwrap();
        self.ok("create_workspace_directory", json!({ "path": folder }));
        let arguments =
            json!({ "path": path, "content": SOURCE, "format": "SOURCE", "language": "R" });
        self.ok("import_notebook", arguments);
    }

    fn exported(&mut self, path: &str) -> Value {
        self.ok("export_notebook", json!({ "path": path }))
    }

    fn write(&mut self, path: &str, content: &str) {
        self.ok("upload_file", json!({ "path": path, "content": content }));
    }

    fn read(&mut self, path: &str) -> Value {
        self.ok("download_file", json!({ "path": path }))["content"].clone()
    }

    /// The paths below a folder, without it.
    fn below(&mut self, folder: &str) -> Vec<String> {
        let listed = self.ok("list_files", json!({ "path": folder, "recursive": true }));
        let files = listed["files"].as_array().unwrap().iter();
        let plain = folder.trim_start_matches("dbfs:");
        let mut paths: Vec<String> = files
            .map(|file| {
                let path = file["path"].as_str().unwrap();
                let (_, below) = path.split_once(plain).unwrap_or_else(|| panic!("{path}"));
                below.trim_matches('/').to_owned()
            })
            .collect();
        paths.sort();
        paths
    }
}

#[test]
fn a_notebook_stays_one_in_its_language_and_is_source_code_elsewhere() {
    let mut stage = stage();
    let at = |name: &str| format!("{}/{name}", STORES[2]);
    stage.notebook(&at("one #?"));
    let pair = |target: &str| json!({ "source": at("one #?"), "target": target });
    let copied = stage.ok("copy_file", pair(&at("deep/er/two")));
    assert_eq!(copied["type"], "notebook", "{copied}");
    assert_eq!(copied["bytes"], SOURCE.len(), "{copied}");
    let note = copied["note"].as_str().unwrap();
    assert!(note.contains("not what their cells had printed"), "{note}");
    let two = stage.exported(&at("deep/er/two"));
    assert_eq!(two["content"], SOURCE);
    assert_eq!(two["file_type"], "r");
    let taken = stage.refused("copy_file", pair(&at("deep/er/two")));
    assert!(taken.contains("already exists"), "{taken}");
    let mut again = pair(&at("deep/er/two"));
    again["overwrite"] = json!(true);
    stage.ok("copy_file", again);
    for store in &STORES[..2] {
        let target = format!("{store}/one.r");
        let copied = stage.ok("copy_file", pair(&target));
        assert_eq!(copied["type"], "file", "{copied}");
        assert_eq!(stage.read(&target), SOURCE);
    }
    stage.ok("move_file", pair(&at("three")));
    assert_eq!(stage.exported(&at("three"))["content"], SOURCE);
    stage.refused("export_notebook", json!({ "path": at("one #?") }));
}

#[test]
fn whole_folders_are_copied_and_moved_with_the_empty_ones_in_them() {
    let mut stage = stage();
    for (number, store) in STORES.iter().enumerate() {
        let at = |name: &str| format!("{store}/{name}");
        stage.write(&at("from/a.txt"), "a");
        stage.write(&at("from/deep/er/b c.txt"), "b");
        let mut wanted = vec!["a.txt", "deep", "deep/er", "deep/er/b c.txt", "empty"];
        match number {
            0 => stage.ok(
                "create_volume_directory",
                json!({ "path": at("from/empty") }),
            ),
            1 => stage.ok("dbfs_mkdirs", json!({ "path": at("from/empty") })),
            _ => {
                stage.notebook(&at("from/deep/nb"));
                wanted.insert(4, "deep/nb");
                stage.ok(
                    "create_workspace_directory",
                    json!({ "path": at("from/empty") }),
                )
            }
        };
        let folder = |source: &str, target: &str| json!({ "source": at(source), "target": at(target), "recursive": true });
        let needs = json!({ "source": at("from"), "target": at("copy") });
        let needs = stage.refused("copy_file", needs);
        assert!(needs.contains("recursive"), "{needs}");
        let inside = stage.refused("copy_file", folder("from", "from/deep/x"));
        assert!(inside.contains("inside of it"), "{inside}");
        let copied = stage.ok("copy_file", folder("from", "copy"));
        assert_eq!(copied["files"], 2 + usize::from(number == 2), "{copied}");
        assert_eq!(stage.below(&at("copy")), wanted, "{store}");
        let mut moved = folder("copy", "moved");
        // DBFS moves by itself where nothing is to be replaced.
        moved["overwrite"] = json!(true);
        stage.ok("move_file", moved);
        assert_eq!(stage.below(&at("moved")), wanted, "{store}");
        assert_eq!(stage.read(&at("moved/deep/er/b c.txt")), "b");
        let gone = stage.refused("list_files", json!({ "path": at("copy") }));
        assert!(!gone.is_empty());
    }
    // Across the stores, where a notebook becomes a file of its language.
    let source = format!("{}/moved", STORES[2]);
    for store in &STORES[..2] {
        let target = format!("{store}/of the tree");
        let asked = json!({ "source": source, "target": target, "recursive": true });
        let copied = stage.ok("copy_file", asked);
        assert_eq!(copied["files"], 3, "{copied}");
        assert_eq!(stage.read(&format!("{target}/deep/nb.r")), SOURCE);
        assert!(stage.below(&target).contains(&"empty".to_owned()));
    }
}

#[test]
fn nothing_is_copied_or_moved_onto_itself() {
    let mut stage = stage();
    stage.write("/Workspace/Shared/itself.txt", "here");
    for tool in ["copy_file", "move_file"] {
        let asked = json!({ "source": "/Workspace/Shared/itself.txt", "target": "/Shared/itself.txt", "overwrite": true });
        let refused = stage.refused(tool, asked);
        assert!(refused.contains("the source and the target"), "{refused}");
    }
    assert_eq!(stage.read("/Workspace/Shared/itself.txt"), "here");
}

#[test]
fn a_move_asks_first_and_a_copy_only_before_it_replaces() {
    let mut stage = stage();
    stage.write("dbfs:/tmp/asks.txt", "here");
    let mut unsaid = server(&stage.sandbox, &[]);
    let pair = json!({ "source": "dbfs:/tmp/asks.txt", "target": "/Volumes/main/default/landing/asks.txt" });
    let result = unsaid.call("move_file", pair.clone());
    assert_eq!(result["isError"], true, "{result}");
    assert!(
        text(&result).contains("and delete it at dbfs:/tmp/asks.txt"),
        "{}",
        text(&result)
    );
    assert_eq!(stage.read("dbfs:/tmp/asks.txt"), "here");
    let result = unsaid.call("copy_file", pair);
    assert_ne!(result["isError"], true, "{result}");
}
