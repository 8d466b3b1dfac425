//! Cure: an integer is 64 bits wide, and in an answer may come as a string.
//!
//! The SDK does not say how wide an integer is, and ids and timestamps overflow 32 bits. JSON made from
//! protobuf writes 64-bit integers as strings. What the service may send becomes `types::Int64` (written by
//! [`super::super::mend`]), which reads both and writes a number; what only the client sends is a plain `i64`.

use serde_json::Value;

use super::super::draft::{Draft, Side};
use super::super::schema;

/// A format of our own, by which typify tells the integers to replace.
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
