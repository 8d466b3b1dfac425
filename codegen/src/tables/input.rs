//! A tool's arguments, as the caller sees them and as the request gets them.

use serde_json::{Map, Value, json};

use crate::manifest::{At, Encode, Form, Format, Param, Tool, nearest};
use crate::spec::{Operation, ParamFacts};

use super::tool_spec::{Argument, Paginate, Source};
use super::{Room, lookup, paginate};

/// An argument of the request and, where the caller sets it, its schema.
pub(super) struct Visible {
    pub(super) argument: Argument,
    schema: Option<Value>,
    required: bool,
}

pub(super) fn arguments(room: &mut Room<'_>, tool: &Tool, operation: &Operation) -> Vec<Visible> {
    let known = room.api.arguments(operation);
    let by_engine = paginate::engine_params(tool, operation);
    let rest = tool.params.iter().find(|(name, _)| name.value == "*");
    for (name, _) in &tool.params {
        let exists = known.iter().any(|param| param.name == name.value);
        if name.value != "*" && (!exists || by_engine.contains(&name.value)) {
            unknown(room, tool, operation, name, exists);
        }
    }
    let mut arguments = Vec::new();
    // The manifest's order first: it is the order in which an agent reads the arguments.
    for (name, said) in &tool.params {
        let found = known.iter().find(|param| param.name == name.value);
        arguments.extend(
            found
                .into_iter()
                .flat_map(|param| argument(room, name, param, said)),
        );
    }
    for param in &known {
        let named = tool.params.keys().any(|name| name.value == param.name);
        if named || by_engine.contains(&param.name) {
            continue;
        }
        match rest {
            Some((at, said)) if said.keep => arguments.extend(argument(room, at, param, said)),
            Some((_, said)) if said.hide && !param.required => {}
            Some((at, _)) => {
                let message = format!("`*` hides `{}`, which `{}` needs", param.name, operation.id);
                let hint = format!("add `{}: {{ describe: … }}`", param.name);
                room.problems.add(room.file, at, message, Some(hint));
            }
            None => {
                let message = format!(
                    "`{}` has `{}`, which `params` does not name",
                    operation.id, param.name
                );
                let hint = format!(
                    "keep it with `{}: {{ describe: … }}` or write `'*': {{ hide: true }}`",
                    param.name
                );
                let at = tool.operation.as_ref().unwrap_or(&tool.name);
                room.problems.add(room.file, at, message, Some(hint));
            }
        }
    }
    arguments
}

/// Notes a parameter that the operation does not have, or that `paginate` fills.
fn unknown(
    room: &mut Room<'_>,
    tool: &Tool,
    operation: &Operation,
    name: &At<String>,
    exists: bool,
) {
    if !exists {
        lookup::param(room, name, operation, &name.value);
        return;
    }
    let message = format!(
        "`paginate` of `{}` fills `{}` already",
        tool.name.value, name.value
    );
    let hint = Some("leave it out of `params`".to_owned());
    room.problems.add(room.file, name, message, hint);
}

fn argument(
    room: &mut Room<'_>,
    at: &At<String>,
    param: &ParamFacts,
    said: &Param,
) -> Vec<Visible> {
    let Some(source) = source(room, at, said) else {
        return Vec::new();
    };
    if said.hide && said.value.is_none() {
        return Vec::new();
    }
    bounds(room, at, param, said);
    let shown = !said.hide && said.value.is_none();
    let required = said.required.unwrap_or(param.required) && said.default.is_none();
    let mut schema = shown.then(|| property(&room.api.inline(&param.schema, 1), said));
    if let Some(schema) = &schema {
        forms(room, at, param, said, schema);
    }
    param
        .places()
        .map(|place| Visible {
            argument: Argument {
                name: said.rename.clone().unwrap_or_else(|| param.name.clone()),
                wire: param.name.clone(),
                place,
                source: source.clone(),
                base64: said.encode == Some(Encode::Base64),
                time: said.encode == Some(Encode::Time),
            },
            // The caller sees it once.
            schema: schema.take(),
            required: shown && required,
        })
        .collect()
}

