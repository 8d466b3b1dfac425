//! The questions of the manifest: each asks about something that the caller has named, and no two ask the same.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::manifest::{Access, At, Confirm, Source, Tool, nearest};

use super::{Problems, Room};

/// Arguments that say how to answer, not what is done.
const OF_THE_ENGINE: [&str; 4] = ["confirm", "limit", "cursor", "offset"];

/// Holds the question of a tool to its arguments. A behaviour's stand in its Rust, and a test of the server holds its
/// question to them.
pub(super) fn question(room: &mut Room<'_>, tool: &Tool, input_schema: &str) {
    let name = &tool.name.value;
    match (&tool.confirm, &tool.unasked) {
        (None, None) if *tool.access == Access::Destroy => {
            let message = format!("`{name}` destroys and asks nobody");
            let hint = "add `confirm: { message: … }`, or `unasked: <why nobody need be asked>`";
            let hint = Some(hint.to_owned());
            room.problems.add(room.file, &tool.access, message, hint);
        }
        (Some(_), Some(unasked)) => {
            let message = format!("`{name}` has a question and a reason for none");
            let hint = Some("remove `unasked`".to_owned());
            room.problems.add(room.file, unasked, message, hint);
        }
        (None, Some(unasked)) if *tool.access != Access::Destroy => {
            let message = format!("`unasked` changes nothing: `{name}` does not destroy");
            let hint = Some("remove it".to_owned());
            room.problems.add(room.file, unasked, message, hint);
        }
        (None, Some(unasked)) if unasked.trim().is_empty() => {
            let message = format!("`unasked` of `{name}` gives no reason");
            let hint = Some("say why nobody need be asked".to_owned());
            room.problems.add(room.file, unasked, message, hint);
        }
        _ => {}
    }
    let Some(confirm) = &tool.confirm else { return };
    let schema: Value = serde_json::from_str(input_schema).unwrap_or_default();
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    let arguments: Vec<&str> = properties
        .keys()
        .map(String::as_str)
        .filter(|name| !OF_THE_ENGINE.contains(name))
        .collect();
    of_arguments(room, tool, confirm, &arguments);
}

fn of_arguments(room: &mut Room<'_>, tool: &Tool, confirm: &At<Confirm>, arguments: &[&str]) {
    let name = &tool.name.value;
    let places = placeholders(&confirm.message);
    for place in places.iter().filter(|place| !arguments.contains(place)) {
        let message = format!("`{{{place}}}` in the question is no argument of `{name}`");
        let hint = nearest(place, arguments.iter().copied());
        room.problems
            .add(room.file, &confirm.message, message, hint);
    }
    if places.is_empty() && !arguments.is_empty() {
        let message = format!("the question of `{name}` names none of its arguments");
        let hint = format!(
            "say what is at stake, for example with `{{{}}}`",
            arguments.first().copied().unwrap_or_default()
        );
        room.problems
            .add(room.file, &confirm.message, message, Some(hint));
    }
    // A path into an argument begins with its name.
    let argument = |when: &str| {
        arguments
            .iter()
            .any(|known| when.split('.').next() == Some(known))
    };
    if let Some(when) = confirm.when.as_deref().filter(|when| !argument(when)) {
        let message = format!("`when` names no argument of `{name}`: `{when}`");
        let hint = nearest(when, arguments.iter().copied());
        room.problems.add(room.file, confirm, message, hint);
    }
}

/// The names in braces.
fn placeholders(message: &str) -> Vec<&str> {
    let pieces = message.split('{').skip(1);
    pieces
        .filter_map(|piece| Some(piece.split_once('}')?.0))
        .collect()
}

/// Holds the questions of all tools against each other: a user who reads one must know what it is about.
pub(super) fn differ(source: &Source, problems: &mut Problems) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (file, toolset) in &source.toolsets {
        for tool in &toolset.tools {
            let Some(confirm) = &tool.confirm else {
                continue;
            };
            let question = skeleton(&confirm.message);
            if let Some(first) = seen.insert(question, &tool.name.value) {
                let message = format!("`{}` asks the same as `{first}`", tool.name.value);
                let hint = "say what this one does, so that the user can tell them apart";
                let hint = Some(hint.to_owned());
                problems.add(file, &confirm.message, message, hint);
            }
        }
    }
}

/// The question without the names of its arguments, which the user never sees.
fn skeleton(message: &str) -> String {
    let mut pieces = message.split('{');
    let mut text = pieces.next().unwrap_or_default().to_lowercase();
    for piece in pieces {
        let rest = piece.split_once('}').map_or(piece, |(_, rest)| rest);
        text.push_str("{}");
        text.push_str(&rest.to_lowercase());
    }
    text
}
