//! Cure: an enum accepts unknown values.
//!
//! 13 enums grew in 11 weeks of SDK releases, and typify's enums refuse a whole answer over one new value. A
//! schema could only say `oneOf: [enum, string]`, which reads badly (`State::Known(StateKnown::Running)`).
//! Each named enum is therefore replaced by one that [`super::super::mend`] writes, with a last variant
//! `Unlisted(String)`. An enum inline in another schema has no name and becomes a string.

use serde_json::{Value, json};

use super::super::draft::Draft;
use super::super::schema;

pub(super) fn cure(draft: &mut Draft) {
    for (name, schema) in &mut draft.schemas {
        if let Some(values) = schema.body.get("enum").and_then(Value::as_array) {
            let values = values.iter().filter_map(Value::as_str);
            draft
                .enums
                .insert(name.clone(), values.map(str::to_owned).collect());
        }
    }
    for (root, _) in draft.roots_mut() {
        schema::walk_mut(root, &mut |schema| {
            if schema.get("enum").is_some() {
                *schema = json!({ "type": "string" });
            }
        });
    }
}
