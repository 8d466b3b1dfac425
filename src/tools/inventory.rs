//! The tools this server serves, as tools/list returns them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::Value;

use super::Selection;
use super::near::{Near, answers_to, near};
use super::schema::Schema;
use crate::behaviours::{self, OwnCode, OwnTool};
use crate::catalog::{Access, Door, TOOLS, ToolSpec};
use crate::error::Error;
use crate::hints::Absent;
use crate::policy::Exclusion;
use crate::shape;
use crate::workspaces::Workspaces;

/// Characters of an unknown name in its error.
const SHOWN: usize = 100;

/// The argument by which a call says how large its answer may be. Every tool takes it; it is listed where answers are
/// large as a rule.
pub const MAX_TOKENS: &str = "max_tokens";
/// The tools that list it.
const LIST_IT: [&str; 1] = ["api_call"];

/// One tool: its spec, and what clients see of it.
#[derive(Debug)]
pub struct Entry {
    /// As `build.rs` wrote it.
    pub spec: &'static ToolSpec,
    /// As tools/list returns it.
    pub tool: Tool,
    /// The server takes `max_tokens` out of its arguments; no argument of its own has this name.
    pub takes_max_tokens: bool,
    /// The code of a tool of the embedding program.
    pub(super) own: Option<OwnCode>,
    pub(super) listed: OnceLock<Result<Schema, Error>>,
    pub(super) deep: OnceLock<Result<Schema, Error>>,
}

/// Every tool that is served, in the order in which they are listed.
#[derive(Debug)]
pub struct Inventory {
    entries: Vec<Entry>,
    by_name: HashMap<&'static str, usize>,
    selection: Selection,
    absent: Absent,
}

impl Inventory {
    /// The tools of a selection, over these workspaces.
    ///
    /// # Errors
    /// Fails if the selection names something that does not exist, or if a spec cannot be listed, which is a fault
    /// of the build.
    pub fn load(selection: &Selection, workspaces: &Workspaces) -> Result<Self, Error> {
        Self::with_own(selection, workspaces, Vec::new())
    }

    /// The tools of a selection, and after them those of the embedding program.
    ///
    /// # Errors
    /// As [`Inventory::load`]; or if a tool has the name of another.
    pub(crate) fn with_own(
        selection: &Selection,
        workspaces: &Workspaces,
        own: Vec<OwnTool>,
    ) -> Result<Self, Error> {
        let specs = selection.specs()?;
        let problems = taken(&own);
        if !problems.is_empty() {
            return Err(Error::Selection { problems });
        }
        let absent = absent(selection, &specs);
        let mut entries = specs
            .into_iter()
            .map(|spec| entry(spec, selection.read_only, workspaces))
            .collect::<Result<Vec<_>, _>>()?;
        let reads = |tool: &OwnTool| !selection.read_only || tool.spec.access == Access::Read;
        let own = own.into_iter().filter(reads);
        entries.extend(own.map(|tool| own_entry(tool, selection.read_only, workspaces)));
        entries
            .iter_mut()
            .for_each(|entry| say_absent(&mut entry.tool, &absent));
        let by_name = entries
            .iter()
            .enumerate()
            .flat_map(|(index, entry)| answers_to(entry.spec).map(move |name| (name, index)))
            .collect();
        Ok(Self {
            entries,
            by_name,
            selection: selection.clone(),
            absent,
        })
    }

    /// The tools that are not served.
    #[must_use]
    pub fn absent(&self) -> &Absent {
        &self.absent
    }

    /// The tools, as tools/list returns them.
    #[must_use]
    pub fn tools(&self) -> Vec<Tool> {
        self.entries
            .iter()
            .map(|entry| entry.tool.clone())
            .collect()
    }

