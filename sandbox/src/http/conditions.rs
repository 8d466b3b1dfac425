//! The headers by which a client asks for a part of a file, or for the file only as it was.

use std::ops::Range;

use axum::http::header::{IF_UNMODIFIED_SINCE, RANGE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use chrono::DateTime;
use serde_json::json;

use super::error::ApiError;
use crate::clock::Millis;

/// `Range` and `If-Unmodified-Since`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    range: Option<String>,
    unmodified_since: Option<String>,
}

impl Conditions {
    /// The conditions among these headers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let header = |name: HeaderName| Some(headers.get(name)?.to_str().ok()?.to_owned());
        Self {
            range: header(RANGE),
            unmodified_since: header(IF_UNMODIFIED_SINCE),
        }
    }

    /// The part to send of a file of this size; `None` for all of it.
    ///
    /// # Errors
    /// 412 when the file was written since, 416 when it has no such part.
    pub(crate) fn part(
        &self,
        whole: usize,
        modified: Millis,
    ) -> Result<Option<Range<usize>>, ApiError> {
        // A time that cannot be read is no condition. Headers know seconds only.
        let since = self.unmodified_since.as_deref().and_then(seconds);
        if since.is_some_and(|since| modified.div_euclid(1000) > since) {
            return Err(ApiError {
                status: StatusCode::PRECONDITION_FAILED,
                error_code: json!("FAILED_PRECONDITION"),
                message: "The file was modified since.".to_owned(),
            });
        }
        let range = self.range.as_deref();
        range.map(|range| part_of(range, whole)).transpose()
    }
}

fn seconds(time: &str) -> Option<i64> {
    let time = DateTime::parse_from_rfc2822(time).ok()?;
    Some(time.timestamp())
}

/// The part that `bytes=a-b`, `bytes=a-` or `bytes=-n` requests.
fn part_of(range: &str, whole: usize) -> Result<Range<usize>, ApiError> {
    let read = || {
        let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
        let last = whole.checked_sub(1)?;
        let part = match (from, to) {
            ("", count) => whole.saturating_sub(count.parse().ok()?)..whole,
            (from, "") => from.parse().ok()?..whole,
            (from, to) => from.parse().ok()?..to.parse::<usize>().ok()?.min(last) + 1,
        };
        (part.start < part.end).then_some(part)
    };
    read().ok_or_else(|| ApiError {
        status: StatusCode::RANGE_NOT_SATISFIABLE,
        error_code: json!("OUT_OF_RANGE"),
        message: format!("The file has {whole} bytes, so there is no {range}."),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ranges_are_read_as_http_has_them() {
        assert_eq!(part_of("bytes=0-3", 10).unwrap(), 0..4);
        assert_eq!(part_of("bytes=8-99", 10).unwrap(), 8..10);
        assert_eq!(part_of("bytes=4-", 10).unwrap(), 4..10);
        assert_eq!(part_of("bytes=-3", 10).unwrap(), 7..10);
        assert!(part_of("bytes=10-", 10).is_err());
        assert!(part_of("bytes=0-", 0).is_err());
        assert!(part_of("lines=1-2", 10).is_err());
    }

    #[test]
    fn a_file_written_in_the_same_second_is_unmodified() {
        let since = Conditions {
            unmodified_since: Some("Thu, 01 Jan 1970 00:00:05 GMT".to_owned()),
            ..Conditions::default()
        };
        assert_eq!(since.part(10, 5_999).unwrap(), None);
        let refused = since.part(10, 6_000).unwrap_err();
        assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED);
    }
}