/// Notes an argument without a type, and a type that the documents give already.
fn forms(room: &mut Room<'_>, at: &At<String>, param: &ParamFacts, said: &Param, listed: &Value) {
    let name = &at.value;
    let (message, hint) = if said.form.is_some() {
        let documented = property(&room.api.inline(&param.schema, 1), &Param::default());
        if !is_typed(&documented) {
            return;
        }
        (
            format!("`type` of `{name}` changes nothing: the documents give it one"),
            "remove it",
        )
    } else if is_typed(listed) {
        return;
    } else {
        (
            format!("`{name}` takes anything, for the documents give it no type"),
            "write `type: object`, `type: objects` or `type: strings`, whichever agents will send",
        )
    };
    room.problems
        .add(room.file, at, message, Some(hint.to_owned()));
}

/// True if a property has a type at every level.
fn is_typed(property: &Value) -> bool {
    let inner = ["items", "additionalProperties"].map(|key| property.get(key));
    let mut inner = inner.into_iter().flatten().filter(|one| one.is_object());
    property.get("type").is_some() && inner.all(is_typed)
}

/// Notes a default or value that the parameter cannot have.
fn bounds(room: &mut Room<'_>, at: &At<String>, param: &ParamFacts, said: &Param) {
    let name = &at.value;
    if let (Some(least), Some(most)) = (said.minimum, said.maximum)
        && least > most
    {
        let message = format!("`minimum` {least} of `{name}` is above its `maximum` {most}");
        let hint = Some("swap them".to_owned());
        room.problems.add(room.file, at, message, hint);
    }
    let Some(default) = said.default.as_ref().filter(|default| !is_special(default)) else {
        return;
    };
    if let Some(number) = default.as_i64() {
        let above = said.maximum.filter(|most| number > *most);
        let below = said.minimum.filter(|least| number < *least);
        let bound = above.map(|most| ("above", "maximum", most));
        if let Some((side, word, bound)) = bound.or(below.map(|least| ("below", "minimum", least)))
        {
            let message = format!("the default {number} of `{name}` is {side} its {word} {bound}");
            let hint = Some(format!("write `default: {bound}`, or move the `{word}`"));
            room.problems.add(room.file, at, message, hint);
        }
    }
    let schema = room.api.resolve(&param.schema);
    let kind = schema.get("type").and_then(Value::as_str);
    let fits = match kind {
        Some("string") => default.is_string(),
        Some("integer") => default.is_i64() || default.is_u64(),
        Some("number") => default.is_number(),
        Some("boolean") => default.is_boolean(),
        Some("array") => default.is_array(),
        Some("object") => default.is_object(),
        _ => true,
    };
    let words = schema.get("enum").and_then(Value::as_array);
    let known = words.is_none_or(|words| words.contains(default));
    if !fits {
        let kind = kind.unwrap_or_default();
        let message = format!("the default `{default}` of `{name}` is no {kind}");
        let hint = Some(format!("write a default of type {kind}, or leave it out"));
        room.problems.add(room.file, at, message, hint);
    } else if !known {
        let words = words.into_iter().flatten().filter_map(Value::as_str);
        let message = format!("the default `{default}` of `{name}` is none of its values");
        let hint = nearest(default.as_str().unwrap_or_default(), words);
        room.problems.add(room.file, at, message, hint);
    }
}

/// The source of the value, as the manifest says.
fn source(room: &mut Room<'_>, at: &At<String>, said: &Param) -> Option<Source> {
    Some(match (&said.value, &said.default) {
        (Some(Value::String(special)), _) if special == "$uuid" => Source::Uuid,
        (Some(Value::String(special)), _) if special == "$workspace_id" => {
            Source::CallerOrWorkspace
        }
        (Some(Value::String(special)), _) if special.starts_with('$') => {
            let message = format!("unknown value: `{special}`");
            let hint = nearest(special, ["$uuid", "$workspace_id"]);
            room.problems.add(room.file, at, message, hint);
            return None;
        }
        (Some(value), _) => Source::Constant(value.to_string()),
        (None, Some(Value::String(special))) if special == "$warehouse_id" => {
            Source::CallerOrWarehouse
        }
        (None, Some(default)) => match &said.unless {
            Some(other) => Source::CallerOrUnless(default.to_string(), other.value.clone()),
            None => Source::CallerOr(default.to_string()),
        },
        (None, None) => Source::Caller,
    })
}

