//! The manifest of the repository with an edit, against the API documents as they are.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use databricks_codegen::manifest::{self, Problems};
use databricks_codegen::spec::Api;
use databricks_codegen::tables::{self, Tables, laid_out, tool_spec::Door};
use serde_json::{Value, json};

static API: LazyLock<Api> =
    LazyLock::new(|| Api::load(&specs().join("databricks")).expect("the documents"));

fn specs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs")
}

/// One edit: the file below `specs/`, what stands there once, and what stands there now; where nothing stood, it is
/// added at the end.
pub type Edit = (&'static str, &'static str, &'static str);

/// The tables of the edited manifest, and what is wrong with it, by paths below `specs/`.
pub fn build(edits: &[Edit]) -> (Tables, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("specs");
    std::fs::create_dir_all(root.join("tools")).expect("a folder");
    let mut copied = vec![
        "tools.yaml".to_owned(),
        "effects.yaml".to_owned(),
        "overlay.yaml".to_owned(),
        "SOURCE.toml".to_owned(),
        "removed.yaml".to_owned(),
    ];
    for entry in std::fs::read_dir(specs().join("tools")).expect("the manifest") {
        let name = entry.expect("a file").file_name();
        copied.push(format!("tools/{}", name.to_string_lossy()));
    }
    for file in copied {
        let text = std::fs::read_to_string(specs().join(&file)).expect("a file");
        // A checkout may have converted line endings.
        let mut text = text.replace("\r\n", "\n");
        for (_, old, new) in edits.iter().filter(|(edited, ..)| *edited == file) {
            assert!(text.contains(old), "{file} has no {old:?}");
            if old.is_empty() {
                text.push_str(new);
            } else {
                text = text.replacen(old, new, 1);
            }
        }
        std::fs::write(root.join(&file), text).expect("a file");
    }
    let mut problems = Problems::default();
    let source = manifest::read(&root, &mut problems);
    let tables = tables::build(&API, &source, &mut problems);
    let told = problems.to_string();
    let told = told.replace(&format!("{}/", folder.path().display()), "");
    let told = told.lines().map(|line| placed(line, folder.path()) + "\n");
    (tables, told.collect::<String>().trim_end().to_owned())
}

/// A line of what is told with the text at its place, which stays when other lines of the manifest come or go.
fn placed(told: &str, folder: &Path) -> String {
    if let Some(lines) = told.strip_prefix("  used in line") {
        return format!("  used in {} lines more", lines.split(',').count());
    }
    let mut parts = told.splitn(4, ':');
    let (path, line, column, rest) = (parts.next(), parts.next(), parts.next(), parts.next());
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<usize>().ok());
    let (Some(path), Some(line), Some(column), Some(rest)) =
        (path, number(line), number(column), rest)
    else {
        return told.to_owned();
    };
    let text = std::fs::read_to_string(folder.join(path)).expect("a file that has a place");
    let at = text.lines().nth(line - 1).expect("a line");
    let at: String = at.chars().skip(column - 1).take(40).collect();
    format!("{path} at `{}`:{rest}", at.trim_end())
}

/// What a reviewer sees of every tool: the decisions, and what is listed.
pub fn seen(tables: &Tables) -> Vec<(String, String)> {
    let tools = tables.tools.0.iter();
    let seen = tools.map(|tool| {
        let read = |schema: &str| serde_json::from_str::<Value>(schema).unwrap_or_default();
        let listed = json!({
            "title": tool.title,
            "description": tool.description,
            "inputSchema": read(&tool.input_schema),
            "outputSchema": read(&tool.output_schema),
            "idempotent": tool.idempotent,
            "behaviour": matches!(tool.door, Door::Behaviour(_)),
        });
        let text = format!("{}\n{}\n", tables.decisions(tool), laid_out(&listed));
        (tool.name.clone(), text)
    });
    seen.collect()
}
