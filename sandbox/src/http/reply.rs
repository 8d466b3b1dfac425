//! What a service answers.

use std::ops::Range;

use axum::body::Bytes;
use serde_json::{Value, json};

use crate::clock::Millis;

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
    /// A file as kept, or a part of it.
    File {
        /// The whole content.
        bytes: Bytes,
        /// The part that was asked for; all of it without.
        part: Option<Range<usize>>,
        /// When it was last written.
        modified: Millis,
    },
    /// 204: done, and nothing to say.
    Done,
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
