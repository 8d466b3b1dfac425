//! Checks of the manifest that need no API: names, lengths, what goes together.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::manifest::{At, Problems, Source, Tool, nearest};

use super::Room;

/// Some clients reject longer tool names once their own prefix is added.
const NAME: usize = 45;
/// Every default tool is paid for in every request.
const DESCRIPTION: usize = 300;

pub(super) fn names(source: &Source, problems: &mut Problems) {
    let mut seen: BTreeMap<&str, &Path> = BTreeMap::new();
    for (file, toolset) in &source.toolsets {
        for tool in &toolset.tools {
            one(file, tool, problems);
            for name in std::iter::once(&tool.name).chain(&tool.aliases) {
                if let Some(first) = seen.insert(&name.value, file) {
                    let message = format!("tool name taken: `{}`", name.value);
                    let hint = format!("it stands in `{}` too", first.display());
                    problems.add(file, name, message, Some(hint));
                }
            }
        }
    }
    for (file, toolset) in &source.toolsets {
        for rules in toolset.waits.values() {
            let resume = rules.resume.iter().map(|tool| ("resume", tool));
            let explain = rules.explain.iter().map(|tool| ("explain", tool));
            for (key, tool) in resume.chain(explain) {
                if source.whole && !seen.contains_key(tool.value.as_str()) {
                    let message = format!("`{key}` names no tool: `{}`", tool.value);
                    let hint = nearest(&tool.value, seen.keys().copied());
                    problems.add(file, tool, message, hint);
                }
            }
        }
    }
}

/// Holds further names of arguments to arguments that exist. A behaviour's stand in its Rust, and a test of the
/// server holds them to it.
pub(super) fn argument_aliases(room: &mut Room<'_>, tool: &Tool, input_schema: &str) {
    let schema: Value = serde_json::from_str(input_schema).unwrap_or_default();
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    for own in tool.argument_aliases.values() {
        if !properties.contains_key(&own.value) {
            let message = format!("`{}` has no argument `{}`", tool.name.value, own.value);
            let hint = nearest(&own.value, properties.keys().map(String::as_str));
            room.problems.add(room.file, own, message, hint);
        }
    }
}

/// Holds what takes the place of a default to arguments that exist.
pub(super) fn unless(room: &mut Room<'_>, tool: &Tool, input_schema: &str) {
    let schema: Value = serde_json::from_str(input_schema).unwrap_or_default();
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    for other in tool.params.values().filter_map(|said| said.unless.as_ref()) {
        if !properties.contains_key(&other.value) {
            let message = format!("`{}` has no argument `{}`", tool.name.value, other.value);
            let hint = nearest(&other.value, properties.keys().map(String::as_str));
            room.problems.add(room.file, other, message, hint);
        }
    }
}

fn one(file: &Path, tool: &Tool, problems: &mut Problems) {
    let mut problem = |at: &At<String>, message: String, hint: &str| {
        problems.add(file, at, message, Some(hint.to_owned()));
    };
    let name = &tool.name;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || name.len() > NAME || !name.chars().all(plain) {
        let message = format!("tool name is not portable: `{}`", name.value);
        problem(name, message, "use at most 45 of `a-z0-9_`");
    }
    if tool.description.chars().count() > DESCRIPTION {
        let message = format!(
            "description of `{}` is over {DESCRIPTION} characters",
            name.value
        );
        problem(
            &tool.description,
            message,
            "say when to use the tool and what comes back",
        );
    }
    match (&tool.operation, &tool.behaviour) {
        (Some(_), Some(behaviour)) => problem(
            behaviour,
            format!("`{}` has an `operation` and a `behaviour`", name.value),
            "keep one; a behaviour lists what it sends under `operations`",
        ),
        (None, None) => problem(
            name,
            format!("`{}` has neither `operation` nor `behaviour`", name.value),
            "name the operation, for example `jobs.list`",
        ),
        (None, Some(behaviour)) => {
            let only_for_operations = [
                ("params", !tool.params.is_empty()),
                ("paginate", tool.paginate.is_some()),
                ("wait", tool.wait.is_some()),
                ("result", tool.result.is_some()),
            ];
            for (key, given) in only_for_operations {
                if given {
                    let message =
                        format!("`{key}` means nothing to the behaviour `{}`", name.value);
                    problem(behaviour, message, "its Rust says this");
                }
            }
        }
        (Some(_), None) => {
            if let Some(first) = tool.operations.first() {
                let message = format!(
                    "`operations` mean nothing to the table tool `{}`",
                    name.value
                );
                problem(first, message, "only a behaviour takes several");
            }
        }
    }
}
