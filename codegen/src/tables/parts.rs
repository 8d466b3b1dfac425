//! What further operations tell of an answer: of its parts, or of what was written.

use serde_json::{Value, json};

use crate::manifest::{self, At, Tool, nearest};

use super::fields::fields;
use super::input::Visible;
use super::lookup::{find, row};
use super::tool_spec::{Condition, Each, PartBind, PartFrom};
use super::{List, Room, Text};

/// What further operations tell of the parts of the answer whose schema is `object`, to which their fields are added.
pub(super) fn each(room: &mut Room<'_>, tool: &Tool, object: &mut Value) -> List<Each> {
    let said = tool.result.iter().flat_map(|result| &result.each);
    let properties = object.pointer_mut("/properties");
    if let Some(Value::Object(properties)) = properties
        && said.clone().any(|each| each.of.is_some())
    {
        // Where there are more parts than are asked for.
        properties.insert("note".to_owned(), json!({ "type": "string" }));
    }
    List(said.filter_map(|at| one(room, tool, at, object)).collect())
}

fn one(
    room: &mut Room<'_>,
    tool: &Tool,
    at: &At<manifest::Each>,
    object: &mut Value,
) -> Option<Each> {
    let operation = find(room, &at.operation)?;
    if operation.verb != "GET" {
        let message = format!("`{}` does more than read", operation.id);
        room.problems.add(room.file, &at.operation, message, None);
    }
    let response = operation.response.clone().unwrap_or_default();
    let (added, schema) = fields(room, &response, &at.fields);
    let names = |schema: &Value| -> Vec<String> {
        let properties = schema.get("properties").and_then(Value::as_object);
        properties
            .into_iter()
            .flat_map(|known| known.keys().cloned())
            .collect()
    };
    let of_answer = names(object);
    let caller: Vec<String> = tool
        .params
        .iter()
        .map(|(wire, param)| param.rename.clone().unwrap_or_else(|| wire.value.clone()))
        .collect();
    let (part, of_part) = match &at.of {
        None => {
            let both = of_answer.iter().chain(&caller).cloned().collect();
            (object, both)
        }
        Some(of) => {
            let Some(part) = object.pointer_mut(&format!("/properties/{of}/items")) else {
                problem(room, at, "shown list", of, &of_answer);
                return None;
            };
            let of_part = names(part);
            (part, of_part)
        }
    };
    if let Some(Value::Object(own)) = part.get_mut("properties")
        && let Some(Value::Object(more)) = schema.get("properties")
    {
        own.extend(more.clone());
        if at.of.is_some() {
            // Where the operation fails.
            own.entry("info").or_insert(json!({ "type": "string" }));
        }
    }
    let facts = room.api.facts(operation);
    for needed in facts.params.iter().filter(|param| param.required) {
        if !at.with.contains_key(&needed.name) {
            let message = format!("`with` lacks `{}` of `{}`", needed.name, operation.id);
            room.problems.add(room.file, at, message, None);
        }
    }
    let known: Vec<String> = facts
        .params
        .iter()
        .map(|param| param.name.clone())
        .collect();
    let mut bind = Vec::new();
    for (name, from) in &at.with {
        if !known.contains(name) {
            problem(room, at, "parameter", name, &known);
        }
        let (from, path, names) = match from.split_once('.') {
            Some(("answer", path)) => (PartFrom::OfAnswer, path, &of_answer),
            Some(("request", path)) => (PartFrom::OfCaller, path, &caller),
            Some(("part", path)) => (PartFrom::OfPart, path, &of_part),
            _ => {
                let message = format!("`{name}` comes from `{from}`, which is no source");
                let hint = "write `part.<field>`, `answer.<field>` or `request.<argument>`";
                room.problems
                    .add(room.file, at, message, Some(hint.to_owned()));
                continue;
            }
        };
        if !names.iter().any(|name| name == path) {
            problem(room, at, "field", path, names);
        }
        bind.push(PartBind {
            name: name.clone(),
            from,
            path: path.to_owned(),
        });
    }
    for field in at.when.keys().chain(at.unless.keys()) {
        if !of_part.contains(field) {
            problem(room, at, "field of the part", field, &of_part);
        }
    }
    for field in &at.explains {
        if !at.fields.contains_key(field) {
            let names: Vec<String> = at.fields.keys().cloned().collect();
            problem(room, at, "field", field, &names);
        }
    }
    let conditions = |said: &indexmap::IndexMap<String, Vec<String>>| {
        let all = said.iter().map(|(field, any)| Condition {
            field: field.clone(),
            any: any.iter().cloned().collect(),
        });
        all.collect()
    };
    Some(Each {
        of: at.of.clone().unwrap_or_default(),
        request: facts.request(&row(operation), |param| at.with.contains_key(&param.name)),
        bind: List(bind),
        when: conditions(&at.when),
        unless: conditions(&at.unless),
        first: at.first.unwrap_or(1),
        fields: added,
        explains: at.explains.iter().cloned().collect(),
    })
}

/// The tool that shows what was written, whose fields are added to the schema.
pub(super) fn shown_by(
    room: &mut Room<'_>,
    tool: &Tool,
    said: &manifest::ResultShape,
    object: &mut Value,
) -> Text {
    let Some(at) = &said.shown_by else {
        return Text::default();
    };
    let source = room.source;
    let tools = || source.toolsets.iter().flat_map(|(_, set)| &set.tools);
    let shows = tools().find(|other| other.name == *at);
    let result = shows.and_then(|tool| Some((tool.operation.as_ref()?, tool.result.as_ref()?)));
    let Some((id, result)) = result else {
        let message = format!(
            "`shown_by` of `{}` names no table tool with fields: `{}`",
            tool.name.value, at.value
        );
        let hint = nearest(&at.value, tools().map(|tool| tool.name.value.as_str()));
        room.problems.add(room.file, at, message, hint);
        return Text::default();
    };
    if let Some(operation) = room.api.operation(&id.value) {
        let response = operation.response.clone().unwrap_or_default();
        *object = fields(room, &response, &result.fields).1;
    }
    at.value.clone()
}

/// Adds to the schema what is said of a write that the service answers with nothing.
pub(super) fn written(arguments: &[Visible], said: &manifest::ResultShape, object: &mut Value) {
    let named = arguments.iter().map(|visible| &visible.argument);
    let named = named.filter(|argument| argument.names_what_is_written());
    let names = named.map(|argument| &argument.name).chain(said.says.keys());
    let Some(object) = object.as_object_mut() else {
        return;
    };
    let properties = object.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut() {
        for name in names {
            properties
                .entry(name.clone())
                .or_insert_with(|| json!({ "type": "string" }));
        }
    }
}

fn problem<T>(room: &mut Room<'_>, at: &At<T>, what: &str, name: &str, names: &[String]) {
    let message = format!("unknown {what}: `{name}`");
    let hint = nearest(name, names.iter().map(String::as_str));
    room.problems.add(room.file, at, message, hint);
}
