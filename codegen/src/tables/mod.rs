//! Turns manifest and API into the rows the server compiles: checks everything, then prints Rust.

mod check;
mod emit;
mod facts;
mod input;
mod nearest;
mod output;
mod plan;
mod step;
mod wait;

/// The rows' types, shared with the server.
#[path = "../../../src/catalog/tool_spec.rs"]
pub mod tool_spec;

use std::path::Path;

use crate::manifest::{At, Problems, Source};
use crate::spec::Api;

/// Owned text; prints as a Rust string.
pub type Text = String;

/// A list that prints as a Rust slice.
#[derive(Clone)]
pub struct List<T>(pub Vec<T>);

impl<T: std::fmt::Debug> std::fmt::Debug for List<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("&")?;
        f.debug_list().entries(&self.0).finish()
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// A manifest file and the facts it is checked against.
struct Room<'a> {
    api: &'a Api,
    source: &'a Source,
    file: &'a Path,
    problems: &'a mut Problems,
}

/// Everything the server compiles.
#[derive(Debug)]
pub struct Tables {
    /// The tools, in the order in which they are listed.
    pub tools: List<tool_spec::ToolSpec>,
    /// Every toolset: name, sentence, whether it is on by default.
    pub toolsets: List<(Text, Text, bool)>,
    /// Every preset and its toolsets, `default` first and `all` last.
    pub presets: List<(Text, List<Text>)>,
    /// Every operation there is, by id.
    pub operations: List<tool_spec::Operation>,
}

/// Checks the manifest against the API and builds the tables; what is wrong is added to `problems`.
pub fn build(api: &Api, source: &Source, problems: &mut Problems) -> Tables {
    check::names(source, problems);
    let mut tools = Vec::new();
    for (file, toolset) in &source.toolsets {
        for tool in &toolset.tools {
            let mut room = Room {
                api,
                source,
                file,
                problems,
            };
            tools.extend(plan::tool(&mut room, &toolset.toolset.value, tool));
        }
    }
    let default = |name: &str| source.index.default.iter().any(|on| on.value == name);
    Tables {
        tools: List(tools),
        toolsets: source
            .toolsets
            .iter()
            .map(|(_, set)| {
                let name = set.toolset.value.clone();
                let on = default(&name);
                (name, set.describe.clone(), on)
            })
            .collect(),
        presets: presets(source),
        operations: api
            .operations()
            .map(|operation| tool_spec::Operation {
                id: operation.id.clone(),
                verb: operation.verb.clone(),
                path: operation.path.clone(),
                account: operation.level == crate::spec::Level::Account,
                deprecated: operation.deprecated,
                documented: !operation.added,
                stage: operation.stage.clone().unwrap_or_default(),
            })
            .collect(),
    }
}

fn presets(source: &Source) -> List<(Text, List<Text>)> {
    let names = |names: &[At<String>]| names.iter().map(|name| name.value.clone()).collect();
    let index = &source.index;
    let named = index
        .presets
        .iter()
        .map(|(preset, toolsets)| (preset.clone(), names(toolsets)));
    std::iter::once(("default".to_owned(), names(&index.default)))
        .chain(named)
        .chain(std::iter::once(("all".to_owned(), names(&index.toolsets))))
        .collect()
}

/// The facts of every operation as JSON, for what no table tool covers.
#[must_use]
pub fn facts(api: &Api) -> serde_json::Value {
    facts::facts(api)
}

impl Tables {
    /// The tables as Rust source.
    #[must_use]
    pub fn to_rust(&self) -> String {
        emit::rust(self)
    }
}
