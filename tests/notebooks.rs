//! Promise: notebooks enter and leave the workspace in every format, long ones do not fill an answer, and an edit
//! changes the cells that it names and no others. The built binary against the sandbox.
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

const SOURCE: &str = "# Databricks notebook source\n# MAGIC %md\n# MAGIC # Load\n\n# COMMAND ----------\n\n\
                      # DBTITLE 1,Count, twice\nx = 1\nprint(x)\n\n\n# COMMAND ----------\n\n# MAGIC %sql\n\
                      # MAGIC SELECT 1\n";

struct Stage {
    sandbox: Running,
    server: Binary,
    folder: tempfile::TempDir,
}

/// A server that shares a folder of this machine.
fn stage() -> Stage {
    stage_that(&[("DATABRICKS_MCP_YES", "true")])
}

fn stage_that(more: &[(&str, &str)]) -> Stage {
    let sandbox = Sandbox::start(Options {
        speed: 1_000.0,
        check_answers: true,
        ..Options::default()
    })
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = server(&sandbox, &folder, more);
    Stage {
        sandbox,
        server,
        folder,
    }
}

fn server(sandbox: &Running, folder: &tempfile::TempDir, more: &[(&str, &str)]) -> Binary {
    let mut variables = vec![
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_MCP_ROOTS", folder.path().to_str().unwrap()),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
    ];
    variables.extend_from_slice(more);
    Binary::start(Era::Session, &variables)
}

impl Stage {
    fn local(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn whole(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.server.call(tool, arguments.clone());
        assert_ne!(
            result["isError"],
            true,
            "{tool} {arguments}: {}",
            text(&result)
        );
        result
    }

    fn ok(&mut self, tool: &str, arguments: Value) -> Value {
        self.whole(tool, arguments)["structuredContent"].clone()
    }

    fn refused(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.server.call(tool, arguments.clone());
        assert_eq!(
            result["isError"],
            true,
            "{tool} {arguments}: {}",
            text(&result)
        );
        text(&result)
    }

    fn source(&mut self, path: &str) -> String {
        let read = self.ok("export_notebook", json!({ "path": path }));
        read["content"].as_str().unwrap().to_owned()
    }

    /// The most memory that the server has held, in MiB.
    fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
        kilobytes.parse::<u64>().unwrap() / 1024
    }
}

#[test]
fn a_notebook_survives_the_round_trip_in_every_format() {
    let mut stage = stage();
    stage.ok(
        "import_notebook",
        json!({ "path": "/Shared/n", "content": SOURCE }),
    );
    // The language of R Markdown is R, whatever the notebook was.
    for (format, extension) in [
        ("SOURCE", "py"),
        ("JUPYTER", "ipynb"),
        ("HTML", "html"),
        ("DBC", "dbc"),
        ("AUTO", "py"),
        ("R_MARKDOWN", "Rmd"),
    ] {
        let saved = stage.ok(
            "export_notebook",
            json!({ "path": "/Shared/n", "format": format, "local_path": format!("{format}/") }),
        );
        let file = format!("{format}/n.{extension}");
        let bytes = std::fs::read(stage.local(&file)).unwrap();
        assert_eq!(saved["bytes"], bytes.len(), "{saved}");
        let path = format!("/Shared/from_{format}");
        let written = stage.ok(
            "import_notebook",
            json!({ "path": path, "local_path": file }),
        );
        let language = if format == "R_MARKDOWN" {
            "R"
        } else {
            "PYTHON"
        };
        assert_eq!(
            (&written["path"], &written["type"], &written["language"]),
            (&json!(path), &json!("NOTEBOOK"), &json!(language)),
            "{format}"
        );
        let back = stage.source(&path);
        match format {
            "SOURCE" | "AUTO" => assert_eq!(back, SOURCE),
            // The other forms know no titles of cells.
            _ => assert!(back.contains("print(x)") && back.contains("%sql"), "{back}"),
        }
    }
    stage.refused(
        "export_notebook",
        json!({ "path": "/Shared/n", "format": "DBC", "local_path": "DBC/" }),
    );
    stage.ok(
        "export_notebook",
        json!({ "path": "/Shared/n", "format": "DBC", "local_path": "DBC/", "overwrite": true }),
    );
    stage.refused(
        "export_notebook",
        json!({ "path": "/Shared/n", "local_path": "../n.py" }),
    );
    stage.refused(
        "import_notebook",
        json!({ "path": "/Shared/m", "local_path": "../n.py" }),
    );
}

