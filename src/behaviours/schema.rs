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
    // What does not fit its type must not pass.
    let largest = keywords.get("format").and_then(Value::as_str);
    if let Some(largest) = largest.and_then(largest_of) {
        keywords.entry("maximum").or_insert_with(|| largest.into());
    }
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

/// The largest number of a type of less than 64 bits.
fn largest_of(format: &str) -> Option<u32> {
    match format {
        "uint8" => Some(u8::MAX.into()),
        "uint16" => Some(u16::MAX.into()),
        "uint32" => Some(u32::MAX),
        "int8" => Some(i8::MAX as u32),
        "int16" => Some(i16::MAX as u32),
        "int32" => Some(i32::MAX as u32),
        _ => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Numbers {
        small: u32,
        few: Option<u16>,
        #[schemars(range(max = 9))]
        bounded: u32,
        large: u64,
    }

    #[test]
    fn a_number_that_does_not_fit_its_type_is_beyond_its_maximum() {
        let schema = Value::Object(input::<Numbers>());
        let most = |name: &str| {
            schema
                .pointer(&format!("/properties/{name}/maximum"))
                .cloned()
        };
        assert_eq!(most("small"), Some(u32::MAX.into()));
        assert_eq!(most("few"), Some(u16::MAX.into()));
        assert_eq!(most("bounded"), Some(9.into()));
        assert_eq!(most("large"), None);
    }
}
