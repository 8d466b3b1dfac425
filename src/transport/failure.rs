//! One attempt that failed, and whether the request may be sent again.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use crate::error::Error;

/// Messages of failures that pass, whatever the status, as in `_base_client.py` of databricks-sdk 0.162.0.
const TRANSIENT: [&str; 8] = [
    "com.databricks.backend.manager.util.UnknownWorkerEnvironmentException",
    "does not have any associated worker environments",
    "There is no worker environment with id",
    "Unknown worker environment",
    "ClusterNotReadyException",
    "Unexpected error",
    "Please try again later or try a faster operation.",
    "RPC token bucket limit has been exceeded",
];

/// One attempt that failed.
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) kind: FailureKind,
    /// The wait that the service asks for.
    pub(super) retry_after: Option<Duration>,
    /// The credential's headers, if the service refused them.
    pub(super) refused_credential: Option<HeaderMap>,
}

impl Failure {
    /// A failure without an answer of the service.
    pub(super) fn new(error: Error, kind: FailureKind) -> Box<Self> {
        Box::new(Self {
            error,
            kind,
            retry_after: None,
            refused_credential: None,
        })
    }
}

/// Kinds of failures, by the effect of sending the request again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// The service did not act: no connection came about, or it was too busy to begin.
    NotActed,
    /// The failure may pass, but the service may have acted.
    Transient,
    /// The request would fail again.
    Permanent,
}

impl FailureKind {
    /// The kind of an answer that is no success.
    pub(super) fn of(status: StatusCode, message: &str) -> Self {
        match status.as_u16() {
            429 => Self::NotActed,
            408 | 502..=504 => Self::Transient,
            _ if TRANSIENT.iter().any(|known| message.contains(known)) => Self::Transient,
            _ => Self::Permanent,
        }
    }

    /// True if the request may be sent again.
    pub(super) fn allows_retry(self, idempotent: bool) -> bool {
        match self {
            Self::NotActed => true,
            Self::Transient => idempotent,
            Self::Permanent => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn transient_statuses_and_messages_are_told_from_permanent_ones() {
        let of = |status| FailureKind::of(StatusCode::from_u16(status).unwrap(), "");
        assert_eq!(of(429), FailureKind::NotActed);
        for status in [408, 502, 503, 504] {
            assert_eq!(of(status), FailureKind::Transient, "{status}");
        }
        for status in [302, 400, 401, 403, 404, 409, 500, 501, 505] {
            assert_eq!(of(status), FailureKind::Permanent, "{status}");
        }
        for message in TRANSIENT {
            let said = format!("cluster 7: {message}");
            let kind = FailureKind::of(StatusCode::BAD_REQUEST, &said);
            assert_eq!(kind, FailureKind::Transient, "{message}");
        }
    }
}
