//! What a service answers.

use serde_json::{Value, json};

/// The answer to a call.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A JSON object.
    Json(Value),
    /// A file.
    Bytes {
        /// Its media type.
        content_type: &'static str,
        /// Its content.
        bytes: Vec<u8>,
    },
}

impl Reply {
    /// `{}`.
    pub(crate) fn empty() -> Self {
        Self::Json(json!({}))
    }
}

impl From<Value> for Reply {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}
