//! Reads the manifest files. A fault of one entry hides no other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::tree::{Fault, FaultKind, Node, faults};
use super::{
    At, Correction, Effects, Index, Problem, Problems, Removed, Toolset, nearest, removed,
};

/// The manifest as it stands in `specs/`.
#[derive(Debug, Default)]
pub struct Source {
    /// `tools.yaml`.
    pub index: Index,
    /// Path of `tools.yaml`.
    pub index_file: PathBuf,
    /// Every toolset with its file, in the order of the index.
    pub toolsets: Vec<(PathBuf, Toolset)>,
    /// `effects.yaml`.
    pub effects: Effects,
    /// Path of `effects.yaml`.
    pub effects_file: PathBuf,
    /// `overlay.yaml`, as far as the build holds it to the documents.
    pub overlay: Vec<At<Correction>>,
    /// Path of `overlay.yaml`.
    pub overlay_file: PathBuf,
    /// `removed.yaml`.
    pub removed: Vec<Removed>,
    /// The version of the SDK from which the documents come, of `SOURCE.toml`; empty where nothing says.
    pub version: String,
    /// False if a file could not be read: what names its tools is then not wrong.
    pub whole: bool,
}

/// Reads `specs/tools.yaml` and the toolset files it names; `specs` is the folder, and the places in
/// problems start with it.
pub fn read(specs: &Path, problems: &mut Problems) -> Source {
    let index_file = specs.join("tools.yaml");
    let index: Option<Index> = file(&index_file, &form::<Index>(), problems);
    let effects_file = specs.join("effects.yaml");
    let effects: Option<Effects> = file(&effects_file, &form::<Effects>(), problems);
    let overlay_file = specs.join("overlay.yaml");
    let overlay: Vec<At<Correction>> = if_there(&overlay_file, problems);
    let removed: Vec<Removed> = if_there(&specs.join(removed::FILE), problems);
    let mut whole = index.is_some() && effects.is_some();
    let indexed = index.is_some();
    let index = index.unwrap_or_default();
    let toolset_form = form::<Toolset>();
    let mut toolsets = Vec::new();
    let mut named = BTreeSet::new();
    for name in &index.toolsets {
        named.insert(name.value.clone());
        let path = specs.join("tools").join(format!("{}.yaml", name.value));
        if !path.is_file() {
            problems.add(
                &index_file,
                name,
                format!("toolset `{}` has no file", name.value),
                Some(format!("create `{}`", path.display())),
            );
            continue;
        }
        let Some(toolset) = file::<Toolset>(&path, &toolset_form, problems) else {
            whole = false;
            continue;
        };
        if toolset.toolset != *name {
            problems.add(
                &path,
                &toolset.toolset,
                format!(
                    "toolset `{}` stands in a file of another name",
                    toolset.toolset.value
                ),
                Some(format!("call it `{}`", name.value)),
            );
        }
        toolsets.push((path, toolset));
    }
    let tools = toolsets.iter().flat_map(|(_, toolset)| &toolset.tools);
    let tools: BTreeSet<&str> = tools.map(|tool| tool.name.value.as_str()).collect();
    for name in index.default.iter().chain(index.presets.values().flatten()) {
        if whole && !named.contains(&name.value) && !tools.contains(name.value.as_str()) {
            let known = named
                .iter()
                .map(String::as_str)
                .chain(tools.iter().copied());
            problems.add(
                &index_file,
                name,
                format!("unknown toolset or tool: `{}`", name.value),
                nearest(&name.value, known),
            );
        }
    }
    let stray = std::fs::read_dir(specs.join("tools")).into_iter().flatten();
    for path in stray.filter_map(|entry| Some(entry.ok()?.path())) {
        let known = path
            .file_stem()
            .is_some_and(|stem| named.contains(&*stem.to_string_lossy()));
        if indexed && !known && path.extension().is_some_and(|ext| ext == "yaml") {
            problems.push(Problem {
                message: "toolset file that `tools.yaml` does not name".to_owned(),
                hint: Some(format!(
                    "add it to `toolsets` in `{}`",
                    index_file.display()
                )),
                file: path,
                line: 1,
                column: 1,
                used: BTreeSet::new(),
            });
        }
    }
    Source {
        index,
        index_file,
        toolsets,
        effects: effects.unwrap_or_default(),
        effects_file,
        overlay,
        removed,
        overlay_file,
        version: version(&specs.join("SOURCE.toml")),
        whole,
    }
}

/// The schema of a file's form.
fn form<T: schemars::JsonSchema>() -> Value {
    schemars::schema_for!(T).to_value()
}