    /// Every tool that is served.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The tool of this name or alias.
    ///
    /// # Errors
    /// Fails if the tool is not served or does not exist. The error names the nearest tools and says how to have
    /// one served.
    pub fn find(&self, name: &str) -> Result<&Entry, Error> {
        let index = self.by_name.get(name);
        if let Some(entry) = index.and_then(|index| self.entries.get(*index)) {
            return Ok(entry);
        }
        if let Some(spec) = TOOLS
            .iter()
            .find(|spec| answers_to(spec).any(|known| known == name))
        {
            return Err(Error::NotServed {
                name: name.to_owned(),
                hint: self.how_to_serve(spec),
            });
        }
        let served = |spec: &ToolSpec| self.by_name.contains_key(spec.name);
        let hint = match near(name, served) {
            Near::Meant(spec) if served(spec) => format!("did you mean `{}`?", spec.name),
            Near::Meant(spec) => {
                format!("did you mean `{}`? {}", spec.name, self.how_to_serve(spec))
            }
            Near::Sharing(word, specs) => {
                let named = specs.iter().map(|spec| {
                    let note = if served(spec) {
                        ""
                    } else {
                        " (not served here)"
                    };
                    format!("`{}`{note}", spec.name)
                });
                let named: Vec<String> = named.collect();
                format!(
                    "tools with `{word}`: {}; tools/list names every tool",
                    named.join(", ")
                )
            }
            Near::Nothing => {
                "tools/list names every tool; api_search finds any operation of the REST API"
                    .to_owned()
            }
        };
        Err(Error::UnknownTool {
            name: shape::one_line(name, SHOWN),
            hint,
        })
    }

    /// The reason why a tool is not served, and what the user can do about it.
    fn how_to_serve(&self, spec: &ToolSpec) -> String {
        match why_absent(&self.selection, &self.selection.exclusion(), spec) {
            Why::Writes => "it writes, and the server is in read-only mode".to_owned(),
            Why::Excluded => format!(
                "the user has excluded it, or its toolset `{}`",
                spec.toolset
            ),
            Why::TakenAlong => "the user has excluded what it does".to_owned(),
            Why::Off { flag } => format!(
                "it belongs to toolset `{}`, which is off; the user can start the server with `{flag}`",
                spec.toolset
            ),
        }
    }
}

/// The reason why a tool is not served.
enum Why {
    Writes,
    Excluded,
    /// What it does is excluded, by other tools.
    TakenAlong,
    /// The flag that would serve it.
    Off {
        flag: String,
    },
}

fn why_absent(selection: &Selection, exclusion: &Exclusion, spec: &ToolSpec) -> Why {
    let Selection {
        toolsets,
        tools,
        read_only,
        ..
    } = selection;
    if *read_only && spec.access != Access::Read && !spec.enforces_read_only {
        return Why::Writes;
    }
    if selection.excludes(spec) {
        return Why::Excluded;
    }
    if exclusion.takes_along(spec) {
        return Why::TakenAlong;
    }
    let flag = match (toolsets.is_empty(), tools.is_empty()) {
        (true, false) => format!("--tools {},{}", tools.join(","), spec.name),
        (true, true) => format!("--toolsets default,{}", spec.toolset),
        (false, _) => format!("--toolsets {},{}", toolsets.join(","), spec.toolset),
    };
    Why::Off { flag }
}

/// The tools that are not among those served, each with what would serve it in a few words.
fn absent(selection: &Selection, served: &[&ToolSpec]) -> Absent {
    let is_served = |spec: &ToolSpec| served.iter().any(|one| one.name == spec.name);
    let absent = TOOLS.iter().filter(|spec| !is_served(spec));
    let exclusion = selection.exclusion();
    let how = absent.map(|spec| {
        let how = match why_absent(selection, &exclusion, spec) {
            Why::Writes => "the server is read-only".to_owned(),
            Why::Excluded => "the user excluded it".to_owned(),
            Why::TakenAlong => "the user excluded what it does".to_owned(),
            Why::Off { flag } => format!("toolset `{}`: `{flag}`", spec.toolset),
        };
        (spec.name, how)
    });
    Absent::new(how.collect::<BTreeMap<_, _>>())
}

