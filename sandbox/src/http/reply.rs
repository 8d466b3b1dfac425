//! What a service answers.

use serde::Serialize;
use serde_json::{Value, json};

use super::error::ApiError;

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

    /// Anything that serializes.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` when it does not.
    pub(crate) fn of(value: &impl Serialize) -> Result<Self, ApiError> {
        match serde_json::to_value(value) {
            Ok(value) => Ok(Self::Json(value)),
            Err(error) => Err(ApiError::internal(error.to_string())),
        }
    }
}

impl From<Value> for Reply {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}
