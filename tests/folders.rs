//! Promise: whoever does not know where a file is finds it folder by folder from `/` on, and a folder in the place of a
//! file, or a path of another place, is told with what to write instead. The built binary against the sandbox.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::path::PathBuf;

use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use support::binary::{Binary, Era, text};

/// Folders of the three stores.
const STORES: [&str; 3] = [
    "/Volumes/main/default/landing/found",
    "dbfs:/tmp/found",
    "/Workspace/Shared/found",
];

struct Stage {
    _sandbox: Running,
    server: Binary,
    folder: tempfile::TempDir,
}

/// A server that shares a folder with a file `here.csv` and a folder `sub` in it.
fn stage() -> Stage {
    let sandbox = Sandbox::start(Options {
        speed: 1_000.0,
        ..Options::default()
    })
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("here.csv"), "a\n1\n").unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    let variables = [
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_MCP_ROOTS", folder.path().to_str().unwrap()),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
    ];
    let server = Binary::start(Era::Session, &variables);
    Stage {
        _sandbox: sandbox,
        server,
        folder,
    }
}

impl Stage {
    fn call(&mut self, tool: &str, arguments: &Value) -> (bool, Value, String) {
        let result = self.server.call(tool, arguments.clone());
        let said = text(&result);
        let fails = result["isError"] == true;
        (fails, result["structuredContent"].clone(), said)
    }

    fn ok(&mut self, tool: &str, arguments: Value) -> (Value, String) {
        let (fails, page, said) = self.call(tool, &arguments);
        assert!(!fails, "{tool} {arguments}: {said}");
        (page, said)
    }

    /// The refusal of a call, in which each of these stands.
    fn refused(&mut self, tool: &str, arguments: Value, words: &[&str]) {
        let (fails, _, said) = self.call(tool, &arguments);
        assert!(fails, "{tool} {arguments}: {said}");
        for word in words {
            assert!(said.contains(word), "{tool} {arguments}, `{word}`: {said}");
        }
    }

    fn folders(&mut self, path: &str) -> Vec<String> {
        let (page, _) = self.ok("list_files", json!({ "path": path }));
        let files = page["files"].as_array().unwrap().iter();
        let folders = files.filter(|file| file["type"] == "folder");
        let paths = folders.map(|file| file["path"].as_str().unwrap().to_owned());
        paths.collect()
    }

    fn here(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<PathBuf> = entries
            .map(|entry| PathBuf::from(entry.unwrap().file_name()))
            .collect();
        names.sort();
        names
    }
}

#[test]
fn every_folder_is_found_from_the_one_above() {
    let mut stage = stage();
    let mut path = "/".to_owned();
    for below in [
        "/Volumes",
        "/Volumes/main",
        "/Volumes/main/default",
        "/Volumes/main/default/landing",
    ] {
        let found = stage.folders(&path);
        assert!(found.iter().any(|one| one == below), "{path}: {found:?}");
        path = below.to_owned();
    }
    let (_, said) = stage.ok("list_files", json!({}));
    for store in ["/Volumes", "/Workspace", "dbfs:/"] {
        assert!(said.contains(store), "{said}");
        stage.ok("list_files", json!({ "path": store }));
    }
    let file = "/Volumes/main/default/landing/found/deep.txt";
    stage.ok("upload_file", json!({ "path": file, "content": "x" }));
    let all = json!({ "path": "/Volumes/main", "recursive": true, "contains": "deep" });
    let (page, _) = stage.ok("list_files", all);
    assert_eq!(page["files"][0]["path"], file, "{page}");
    let volume = json!({ "path": "/Volumes/main/default" });
    stage.refused(
        "list_volume_files",
        volume,
        &["list_files goes from /Volumes"],
    );
    for (path, word) in [
        ("/nowhere", "`dbfs:/…`"),
        ("main.default.landing", "`/Volumes/main/default/landing`"),
        ("Volumes/main", "`/Volumes/main`"),
        ("s3://bucket/x", "volume"),
    ] {
        stage.refused("list_files", json!({ "path": path }), &[word]);
    }
}

