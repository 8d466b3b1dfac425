//! Answers of services.

use std::ops::Range;

use axum::body::Bytes;
use axum::http::StatusCode;
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
    /// A file of the workspace, or a part of it.
    File {
        /// The whole content.
        bytes: Bytes,
        /// The requested part; `None` for all of it.
        part: Option<Range<usize>>,
        /// The time of the last write.
        modified: Millis,
    },
    /// An answer of the cloud storage behind presigned URLs, which knows nothing of the workspace's own.
    Storage {
        /// HTTP status.
        status: StatusCode,
        /// The mark of a part that was stored.
        etag: Option<String>,
        /// XML, or nothing.
        xml: String,
    },
    /// 204: success without a body.
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
