//! Cure: an enum takes values it does not know.
//!
//! 13 enums grew in 11 weeks of SDK releases; typify's enums refuse the whole answer over one new value. The
//! schema level offers `oneOf: [enum, string]`, which reads badly (`State::Known(StateKnown::Running)`).
//! Instead each named enum becomes a string for typify, told to call it by the name of an enum that
//! [`super::super::mend`] writes, whose last variant `Unlisted(String)` holds what the API facts do not list.
//! An enum written inside another schema has no name to go by and stays a string.

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