#[test]
fn a_folder_in_the_place_of_a_file_is_told_with_what_mends_it() {
    let mut stage = stage();
    for store in STORES {
        let file = format!("{store}/a.txt");
        stage.ok("upload_file", json!({ "path": file, "content": "hello" }));
        let into = format!("{store}/");

        // As a target.
        let name = "append the name of the file";
        for path in [store, &into] {
            let text = json!({ "path": path, "content": "x" });
            stage.refused("upload_file", text, &["folder", name]);
        }
        let here = format!("{store}/here.csv");
        let up = json!({ "path": store, "local_path": "here.csv" });
        stage.refused("upload_file", up, &["folder", name, &here]);
        for tool in ["copy_file", "move_file"] {
            let onto = json!({ "source": file, "target": store });
            stage.refused(tool, onto, &["folder", name, &file]);
        }
        stage.ok(
            "upload_file",
            json!({ "path": into, "local_path": "here.csv" }),
        );
        let other = format!("{store}/other/");
        stage.ok("copy_file", json!({ "source": file, "target": other }));
        let copied = format!("{store}/other/a.txt");
        stage.ok("download_file", json!({ "path": copied }));

        // As a source.
        let all = "`recursive: true`";
        stage.refused(
            "download_file",
            json!({ "path": store }),
            &["folder", all, "list_files"],
        );
        let down = json!({ "path": store, "local_path": "down" });
        stage.refused("download_file", down, &["folder", all]);
        let copy = json!({ "source": store, "target": format!("{store}-2") });
        stage.refused("copy_file", copy, &["folder", all]);
        let up = json!({ "path": format!("{store}/x"), "local_path": "sub" });
        stage.refused("upload_file", up, &["folder", all]);

        // A notebook's tools are held to the same.
        if store.starts_with("/Workspace") {
            stage.refused(
                "export_notebook",
                json!({ "path": store }),
                &["folder", "list_files"],
            );
            let onto = json!({ "path": into, "content": "print(1)", "language": "PYTHON" });
            stage.refused("import_notebook", onto, &["folder", "append the name"]);
        }

        // A file where a folder is wanted.
        let no = "leave `recursive` out";
        let up = json!({ "path": store, "local_path": "here.csv", "recursive": true });
        stage.refused("upload_file", up, &["file", no]);
        let down = json!({ "path": file, "local_path": "down", "recursive": true });
        stage.refused("download_file", down, &["file", no]);
    }
}

#[test]
fn a_path_of_another_place_makes_no_folder_here() {
    let mut stage = stage();
    let before = stage.here();
    for (path, words) in [
        ("dbfs:/x.csv", ["DBFS", "/Volumes/"]),
        ("/Workspace/Shared/x.csv", ["workspace", "/Volumes/"]),
        ("/FileStore/x.csv", ["DBFS", "/Volumes/"]),
        ("s3://bucket/x.csv", ["`s3:`", "volume"]),
        ("abfss://c@a/x.csv", ["`abfss:`", "volume"]),
        ("~/x.csv", ["`~`", "whole path"]),
        ("$HOME/x.csv", ["`$HOME`", "whole path"]),
        (
            "Volumes/main/default/landing/x.csv",
            ["`/Volumes/main/default/landing/x.csv`", "workspace"],
        ),
    ] {
        let save = json!({ "statement": "SELECT 1 AS a", "save_to": path });
        stage.refused("execute_sql", save, &words);
    }
    let file = format!("{}/a.txt", STORES[0]);
    stage.ok("upload_file", json!({ "path": file, "content": "hello" }));
    for path in ["dbfs:/x", "s3://bucket/x", "~/x", "Workspace/x"] {
        let down = json!({ "path": file, "local_path": path });
        stage.refused("download_file", down, &["local path", "hint: "]);
    }
    assert_eq!(stage.here(), before);
    let address = format!("file:{}/named.csv", stage.folder.path().display());
    stage.ok(
        "download_file",
        json!({ "path": file, "local_path": address }),
    );
    assert!(stage.folder.path().join("named.csv").is_file());
}
