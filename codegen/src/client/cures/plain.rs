//! Cure: only keywords that decide a Rust type are kept.

use serde_json::Value;

use super::super::draft::Draft;
use super::super::schema;

/// The keywords that decide a type. `format` is dropped because typify turns `date-time` and `uuid` into
/// types that refuse a whole answer over one odd value. Extensions (`x-…`) and `deprecated` are dropped
/// because typify matches [the lenient integer](super::integers) by the whole schema.
const KEPT: [&str; 7] = [
    "$ref",
    "type",
    "enum",
    "properties",
    "required",
    "items",
    "additionalProperties",
];

pub(super) fn cure(draft: &mut Draft) {
    for (root, _) in draft.roots_mut() {
        schema::walk_mut(root, &mut |schema| {
            let Some(keywords) = schema.as_object_mut() else {
                return;
            };
            keywords.retain(|keyword, value| {
                KEPT.contains(&keyword.as_str()) || is_raw(keyword, value)
            });
            // With `false`, typify would refuse new fields of the service.
            if keywords
                .get("additionalProperties")
                .is_some_and(Value::is_boolean)
            {
                keywords.shift_remove("additionalProperties");
            }
        });
    }
}

/// Returns true for `format: binary`, which marks raw uploads and never occurs inside JSON.
fn is_raw(keyword: &str, value: &Value) -> bool {
    keyword == "format" && value == "binary"
}