/// Reads a file that need not be there, or say anything.
fn if_there<T: DeserializeOwned + schemars::JsonSchema + Default>(
    path: &Path,
    problems: &mut Problems,
) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    // A file of comments alone is YAML of nothing.
    let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    text.lines()
        .any(says)
        .then(|| file(path, &form::<T>(), problems))
        .flatten()
        .unwrap_or_default()
}

/// Reads a file; every fault of its form is a problem. `None` where what is left cannot be read.
fn file<T: DeserializeOwned>(path: &Path, schema: &Value, problems: &mut Problems) -> Option<T> {
    let problem = |line, column, message, hint| Problem {
        file: path.to_owned(),
        line,
        column,
        message,
        hint,
        used: BTreeSet::new(),
    };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            problems.push(problem(1, 1, format!("cannot read: {error}"), None));
            return None;
        }
    };
    let unparsed = |error: serde_saphyr::Error| {
        if let Some((line, column)) = tab(&text) {
            let hint = "indent with spaces; YAML takes no tabs there".to_owned();
            return problem(
                line,
                column,
                "a tab in the indentation".to_owned(),
                Some(hint),
            );
        }
        let place = error.location();
        let line = place.map_or(1, |place| place.line());
        let column = place.map_or(1, |place| place.column());
        let told = error.without_snippet().to_string();
        let (message, hint) = in_our_words(&told, line, column);
        problem(line, column, message, Some(hint))
    };
    let tree = match serde_saphyr::from_str::<At<Node>>(&text) {
        Ok(tree) => tree,
        Err(error) => {
            problems.push(unparsed(error));
            return None;
        }
    };
    let faults = faults(&tree, schema);
    let mut unread = false;
    for fault in &faults {
        unread |= matches!(fault.kind, FaultKind::Unreadable);
        let (message, hint) = (fault.message.clone(), fault.hint.clone());
        problems.add(path, &fault.at, message, hint);
    }
    if unread {
        return None;
    }
    match serde_saphyr::from_str::<T>(&mended(&text, &faults)) {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(unparsed(error));
            None
        }
    }
}

/// The text with misspelt words as they are meant, each in its place.
fn mended(text: &str, faults: &[Fault]) -> String {
    let mut words = BTreeMap::new();
    for fault in faults {
        if let FaultKind::Misspelt(meant) = &fault.kind {
            let place = (fault.at.line, fault.at.column);
            words.insert(place, (fault.at.value.as_str(), meant.as_str()));
        }
    }
    let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    // From the end, so that places before stay.
    for ((line, column), (said, meant)) in words.into_iter().rev() {
        let index = usize::try_from(line).unwrap_or(usize::MAX).wrapping_sub(1);
        let before = usize::try_from(column)
            .unwrap_or(usize::MAX)
            .saturating_sub(1);
        let Some(line) = lines.get_mut(index) else {
            continue;
        };
        let start: String = line.chars().take(before).collect();
        let rest: String = line.chars().skip(before).collect();
        *line = format!("{start}{}", rest.replacen(said, meant, 1));
    }
    lines.join("\n")
}

/// What the parser says, with a way out.
fn in_our_words(told: &str, line: u64, column: u64) -> (String, String) {
    let first = told.lines().next().unwrap_or_default();
    let place = format!(" at line {line}, column {column}");
    let first = first.replace(&place, "");
    if let Some(key) = first.strip_prefix("duplicate mapping key: ") {
        let key = key.split(',').next().unwrap_or(key);
        return (
            format!("the key `{key}` stands twice"),
            "keep one".to_owned(),
        );
    }
    let hint = if let Some(number) = first.strip_prefix("expected seconds such as `45s`, found ") {
        format!("write `{}s`", number.trim_matches('`'))
    } else if first.contains("quoted") {
        "close the quote that is open, here or in a line before".to_owned()
    } else {
        "compare it with the entries around; `specs/tools.schema.json` has every key".to_owned()
    };
    (first.trim_end_matches('.').to_owned(), hint)
}

/// The place of the first tab in an indentation.
fn tab(text: &str) -> Option<(u64, u64)> {
    for (line, number) in text.lines().zip(1..) {
        let mut blank = line.chars().take_while(|c| c.is_whitespace()).zip(1..);
        if let Some((_, column)) = blank.find(|(c, _)| *c == '\t') {
            return Some((number, column));
        }
    }
    None
}

/// The version of the SDK from which the documents come; empty where nothing says.
fn version(source: &Path) -> String {
    let text = std::fs::read_to_string(source).unwrap_or_default();
    let version = text
        .lines()
        .find_map(|line| line.strip_prefix("version = "));
    version.unwrap_or_default().trim_matches('"').to_owned()
}
