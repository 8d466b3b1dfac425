//! The tools this server serves, as tools/list returns them.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::Value;

use super::Selection;
use crate::behaviours;
use crate::error::Error;
use crate::rows::{Access, Door, Row, TOOLS};
use crate::workspaces::Workspaces;

/// One tool: its row, and what clients see of it.
#[derive(Debug)]
pub struct Entry {
    /// As `build.rs` wrote it.
    pub row: &'static Row,
    /// As tools/list returns it.
    pub tool: Tool,
    pub(super) validator: OnceLock<Result<jsonschema::Validator, Error>>,
}

/// Every tool that is served, in the order in which they are listed.
#[derive(Debug)]
pub struct Inventory {
    entries: Vec<Entry>,
    by_name: HashMap<&'static str, usize>,
}

impl Inventory {
    /// The tools of a selection, over these workspaces.
    ///
    /// # Errors
    /// Names that do not exist; or when a row names a behaviour that is not there, or its schema is no JSON object: faults of the build.
    pub fn load(selection: &Selection, workspaces: &Workspaces) -> Result<Self, Error> {
        let rows = selection.rows()?.into_iter();
        let entries = rows
            .map(|row| entry(row, selection.read_only, workspaces))
            .collect::<Result<Vec<_>, _>>()?;
        let by_name = entries
            .iter()
            .enumerate()
            .flat_map(|(index, entry)| {
                let names = std::iter::once(&entry.row.name).chain(entry.row.aliases);
                names.map(move |name| (*name, index))
            })
            .collect();
        Ok(Self { entries, by_name })
    }

    /// What tools/list returns.
    #[must_use]
    pub fn tools(&self) -> Vec<Tool> {
        self.entries
            .iter()
            .map(|entry| entry.tool.clone())
            .collect()
    }

    /// Every tool with its row.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The tool of this name or alias.
    ///
    /// # Errors
    /// When there is none; the error names the nearest.
    pub fn find(&self, name: &str) -> Result<&Entry, Error> {
        let index = self.by_name.get(name);
        let named = |row: &&Row| row.name == name || row.aliases.contains(&name);
        if let (None, Some(row)) = (index, TOOLS.iter().find(named)) {
            return Err(Error::NotServed {
                name: name.to_owned(),
                toolset: row.toolset.to_owned(),
            });
        }
        index
            .and_then(|index| self.entries.get(*index))
            .ok_or_else(|| {
                let names = self
                    .by_name
                    .keys()
                    .map(|known| (strsim::jaro_winkler(name, known), *known));
                let closest =
                    names.max_by(|(a, left), (b, right)| a.total_cmp(b).then(right.cmp(left)));
                Error::UnknownTool {
                    name: name.to_owned(),
                    nearest: closest
                        .filter(|(score, _)| *score > 0.7)
                        .map(|(_, name)| name.to_owned()),
                }
            })
    }
}

fn entry(row: &'static Row, read_only: bool, workspaces: &Workspaces) -> Result<Entry, Error> {
    let (mut input, mut output) = match &row.door {
        Door::Table(_) => (
            object(row, row.input_schema)?,
            object(row, row.output_schema)?,
        ),
        Door::Behaviour(name) => {
            let behaviour = behaviours::find(name).ok_or_else(|| Error::Internal {
                reason: format!("behaviour `{name}` is in the manifest but not in the code"),
            })?;
            ((behaviour.input_schema)(), (behaviour.output_schema)())
        }
    };
    workspaces.describe(&mut input, &mut output);
    let reads = read_only || row.access == Access::Read;
    let mut tool = Tool::new(row.name, row.description, Arc::new(input));
    tool.title = Some(row.title.to_owned());
    tool.output_schema = Some(Arc::new(output));
    tool.annotations = Some(
        ToolAnnotations::new()
            .read_only(reads)
            .destructive(!reads && row.access == Access::Destroy)
            .idempotent(row.idempotent)
            .open_world(true),
    );
    Ok(Entry {
        row,
        tool,
        validator: OnceLock::new(),
    })
}

fn object(row: &Row, schema: &str) -> Result<JsonObject, Error> {
    match serde_json::from_str(schema) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Error::Internal {
            reason: format!("the schema of `{}` is no JSON object", row.name),
        }),
    }
}
