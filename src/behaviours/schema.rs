//! JSON schemas of Rust types as every MCP client takes them: inline, no `$ref`, no type lists.

use rmcp::model::JsonObject;
use schemars::generate::SchemaSettings;
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
    let schema: Schema = settings.into_generator().into_root_schema_for::<T>();
    let mut value = schema.to_value();
    portable(&mut value);
    let mut object = match value {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    };
    // The doc comment of the struct; the manifest describes the tool.
    object.shift_remove("description");
    object
}

fn portable(value: &mut Value) {
    match value {
        Value::Object(object) => {
            // Keys of a schema, not properties that happen to have these names.
            for key in ["title", "format", "$schema"] {
                if object.get(key).is_some_and(Value::is_string) {
                    object.shift_remove(key);
                }
            }
            // A default of null is what leaving out means anyway.
            if object.get("default").is_some_and(Value::is_null) {
                object.shift_remove("default");
            }
            // `Option<T>` is `[T, null]`; leaving out is the only null a client sends.
            if let Some(Value::Array(kinds)) = object.get("type") {
                let kind = kinds.iter().find(|kind| *kind != "null").cloned();
                object.extend(kind.map(|kind| ("type".to_owned(), kind)));
            }
            // "Anything" as a boolean is valid, and yet some clients expect an object.
            if object.get("items") == Some(&Value::Bool(true)) {
                object.insert("items".to_owned(), Value::Object(JsonObject::new()));
            }
            if object.get("additionalProperties") == Some(&Value::Bool(true)) {
                object.shift_remove("additionalProperties");
            }
            if let Some(Value::Object(properties)) = object.get_mut("properties") {
                for property in properties
                    .values_mut()
                    .filter(|any| **any == Value::Bool(true))
                {
                    *property = Value::Object(JsonObject::new());
                }
            }
            object.values_mut().for_each(portable);
        }
        Value::Array(items) => items.iter_mut().for_each(portable),
        _ => {}
    }
}