/// Says in the description of a tool which of the tools that it names are not served.
fn say_absent(tool: &mut Tool, absent: &Absent) {
    let mut text = tool.description.as_deref().unwrap_or_default().to_owned();
    let schema = serde_json::to_string(&tool.input_schema).unwrap_or_default();
    let named = absent.named(&format!("{text} {schema}"));
    if named.is_empty() {
        return;
    }
    text.push_str(&format!(" Not served here: {}.", named.join(", ")));
    tool.description = Some(text.into());
}

fn entry(
    spec: &'static ToolSpec,
    read_only: bool,
    workspaces: &Workspaces,
) -> Result<Entry, Error> {
    let (input, output) = match &spec.door {
        Door::Table(_) => (
            object(spec, spec.input_schema)?,
            object(spec, spec.output_schema)?,
        ),
        Door::Behaviour(name) => {
            let behaviour = behaviours::find(name)?;
            ((behaviour.input_schema)(), (behaviour.output_schema)())
        }
    };
    Ok(listed(spec, (input, output), read_only, workspaces))
}

/// A tool of the embedding program.
fn own_entry(tool: OwnTool, read_only: bool, workspaces: &Workspaces) -> Entry {
    let schemas = (tool.input, tool.output);
    let mut entry = listed(tool.spec, schemas, read_only, workspaces);
    entry.own = Some(tool.code);
    entry
}

/// The names of tools of the embedding program that others have.
fn taken(own: &[OwnTool]) -> Vec<String> {
    let known = |name: &str| {
        TOOLS
            .iter()
            .any(|spec| answers_to(spec).any(|known| known == name))
    };
    let mut seen = HashSet::new();
    let names = own.iter().map(|tool| tool.spec.name);
    let taken = names.filter(|name| known(name) || !seen.insert(*name));
    taken
        .map(|name| format!("two tools of the name `{name}`"))
        .collect()
}

/// A tool as clients see it.
fn listed(
    spec: &'static ToolSpec,
    (mut input, mut output): (JsonObject, JsonObject),
    read_only: bool,
    workspaces: &Workspaces,
) -> Entry {
    let properties = input.get_mut("properties").and_then(Value::as_object_mut);
    let takes_max_tokens = match properties {
        Some(properties) if properties.contains_key(MAX_TOKENS) => false,
        Some(properties) => {
            if LIST_IT.contains(&spec.name) {
                let tokens = serde_json::json!({ "type": "integer" });
                properties.insert(MAX_TOKENS.to_owned(), tokens);
            }
            true
        }
        None => true,
    };
    workspaces.describe(&mut input, &mut output);
    whole(&mut input);
    let reads = read_only || spec.access == Access::Read;
    let mut tool = Tool::new(spec.name, spec.description, Arc::new(input));
    tool.title = Some(spec.title.to_owned());
    tool.output_schema = Some(Arc::new(output));
    tool.annotations = Some(
        ToolAnnotations::new()
            .read_only(reads)
            .destructive(!reads && spec.access == Access::Destroy)
            .idempotent(spec.idempotent)
            .open_world(true),
    );
    Entry {
        spec,
        tool,
        takes_max_tokens,
        own: None,
        listed: OnceLock::new(),
        deep: OnceLock::new(),
    }
}

/// Gives every object of a schema `properties`: some model services refuse every tool of a request in which one
/// object has none.
fn whole(schema: &mut JsonObject) {
    let is_object = schema.get("type").is_some_and(|kind| kind == "object");
    if is_object {
        schema
            .entry("properties")
            .or_insert_with(|| Value::Object(JsonObject::new()));
    }
    for (key, value) in schema.iter_mut() {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                let inner = properties.values_mut().filter_map(Value::as_object_mut);
                inner.for_each(whole);
            }
            ("items" | "additionalProperties", Value::Object(inner)) => whole(inner),
            _ => {}
        }
    }
}

fn object(spec: &ToolSpec, schema: &str) -> Result<JsonObject, Error> {
    match serde_json::from_str(schema) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Error::Internal {
            reason: format!("the schema of `{}` is not a JSON object", spec.name),
        }),
    }
}
