//! Counts the tokens of what a model sees, name, description and input schema, in the o200k vocabulary.

use std::error::Error;

use databricks_mcp::catalog::{PRESETS, TOOLSETS};
use databricks_mcp::tools::{Inventory, Selection, members};
use databricks_mcp::workspaces::Workspaces;
use serde_json::json;

/// A tool and its token count.
#[derive(Debug, Clone)]
pub(crate) struct Cost {
    pub(crate) tool: String,
    pub(crate) tokens: usize,
}

/// A toolset or a preset.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) tools: Vec<&'static str>,
}

impl Group {
    pub(crate) fn has(&self, cost: &Cost) -> bool {
        self.tools.contains(&cost.tool.as_str())
    }
}

/// Counts every tool, in the order of `tools/list`.
pub(crate) fn measure() -> Result<Vec<Cost>, Box<dyn Error>> {
    let everything = Selection {
        toolsets: vec!["all".to_owned()],
        ..Selection::default()
    };
    let nowhere = Workspaces::nowhere(&[]);
    let inventory = Inventory::load(&everything, &nowhere)?;
    let vocabulary = tiktoken_rs::o200k_base_singleton();
    let cost = |entry: &databricks_mcp::tools::Entry| {
        let tool = &entry.tool;
        let seen = json!({
            "name": tool.name,
            "description": tool.description,
            "inputSchema": *tool.input_schema,
        });
        Cost {
            tool: entry.spec.name.to_owned(),
            tokens: vocabulary.encode_ordinary(&seen.to_string()).len(),
        }
    };
    Ok(inventory.entries().map(cost).collect())
}

/// Every toolset.
pub(crate) fn toolsets() -> Vec<Group> {
    let sets = TOOLSETS.iter();
    sets.map(|(name, _, _)| group(name)).collect()
}

/// Every preset.
pub(crate) fn presets() -> Vec<Group> {
    let presets = PRESETS.iter();
    presets.map(|(name, _)| group(name)).collect()
}

fn group(name: &'static str) -> Group {
    Group {
        name,
        tools: members(name).unwrap_or_default(),
    }
}
