//! Reads, loosely, which operations the tools of `specs/tools/*.yaml` use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::error::Error;

/// Operation ids by tool name; the manifest's own rules are checked elsewhere.
pub(crate) fn read(specs: &Path) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
    let folder = specs.join("tools");
    let mut uses = BTreeMap::new();
    if !folder.exists() {
        return Ok(uses);
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
        let manifest: Value = serde_saphyr::from_str(&text).map_err(|e| Error::Config {
            file: format!("tools/{file}"),
            reason: e.to_string(),
        })?;
        for tool in manifest
            .get("tools")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Some(name) = tool.get("name").and_then(Value::as_str) {
                uses.insert(name.to_owned(), of_tool(tool));
            }
        }
    }
    Ok(uses)
}

fn of_tool(tool: &Value) -> BTreeSet<String> {
    let single = ["/operation", "/wait/poll", "/wait/cancel"]
        .iter()
        .filter_map(|pointer| tool.pointer(pointer));
    let several = tool
        .get("operations")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    single
        .chain(several)
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