#[test]
fn text_is_text_even_if_it_looks_like_base64() {
    let mut stage = stage();
    for content in [
        "aGVsbG8=",
        "line\r\nline\r\n",
        "\u{feff}marked \u{1f680}",
        "",
    ] {
        stage.ok(
            "import_notebook",
            json!({ "path": "/Shared/plain 100%#?.txt", "content": content, "format": "RAW", "overwrite": true }),
        );
        let read = stage.ok(
            "get_workspace_file_content",
            json!({ "path": "/Shared/plain 100%#?.txt" }),
        );
        assert_eq!(read["content"], content);
    }
    stage.ok(
        "import_notebook",
        json!({ "path": "/Shared/plain", "content": "aGVsbG8=", "encoding": "base64", "format": "RAW" }),
    );
    let read = stage.ok(
        "get_workspace_file_content",
        json!({ "path": "/Shared/plain" }),
    );
    assert_eq!(read["content"], "hello");
}

#[test]
fn the_language_comes_from_the_argument_the_first_line_or_the_extension() {
    let mut stage = stage();
    for (name, more, language) in [
        (
            "a",
            json!({ "content": "-- Databricks notebook source\nSELECT 1" }),
            "SQL",
        ),
        (
            "b",
            json!({ "content": "// Databricks notebook source\n1" }),
            "SCALA",
        ),
        ("c.sql", json!({ "content": "SELECT 1" }), "SQL"),
        (
            "d.r",
            json!({ "content": "# Databricks notebook source\nx" }),
            "R",
        ),
        (
            "e.py",
            json!({ "content": "SELECT 1", "language": "SQL" }),
            "SQL",
        ),
        ("f", json!({ "local_path": "job.scala" }), "SCALA"),
    ] {
        std::fs::write(stage.local("job.scala"), "1").unwrap();
        let mut arguments = more;
        arguments["path"] = json!(format!("/Shared/{name}"));
        let written = stage.ok("import_notebook", arguments);
        assert_eq!(written["language"], language, "{name}");
    }
    let refused = stage.refused(
        "import_notebook",
        json!({ "path": "/Shared/g", "content": "x" }),
    );
    assert!(refused.contains("`language` is needed"), "{refused}");
    // What the arguments do not tell is told before anything is sent.
    let refused = stage.refused("import_notebook", json!({ "path": "/Shared/g" }));
    assert!(refused.contains("`content` and `local_path`"), "{refused}");
}

#[test]
fn a_notebook_of_ten_megabytes_is_previewed_and_saved_whole() {
    let mut stage = stage();
    let cell = format!("\n\n# COMMAND ----------\n\nx = '{}'\n", "data ".repeat(20));
    let count = 9_900_000 / cell.len();
    let whole = format!(
        "# Databricks notebook source\nfirst = 1\n{}",
        cell.repeat(count)
    );
    std::fs::write(stage.local("large.py"), &whole).unwrap();
    stage.ok(
        "import_notebook",
        json!({ "path": "/Shared/large", "local_path": "large.py" }),
    );
    let small = json!({ "path": "/Shared/small", "content": SOURCE, "language": "PYTHON" });
    stage.ok("import_notebook", small);
    // What the import took is no part of what the export takes.
    stage.server = server(
        &stage.sandbox,
        &stage.folder,
        &[("DATABRICKS_MCP_YES", "true")],
    );
    stage.ok("export_notebook", json!({ "path": "/Shared/small" }));
    let rest = stage.peak();
    let answer = stage.whole("export_notebook", json!({ "path": "/Shared/large" }));
    let grown = stage.peak() - rest;
    // The answer of the service in base64 takes 13 MiB, and is decoded where it stands.
    assert!(grown < 20, "{grown} MiB above {rest}");
    assert!(answer.to_string().len() < 10_000);
    assert!(text(&answer).contains("first = 1") && text(&answer).contains("goes on"));
    let content = answer["structuredContent"].clone();
    assert_eq!(content["cells"], count + 1);
    // Where it says, it goes on.
    let next = stage.ok(
        "export_notebook",
        json!({ "path": "/Shared/large", "offset": content["next_offset"] }),
    );
    let read = [&content, &next].map(|part| part["content"].as_str().unwrap());
    assert!(whole.starts_with(&read.concat()));
    let last = stage.ok(
        "export_notebook",
        json!({ "path": "/Shared/large", "cells": format!("{}-", count + 1) }),
    );
    let last = last["content"].as_str().unwrap();
    assert!(
        last.starts_with(&format!("--- cell {} ---\nx = 'data ", count + 1)),
        "{last}"
    );
    stage.ok(
        "export_notebook",
        json!({ "path": "/Shared/large", "local_path": "back.py" }),
    );
    assert!(std::fs::read_to_string(stage.local("back.py")).unwrap() == whole);
}

