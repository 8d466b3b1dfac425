//! The manifest of the repository with an edit, against the API documents as they are.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::ops::Range;
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

/// One edit: the file below `specs/`, what stands there, and what stands there now.
///
/// `tools/jobs.yaml#get_job` is the entry of one tool, so that the text can be short and nothing that others change
/// around it matters. `…` in the old text is whatever stands between its two ends. Where nothing stood, the new text
/// is added at the end. [`ENTRY`] as the old text is the whole entry, and in a later new text what was taken out.
pub type Edit = (&'static str, &'static str, &'static str);

/// The whole entry of a tool.
pub const ENTRY: &str = "<entry>";

/// Every file of the manifest by its path below `specs/`.
type Files = BTreeMap<String, String>;

static FILES: LazyLock<Files> = LazyLock::new(|| {
    let folder = std::fs::read_dir(specs().join("tools")).expect("the manifest");
    let tools = folder.map(|entry| {
        let name = entry.expect("a file").file_name();
        format!("tools/{}", name.to_string_lossy())
    });
    let others = [
        "tools.yaml",
        "effects.yaml",
        "overlay.yaml",
        "SOURCE.toml",
        "removed.yaml",
    ];
    let names = others.map(str::to_owned).into_iter().chain(tools);
    let read = names.map(|name| {
        let text = std::fs::read_to_string(specs().join(&name)).expect("a file");
        // A checkout may have converted line endings.
        (name, text.replace("\r\n", "\n"))
    });
    read.collect()
});

/// Fails with every edit that no longer finds its place, all at once: the manifest has moved on, and the mistake that
/// the edit stood for is no longer made.
pub fn apply<'a>(all: impl IntoIterator<Item = (&'a str, &'a [Edit])>) {
    let all = all.into_iter();
    let stale: Vec<String> = all
        .filter_map(|(what, edits)| {
            let stale = edited(edits).err()?;
            Some(format!("\"{what}\": {stale}"))
        })
        .collect();
    assert!(
        stale.is_empty(),
        "\n{}\nhint: the manifest has changed there. Give each of these edits, in this file, a text that stands in \
         the manifest now and makes the same mistake; then run this test with INSTA_UPDATE=always and read the \
         snapshot\n",
        stale.join("\n")
    );
}

/// The files after the edits.
fn edited(edits: &[Edit]) -> Result<Files, String> {
    let mut files = FILES.clone();
    let mut cut = String::new();
    for (place, old, new) in edits {
        let (file, tool) = place.split_once('#').unwrap_or((place, ""));
        let text = files
            .get_mut(file)
            .ok_or_else(|| format!("no file `specs/{file}`"))?;
        let entry =
            entry(text, tool).ok_or_else(|| format!("`specs/{file}` has no tool `{tool}`"))?;
        let found = match *old {
            "" => text.len()..text.len(),
            ENTRY => entry,
            old => {
                let within = text.get(entry.clone()).unwrap_or_default();
                let found = find(within, old)
                    .ok_or_else(|| format!("`specs/{place}` no longer has {old:?}"))?;
                entry.start + found.start..entry.start + found.end
            }
        };
        if *old == ENTRY {
            cut = text.get(found.clone()).unwrap_or_default().to_owned();
        }
        text.replace_range(found, &new.replace(ENTRY, &cut));
    }
    Ok(files)
}

/// The place of a tool's entry; of all the text where no tool is named.
fn entry(text: &str, tool: &str) -> Option<Range<usize>> {
    const NAME: &str = "  - name: ";
    if tool.is_empty() {
        return Some(0..text.len());
    }
    let start = text.find(&format!("{NAME}{tool}\n"))?;
    let rest = text.get(start + NAME.len()..)?;
    let end = rest.find(&format!("\n{NAME}"));
    let end = end.map_or(text.len(), |end| start + NAME.len() + end + 1);
    Some(start..end)
}

/// The first place of a text with at most one `…`.
fn find(text: &str, wanted: &str) -> Option<Range<usize>> {
    let (first, last) = wanted.split_once('…').unwrap_or((wanted, ""));
    let start = text.find(first)?;
    let after = start + first.len();
    let end = after + text.get(after..)?.find(last)? + last.len();
    Some(start..end)
}

/// The tables of the edited manifest, and what is wrong with it, by paths below `specs/`.
pub fn build(edits: &[Edit]) -> (Tables, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("specs");
    std::fs::create_dir_all(root.join("tools")).expect("a folder");
    let files = edited(edits).unwrap_or_else(|stale| panic!("{stale}"));
    for (file, text) in files {
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
