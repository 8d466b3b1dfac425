//! Refusals of the stores that a caller may want to hear.

use crate::error::Error;

/// Reports whether the service says that there is no such file or folder.
#[must_use]
pub fn is_missing(error: &Error) -> bool {
    matches!(error, Error::Api { status: 404, .. })
        || matches!(error, Error::Api { code, .. } if code == "RESOURCE_DOES_NOT_EXIST" || code == "NOT_FOUND")
}

/// Reports whether the service says that something is there already.
#[must_use]
pub fn is_taken(error: &Error) -> bool {
    matches!(
        error,
        Error::Api {
            status: 409 | 412,
            ..
        }
    ) || matches!(error, Error::Api { code, .. } if code.ends_with("ALREADY_EXISTS"))
}

/// Reports whether a request that failed may have done its work all the same: its answer was lost, or unreadable.
#[must_use]
pub(super) fn may_have_acted(error: &Error) -> bool {
    match error {
        Error::Unanswered { may_have_acted, .. } => *may_have_acted,
        Error::Api { status, .. } => matches!(status, 408 | 502..=504),
        Error::Answer { .. } => true,
        _ => false,
    }
}
