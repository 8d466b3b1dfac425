//! Reads, loosely, which operations the tools of `specs/tools/*.yaml` use; the manifest's own rules are checked
//! elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::error::Error;

/// The operations that tools name, and how what they start is waited for.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    tools: BTreeMap<String, Tool>,
    /// The operation to poll, by the operation that starts something, where the specs do not say.
    polls: BTreeMap<String, String>,
    /// The operation that stops what is polled, by the polled operation.
    cancels: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Tool {
    operations: BTreeSet<String>,
    waits: bool,
}

impl Manifest {
    /// Operation ids by tool name; `polls` tells what the specs say is polled for an operation.
    pub(crate) fn uses(
        &self,
        polls: impl Fn(&str) -> Vec<String>,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let uses = |tool: &Tool| {
            let mut uses = tool.operations.clone();
            for id in tool.operations.iter().filter(|_| tool.waits) {
                for poll in self.polls.get(id).cloned().into_iter().chain(polls(id)) {
                    uses.extend(self.cancels.get(&poll).cloned());
                    uses.insert(poll);
                }
            }
            uses
        };
        let tools = self.tools.iter();
        tools
            .map(|(name, tool)| (name.clone(), uses(tool)))
            .collect()
    }

    fn take(&mut self, toolset: &Value) {
        let polled = toolset.get("waits").and_then(Value::as_object);
        for (poll, rules) in polled.into_iter().flatten() {
            let starts = rules.get("starts").and_then(Value::as_object);
            let starts = starts.into_iter().flatten();
            self.polls
                .extend(starts.map(|(id, _)| (id.clone(), poll.clone())));
            let cancel = rules.get("cancel").and_then(Value::as_str);
            self.cancels
                .extend(cancel.map(|id| (poll.clone(), id.to_owned())));
        }
        let tools = toolset.get("tools").and_then(Value::as_array);
        for tool in tools.into_iter().flatten() {
            if let Some(name) = tool.get("name").and_then(Value::as_str) {
                let operation = tool.get("operation").into_iter();
                let several = tool.get("operations").and_then(Value::as_array);
                let several = several.into_iter();
                let ids = operation.chain(several.flatten());
                let ids = ids.filter_map(Value::as_str).map(str::to_owned);
                let tool = Tool {
                    operations: ids.collect(),
                    waits: tool.get("wait").is_some(),
                };
                self.tools.insert(name.to_owned(), tool);
            }
        }
    }
}

/// Reads the toolset files under `specs`, where there are any.
pub(crate) fn read(specs: &Path) -> Result<Manifest, Error> {
    let folder = specs.join("tools");
    let mut manifest = Manifest::default();
    if !folder.exists() {
        return Ok(manifest);
    }
    for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
        let path = entry.map_err(Error::io(&folder))?.path();
        if path.extension().is_none_or(|e| e != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        let file = path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        let toolset: Value = serde_saphyr::from_str(&text).map_err(|e| Error::Config {
            file: format!("tools/{file}"),
            reason: e.to_string(),
        })?;
        manifest.take(&toolset);
    }
    Ok(manifest)
}
