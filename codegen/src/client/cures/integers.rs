//! Cure: integers are 64 bits wide, and answers may send them as strings.
//!
//! The SDK does not tell integer widths, ids and timestamps overflow 32 bits, and JSON made from protobuf
//! writes 64-bit integers as strings. An integer that the service may send becomes `types::Int64` (written
//! by [`super::super::mend`]), which reads both forms and writes a number. One that only the client sends
//! becomes `i64`.

use serde_json::Value;

use super::super::draft::{Draft, Side};
use super::super::schema;

/// A private format that marks the integers typify replaces.
pub(in super::super) const FORMAT: &str = "int64-or-string";

pub(super) fn cure(draft: &mut Draft) {
    for (root, side) in draft.roots_mut() {
        let format = if side == Side::Request {
            "int64"
        } else {
            FORMAT
        };
        schema::walk_mut(root, &mut |schema| {
            if schema::is_type(schema, "integer")
                && let Some(keywords) = schema.as_object_mut()
            {
                keywords.insert("format".to_owned(), Value::from(format));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_format_is_none_that_openapi_knows() {
        let schema: openapiv3::IntegerType =
            serde_json::from_value(serde_json::json!({ "format": FORMAT })).unwrap();
        assert_eq!(
            schema.format,
            openapiv3::VariantOrUnknownOrEmpty::Unknown(FORMAT.to_owned())
        );
    }
}