/// A property as portable clients take it: no `format`, no `$ref`, arrays with `items`.
fn property(schema: &Value, said: &Param) -> Value {
    let mut property = portable(schema);
    if said.encode == Some(Encode::Time) {
        property.insert("type".to_owned(), json!("string"));
    }
    if let Some(form) = said.form {
        let (kind, items) = match form {
            Form::Object => ("object", None),
            Form::Objects => ("array", Some("object")),
            Form::Strings => ("array", Some("string")),
        };
        property.insert("type".to_owned(), json!(kind));
        if let Some(items) = items {
            property.insert("items".to_owned(), json!({ "type": items }));
        }
    }
    if let Some(minimum) = said.minimum {
        property.insert("minimum".to_owned(), json!(minimum));
    }
    if let Some(maximum) = said.maximum {
        property.insert("maximum".to_owned(), json!(maximum));
    }
    if let Some(default) = said.default.as_ref().filter(|default| !is_special(default)) {
        property.insert("default".to_owned(), default.clone());
    }
    if let Some(describe) = &said.describe {
        property.insert("description".to_owned(), json!(describe));
    }
    Value::Object(property)
}

fn is_special(default: &Value) -> bool {
    default.as_str().is_some_and(|text| text.starts_with('$'))
}

fn portable(schema: &Value) -> Map<String, Value> {
    let mut out = Map::new();
    if let Some(kind) = schema.get("type") {
        out.insert("type".to_owned(), kind.clone());
    }
    if let Some(values) = schema.get("enum") {
        out.insert("enum".to_owned(), values.clone());
    }
    if schema.get("type").is_some_and(|kind| kind == "array") {
        let items = schema.get("items").map(portable).unwrap_or_default();
        out.insert("items".to_owned(), Value::Object(items));
    }
    if let Some(values) = schema
        .get("additionalProperties")
        .filter(|any| any.is_object())
    {
        out.insert(
            "additionalProperties".to_owned(),
            Value::Object(portable(values)),
        );
    }
    out
}

pub(super) fn schema(arguments: &[Visible], tool: &Tool, paginate: Option<&Paginate>) -> String {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for visible in arguments {
        let Some(schema) = &visible.schema else {
            continue;
        };
        properties.insert(visible.argument.name.clone(), schema.clone());
        if visible.required {
            required.push(json!(visible.argument.name));
        }
    }
    let own = tool.paginate.as_ref().map(|at| &at.value);
    for (argument, said) in own.into_iter().flat_map(|list| &list.narrow) {
        let mut property = Map::new();
        property.insert("type".to_owned(), json!("string"));
        if let Some(describe) = &said.describe {
            property.insert("description".to_owned(), json!(describe));
        }
        properties.insert(argument.value.clone(), property.into());
    }
    if let Some(order) = own.and_then(|list| list.order.as_ref()) {
        let values: Vec<&String> = std::iter::once(&order.listed)
            .chain(order.by.keys())
            .collect();
        let order = json!({ "type": "string", "enum": values, "default": order.listed });
        properties.insert("order".to_owned(), order);
    }
    if own.is_some_and(|list| list.descend.is_some()) {
        properties.insert("recursive".to_owned(), json!({ "type": "boolean" }));
    }
    if let Some(paginate) = paginate {
        // Every list pays for these words; the answer itself says how it goes on.
        let limit = json!({ "type": "integer", "default": paginate.limit });
        properties.insert("limit".to_owned(), limit);
        let cursor = json!({ "type": "string", "description": "`next_cursor`" });
        properties.insert("cursor".to_owned(), cursor);
    }
    let text = tool
        .result
        .as_ref()
        .is_some_and(|result| result.format == Format::Text);
    if text {
        let offset = json!({ "type": "integer", "minimum": 0, "description": "`next_offset` of the previous answer" });
        properties.insert("offset".to_owned(), offset);
    }
    if let Some(wait) = &tool.wait {
        let seconds = |describe: &str| json!({ "type": "number", "description": describe });
        // Every waiting tool pays for these words; the instructions of the server say what 0 does.
        properties.insert(wait.within.clone(), seconds("Seconds"));
        if let Some(every) = &wait.every {
            properties.insert(every.clone(), seconds("Seconds between polls"));
        }
    }
    if tool.confirm.is_some() {
        let confirm = json!({ "type": "boolean", "description": "true once the user has agreed" });
        properties.insert("confirm".to_owned(), confirm);
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), Value::Array(required));
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
    Value::Object(schema).to_string()
}
