//! Uploads in parts that are under way.

use std::collections::BTreeMap;

use axum::body::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::ApiError;

/// The least bytes of every part but the last.
pub(super) const SMALLEST_PART: usize = 5 << 20;

/// The uploads under way, by token.
#[derive(Default)]
pub(super) struct Uploads(BTreeMap<String, Upload>);

struct Upload {
    path: String,
    overwrite: bool,
    /// The parts so far by number, each with its mark.
    parts: BTreeMap<i64, (String, Bytes)>,
}

/// A file put together from its parts.
pub(super) struct Whole {
    pub(super) path: String,
    pub(super) overwrite: bool,
    pub(super) bytes: Bytes,
}

impl Uploads {
    /// Opens an upload and returns its token.
    pub(super) fn open(&mut self, path: String, overwrite: bool) -> String {
        let token = Uuid::new_v4().simple().to_string();
        let upload = Upload {
            path,
            overwrite,
            parts: BTreeMap::new(),
        };
        self.0.insert(token.clone(), upload);
        token
    }

    /// True if an upload with this token to this path is under way.
    pub(super) fn has(&self, token: &str, path: &str) -> bool {
        self.0.get(token).is_some_and(|upload| upload.path == path)
    }

    /// Keeps a part in the place of an earlier one of its number, and returns its mark; `None` without such an upload.
    pub(super) fn put(&mut self, token: &str, number: i64, bytes: Bytes) -> Option<String> {
        let upload = self.0.get_mut(token)?;
        let etag = format!("\"{}\"", Uuid::new_v4().simple());
        upload.parts.insert(number, (etag.clone(), bytes));
        Some(etag)
    }

    /// The file of these parts, given by number and mark. The upload stays until it is closed.
    ///
    /// # Errors
    /// There is no such upload, or the parts are not those that were put, in order and large enough.
    pub(super) fn whole(
        &self,
        token: &str,
        path: &str,
        listed: &[(i64, String)],
    ) -> Result<Whole, ApiError> {
        let upload = self.0.get(token).filter(|upload| upload.path == path);
        let upload = upload.ok_or_else(no_upload)?;
        if listed.is_empty() {
            return Err(ApiError::invalid("An upload is completed with its parts."));
        }
        if !listed.is_sorted_by(|(one, _), (next, _)| one < next) {
            return Err(ApiError::invalid("The parts are not in ascending order."));
        }
        let mut bytes = Vec::new();
        for (place, (number, etag)) in listed.iter().enumerate() {
            let part = upload.parts.get(number).filter(|(kept, _)| kept == etag);
            let (_, part) = part.ok_or_else(|| {
                ApiError::invalid(format!("Part {number} was not uploaded with this ETag."))
            })?;
            let is_last = place + 1 == listed.len();
            if part.len() < SMALLEST_PART && !is_last {
                return Err(ApiError::invalid(format!(
                    "Part {number} has {} bytes: only the last may have fewer than {SMALLEST_PART}.",
                    part.len()
                )));
            }
            bytes.extend_from_slice(part);
        }
        Ok(Whole {
            path: upload.path.clone(),
            overwrite: upload.overwrite,
            bytes: bytes.into(),
        })
    }

    /// Ends an upload; its parts are gone.
    ///
    /// # Errors
    /// There is no such upload.
    pub(super) fn close(&mut self, token: &str, path: &str) -> Result<(), ApiError> {
        if !self.has(token, path) {
            return Err(no_upload());
        }
        self.0.remove(token);
        Ok(())
    }

    /// The uploads with the parts and bytes that each has so far.
    pub(super) fn describe(&self) -> Vec<Value> {
        let all = self.0.values().map(|upload| {
            let bytes: usize = upload.parts.values().map(|(_, part)| part.len()).sum();
            json!({"path": upload.path, "parts": upload.parts.len(), "bytes": bytes})
        });
        all.collect()
    }
}

fn no_upload() -> ApiError {
    ApiError::missing("NOT_FOUND", "There is no such upload to this path.")
}
