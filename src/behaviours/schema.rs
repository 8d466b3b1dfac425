//! JSON schemas of Rust types as every MCP client takes them: inline, no `$ref`, no type lists.

use rmcp::model::JsonObject;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The schema of arguments: closed, without formats, which cost tokens and say nothing to a model.
pub(super) fn input<T: JsonSchema>() -> JsonObject {
    let mut schema = inline::<T>(SchemaSettings::draft2020_12());
    schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    schema
}

/// The schema of a structured answer: of what is written, which serde may name otherwise than what is read.
pub(super) fn output<T: JsonSchema>() -> JsonObject {
    inline::<T>(SchemaSettings::draft2020_12().for_serialize())
}

fn inline<T: JsonSchema>(mut settings: SchemaSettings) -> JsonObject {
    settings.meta_schema = None;
    settings.inline_subschemas = true;
    let settings = settings.with_transform(RecursiveTransform(portable));
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut object = match schema.to_value() {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    };
    // The doc comment of the struct; the manifest describes the tool.
    object.shift_remove("description");
    object
}

/// Takes out of one schema what says nothing to a client, or what some clients do not take.
fn portable(schema: &mut Schema) {
    // "Anything" as a boolean is valid, and yet some clients expect an object. (`ReplaceBoolSchemas` of schemars
    // does the same and moves keywords to the end.)
    if schema.as_bool() == Some(true) {
        schema.ensure_object();
    }
    let Some(keywords) = schema.as_object_mut() else {
        return;
    };
    for keyword in ["title", "format", "$schema"] {
        keywords.shift_remove(keyword);
    }
    // A default of nothing is what leaving out means anyway.
    if keywords.get("default").is_some_and(is_nothing) {
        keywords.shift_remove("default");
    }
    // `Option<T>` is `[T, null]`; leaving out is the only null a client sends.
    if let Some(Value::Array(kinds)) = keywords.get("type") {
        let kind = kinds.iter().find(|kind| *kind != "null").cloned();
        keywords.extend(kind.map(|kind| ("type".to_owned(), kind)));
    }
    if keywords.get("additionalProperties") == Some(&Value::Bool(true)) {
        keywords.shift_remove("additionalProperties");
    }
}

/// True for null, false, and what is empty.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => false,
    }
}
