//! Cure: only the keywords that decide a Rust type stay.

use serde_json::Value;

use super::super::draft::Draft;
use super::super::schema;

/// What decides a type. `format` is not in it: typify turns `date-time` and `uuid` into types of other crates
/// that refuse a whole answer over one odd value. Marks (`x-…`) and `deprecated` go too: typify matches
/// [the lenient integer](super::integers) by the whole schema.
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
            // `false` would make typify refuse fields that are new in the service.
            if keywords
                .get("additionalProperties")
                .is_some_and(Value::is_boolean)
            {
                keywords.shift_remove("additionalProperties");
            }
        });
    }
}

/// Raw uploads are told by `format: binary`; inside JSON nothing has it.
fn is_raw(keyword: &str, value: &Value) -> bool {
    keyword == "format" && value == "binary"
}
