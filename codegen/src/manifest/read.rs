//! Reads the manifest files and names every unknown key, not only the first.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{At, Effects, Index, Problem, Problems, Toolset, nearest};

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
}

/// Reads `specs/tools.yaml` and the toolset files it names; `specs` is the folder, and the places in
/// problems start with it.
pub fn read(specs: &Path, problems: &mut Problems) -> Source {
    let index_file = specs.join("tools.yaml");
    let index: Index = file(&index_file, problems).unwrap_or_default();
    let effects_file = specs.join("effects.yaml");
    let effects: Effects = file(&effects_file, problems).unwrap_or_default();
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
        let Some(toolset) = file::<Toolset>(&path, problems) else {
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
        if !named.contains(&name.value) && !tools.contains(name.value.as_str()) {
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
        if !known && path.extension().is_some_and(|ext| ext == "yaml") {
            problems.push(Problem {
                message: "toolset file that `tools.yaml` does not name".to_owned(),
                hint: Some(format!(
                    "add it to `toolsets` in `{}`",
                    index_file.display()
                )),
                file: path,
                line: 1,
                column: 1,
            });
        }
    }
    Source {
        index,
        index_file,
        toolsets,
        effects,
        effects_file,
    }
}

fn file<T: DeserializeOwned + schemars::JsonSchema>(
    path: &Path,
    problems: &mut Problems,
) -> Option<T> {
    let problem = |line, column, message, hint| Problem {
        file: path.to_owned(),
        line,
        column,
        message,
        hint,
    };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            problems.push(problem(1, 1, format!("cannot read: {error}"), None));
            return None;
        }
    };
    match serde_saphyr::from_str::<T>(&text) {
        Ok(value) => Some(value),
        Err(error) => {
            let schema = schemars::schema_for!(T).to_value();
            let mut unknown = Vec::new();
            if let Ok(tree) = serde_saphyr::from_str::<Node>(&text) {
                unknown_keys(&tree, &schema, &schema, &mut unknown);
            }
            if unknown.is_empty() {
                let place = error.location();
                problems.push(problem(
                    place.map_or(1, |place| place.line()),
                    place.map_or(1, |place| place.column()),
                    first_line(&error.without_snippet().to_string()),
                    None,
                ));
            }
            for (key, hint) in unknown {
                let message = format!("unknown key: `{}`", key.value);
                problems.push(problem(key.line, key.column, message, hint));
            }
            None
        }
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Any YAML, keys with their places.
enum Node {
    Map(Vec<(At<String>, Node)>),
    List(Vec<Node>),
    Scalar,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Node;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("YAML")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry::<At<String>, Node>()? {
                    entries.push(entry);
                }
                Ok(Node::Map(entries))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }

            fn visit_str<E>(self, _: &str) -> Result<Node, E> {
                Ok(Node::Scalar)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
                Ok(Node::Scalar)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
                Ok(Node::Scalar)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
                Ok(Node::Scalar)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
                Ok(Node::Scalar)
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

type UnknownKey = (At<String>, Option<String>);

fn unknown_keys(node: &Node, schema: &Value, root: &Value, found: &mut Vec<UnknownKey>) {
    let schema = object_form(schema, root);
    match node {
        Node::Map(entries) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let open = schema.get("additionalProperties");
            for (key, child) in entries {
                let known = properties.and_then(|properties| properties.get(&key.value));
                match (known, open) {
                    (Some(schema), _) => unknown_keys(child, schema, root, found),
                    (None, Some(Value::Bool(false))) => {
                        let names = properties.into_iter().flat_map(|map| map.keys());
                        let hint = nearest(&key.value, names.map(String::as_str));
                        found.push((key.clone(), hint));
                    }
                    (None, Some(schema)) => unknown_keys(child, schema, root, found),
                    (None, None) => {}
                }
            }
        }
        Node::List(items) => {
            if let Some(schema) = schema.get("items") {
                items
                    .iter()
                    .for_each(|item| unknown_keys(item, schema, root, found));
            }
        }
        Node::Scalar => {}
    }
}

/// Follows `$ref`, and of alternatives takes the one that is an object.
fn object_form<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let pointer = target.trim_start_matches('#');
        return root
            .pointer(pointer)
            .map_or(schema, |schema| object_form(schema, root));
    }
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    alternatives
        .into_iter()
        .flatten()
        .map(|form| object_form(form, root))
        .find(|form| form.get("properties").is_some())
        .unwrap_or(schema)
}