#[test]
fn an_edit_changes_its_cells_and_tells_the_difference() {
    let mut stage = stage();
    for source in [SOURCE.to_owned(), SOURCE.replace('\n', "\r\n")] {
        stage.ok(
            "import_notebook",
            json!({ "path": "/Shared/n", "content": source, "language": "PYTHON", "overwrite": true }),
        );
        let read = stage.ok("export_notebook", json!({ "path": "/Shared/n" }));
        let edited = stage.ok(
            "edit_notebook",
            json!({ "path": "/Shared/n", "version": read["version"], "edits": [
                { "do": "replace_text", "find": "x = 1\nprint", "with": "x = 2\nprint" },
                { "do": "move", "cell": 3, "to": 1 },
                { "do": "insert", "source": "%sql\nSELECT 2" },
            ] }),
        );
        assert_eq!(edited["cells"], 4);
        assert_eq!(
            edited["diff"],
            "@@ cell 3 -> 1 @@\n@@ cell 2 -> 3 @@\n [Count, twice]\n-x = 1\n+x = 2\n print(x)\n\
             @@ cell 4, new @@\n+%sql\n+SELECT 2\n"
        );
        let wanted = "# Databricks notebook source\n# MAGIC %sql\n# MAGIC SELECT 1\n\n# COMMAND ----------\n\n\
                      # MAGIC %md\n# MAGIC # Load\n\n# COMMAND ----------\n\n# DBTITLE 1,Count, twice\nx = 2\n\
                      print(x)\n\n# COMMAND ----------\n\n# MAGIC %sql\n# MAGIC SELECT 2\n";
        let there = stage.source("/Shared/n");
        assert_eq!(there.replace("\r\n", "\n"), wanted);
        assert_eq!(there.contains('\r'), source.contains('\r'));

        // What was read first is no longer there.
        let refused = stage.refused(
            "edit_notebook",
            json!({ "path": "/Shared/n", "version": read["version"], "edits": [{ "do": "delete", "cell": 1 }] }),
        );
        assert!(refused.contains("changed since it was read"), "{refused}");
        let refused = stage.refused(
            "edit_notebook",
            json!({ "path": "/Shared/n", "edits": [{ "do": "delete", "cell": 1 }, { "do": "delete", "cell": 5 }] }),
        );
        assert!(refused.contains("there is no cell 5"), "{refused}");
        assert_eq!(stage.source("/Shared/n"), there);
        // The version that an edit tells is the one for the next.
        stage.ok(
            "edit_notebook",
            json!({ "path": "/Shared/n", "version": edited["version"], "edits": [{ "do": "delete", "cell": 1 }] }),
        );
    }
}

#[test]
fn the_user_is_asked_by_the_notebook_and_the_number_of_changes() {
    let mut stage = stage_that(&[]);
    stage.ok(
        "import_notebook",
        json!({ "path": "/Shared/n", "content": SOURCE }),
    );
    let asked = stage.refused(
        "edit_notebook",
        json!({ "path": "/Shared/n", "edits": [{ "do": "delete", "cell": 1 }, { "do": "delete", "cell": 2 }] }),
    );
    assert!(
        asked.contains(r#"Change cells of notebook /Shared/n (edits: [{"do":"delete","cell":1},{"#),
        "{asked}"
    );
    assert_eq!(stage.source("/Shared/n"), SOURCE);
    // Nobody is asked about what is not there.
    let missing = stage.refused(
        "edit_notebook",
        json!({ "path": "/Shared/none", "edits": [{ "do": "delete", "cell": 1 }] }),
    );
    assert!(missing.contains("doesn't exist"), "{missing}");
}
