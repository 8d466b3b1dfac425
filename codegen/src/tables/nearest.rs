//! Lists of names that come close to one that does not exist, checked against the tools that list them.

use serde_json::Value;

use crate::manifest::{self, At, Tool, nearest as closest};

use super::tool_spec::Nearest;
use super::{List, Room};

pub(super) fn nearest(room: &mut Room<'_>, tool: &Tool, input_schema: &str) -> List<Nearest> {
    let mut found = Vec::new();
    for at in &tool.nearest {
        let own: Value = serde_json::from_str(input_schema).unwrap_or_default();
        let own: Vec<&str> = own
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|properties| properties.keys().map(String::as_str))
            .collect();
        // A behaviour's arguments are in its Rust.
        for name in at.named.iter().filter(|_| !input_schema.is_empty()) {
            known(room, at, "argument of this tool", name, &own);
        }
        check_list(room, at);
        found.push(Nearest {
            list: at.list.value.clone(),
            of: at.of.clone(),
            label: at.label.clone().unwrap_or_default(),
            named: at.named.iter().cloned().collect(),
            depth: at.depth,
            within: at.within.iter().cloned().collect(),
            code: at.code.clone().unwrap_or_default(),
            empty: at.empty,
        });
    }
    List(found)
}

fn check_list(room: &mut Room<'_>, at: &At<manifest::Nearest>) {
    let source = room.source;
    let tools = || source.toolsets.iter().flat_map(|(_, set)| &set.tools);
    let Some(list) = tools().find(|tool| tool.name == at.list) else {
        if !source.whole {
            return;
        }
        let names: Vec<&str> = tools().map(|tool| tool.name.value.as_str()).collect();
        known(room, at, "tool", &at.list.value, &names);
        return;
    };
    if list.paginate.is_none() {
        let message = format!("`{}` is no list", at.list.value);
        room.problems.add(room.file, &at.list, message, None);
    }
    let fields: Vec<&str> = list
        .result
        .iter()
        .flat_map(|result| result.fields.keys().map(String::as_str))
        .collect();
    for field in std::iter::once(&at.of).chain(&at.label) {
        known(room, at, "field of the list", field, &fields);
    }
    let arguments: Vec<&str> = list
        .params
        .iter()
        .filter(|(_, param)| !param.hide)
        .map(|(wire, param)| param.rename.as_deref().unwrap_or(&wire.value))
        .collect();
    for argument in &at.within {
        known(room, at, "argument of the list", argument, &arguments);
    }
}

fn known<T>(room: &mut Room<'_>, at: &At<T>, what: &str, name: &str, names: &[&str]) {
    if !names.contains(&name) {
        let message = format!("unknown {what}: `{name}`");
        let hint = closest(name, names.iter().copied());
        room.problems.add(room.file, at, message, hint);
    }
}
