//! Turns manifest and API into the rows the server compiles: checks everything, then prints Rust.

mod check;
mod decisions;
mod effects;
mod emit;
mod facts;
mod fields;
mod idempotency;
mod idle;
mod input;
mod layout;
mod lookup;
mod nearest;
mod objects;
mod operations;
mod output;
mod overlay;
mod paginate;
mod parts;
mod plan;
mod questions;
mod until;
mod wait;

use std::path::Path;

use crate::manifest::{At, Problems, Source};
use crate::spec::Api;

pub use layout::laid_out;

pub use crate::catalog::{List, Text, facts::Facts, tool_spec};

/// A manifest file and the facts it is checked against.
struct Room<'a> {
    api: &'a Api,
    source: &'a Source,
    file: &'a Path,
    problems: &'a mut Problems,
}

impl<'a> Room<'a> {
    /// The same with another file.
    fn in_file<'b>(&'b mut self, file: &'b Path) -> Room<'b>
    where
        'a: 'b,
    {
        Room {
            api: self.api,
            source: self.source,
            file,
            problems: self.problems,
        }
    }
}

/// Everything the server compiles.
#[derive(Debug)]
pub struct Tables {
    /// The tools, in the order in which they are listed.
    pub tools: List<tool_spec::ToolSpec>,
    /// Every toolset: name, sentence, whether it is on by default.
    pub toolsets: List<(Text, Text, bool)>,
    /// Every preset with its toolsets and single tools, `default` first and `all` last.
    pub presets: List<(Text, List<Text>)>,
    /// Waiting for what operations start, by the operation that starts it.
    pub waits: List<(Text, tool_spec::Wait)>,
    /// Answers that are one object in pages.
    pub objects: List<tool_spec::Paged>,
    /// Parameters that are checked before an operation is sent.
    pub checked: List<tool_spec::Checked>,
    /// Operations that do nothing twice for one token, by id: the token's name and place.
    pub tokens: List<(Text, Text, tool_spec::Place)>,
    /// Every operation there is, by id.
    pub operations: List<tool_spec::Operation>,
}

/// Checks the manifest against the API and builds the tables; what is wrong is added to `problems`.
pub fn build(api: &Api, source: &Source, problems: &mut Problems) -> Tables {
    check::names(source, problems);
    questions::differ(source, problems);
    let mut operations: Vec<_> = api.operations().map(lookup::row).collect();
    let mut room = Room {
        api,
        source,
        file: &source.effects_file,
        problems,
    };
    effects::effects(&mut room, &mut operations);
    overlay::overlay(&mut room.in_file(&source.overlay_file));
    let mut tools = Vec::new();
    for (file, toolset) in &source.toolsets {
        for tool in &toolset.tools {
            let mut room = Room {
                api,
                source,
                file,
                problems,
            };
            if let Some(row) = plan::tool(&mut room, &toolset.toolset.value, tool) {
                let primary = row.operations.0.iter().filter(|sent| sent.primary);
                let primary: Vec<_> = primary
                    .filter_map(|sent| operations.iter().find(|known| known.id == sent.id))
                    .collect();
                effects::fits(&mut room, tool, &row.door, &primary);
                tools.push(row);
            }
        }
    }
    let mut room = Room {
        api,
        source,
        file: &source.index_file,
        problems,
    };
    let waits = wait::waits(&mut room, &tools);
    let objects = objects::objects(&mut room);
    let checked = objects::checked(&mut room, &tools);
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
        waits,
        objects,
        checked,
        tokens: idempotency::tokens(api),
        operations: List(operations),
    }
}

fn presets(source: &Source) -> List<(Text, List<Text>)> {
    let names = |names: &[At<String>]| names.iter().map(|name| name.value.clone()).collect();
    let index = &source.index;
    let named = index
        .presets
        .iter()
        .map(|(preset, parts)| (preset.clone(), names(parts)));
    std::iter::once(("default".to_owned(), names(&index.default)))
        .chain(named)
        .chain(std::iter::once(("all".to_owned(), names(&index.toolsets))))
        .collect()
}

/// The facts of every operation, for what no table tool covers.
#[must_use]
pub fn facts(api: &Api) -> Facts {
    facts::facts(api)
}

impl Tables {
    /// What was decided about a tool and its listing does not show, line by line, for the eyes of a reviewer.
    #[must_use]
    pub fn decisions(&self, tool: &tool_spec::ToolSpec) -> String {
        decisions::decisions(self, tool)
    }

    /// The tables as Rust source.
    #[must_use]
    pub fn to_rust(&self) -> String {
        emit::rust(self)
    }
}
