//! The kind of a failure: by the service's code, and where that says nothing by the exception.

use schemars::JsonSchema;
use serde::Serialize;

/// The kind of a failure, which decides whether running again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Class {
    /// The task's own code or data.
    Code,
    /// A cluster that did not start, or was lost or too small.
    Compute,
    /// A library that was not installed or not found.
    Library,
    /// A right that is missing.
    Access,
    /// A notebook, file, table or repository that is not there.
    Source,
    /// A limit or a timeout.
    Limits,
    /// The service itself or the cloud.
    Vendor,
    /// Somebody cancelled it.
    Cancelled,
    /// None of these can be told.
    Unknown,
}

/// Termination codes, by what is in them. The first that fits counts.
const CODES: &[(&str, Class)] = &[
    ("LIBRARY", Class::Library),
    ("UNAUTHORIZED", Class::Access),
    ("ACCESS_ERROR", Class::Access),
    ("REPOSITORY_CHECKOUT", Class::Source),
    ("RESOURCE_NOT_FOUND", Class::Source),
    ("FEATURE_DISABLED", Class::Access),
    ("MAX_", Class::Limits),
    ("LIMIT_EXCEEDED", Class::Limits),
    ("QUEUE_SIZE", Class::Limits),
    ("TIMED", Class::Limits),
    ("CLOUD_FAILURE", Class::Compute),
    ("CLUSTER", Class::Compute),
    ("DRIVER", Class::Compute),
    ("INTERNAL_ERROR", Class::Vendor),
    ("CANCEL", Class::Cancelled),
];

/// Words of an exception, in lower case. The first that fits counts.
const EXCEPTIONS: &[(&str, Class)] = &[
    ("permission_denied", Class::Access),
    ("permission denied", Class::Access),
    ("insufficient_permissions", Class::Access),
    ("insufficient privileges", Class::Access),
    ("does not have", Class::Access),
    ("not authorized", Class::Access),
    ("accessdenied", Class::Access),
    ("modulenotfounderror", Class::Library),
    ("importerror", Class::Library),
    ("no module named", Class::Library),
    ("classnotfound", Class::Library),
    ("noclassdeffound", Class::Library),
    ("outofmemory", Class::Compute),
    ("executorlost", Class::Compute),
    ("executor lost", Class::Compute),
    ("driver is up but is not responsive", Class::Compute),
    ("python kernel is unresponsive", Class::Compute),
    ("stopped unexpectedly", Class::Compute),
    ("table_or_view_not_found", Class::Source),
    ("path_not_found", Class::Source),
    ("path does not exist", Class::Source),
    ("filenotfound", Class::Source),
    ("notebook not found", Class::Source),
    ("unable to access the notebook", Class::Source),
    ("timeout", Class::Limits),
    ("timed out", Class::Limits),
];

impl Class {
    /// The class of a failure with this termination code, this type of it, and these words.
    pub(super) fn of(code: Option<&str>, kind: Option<&str>, said: &str) -> Self {
        let code = code.unwrap_or_default();
        let by_code = CODES.iter().find(|(part, _)| code.contains(part));
        if let Some((_, class)) = by_code {
            return *class;
        }
        let said = said.to_lowercase();
        let by_words = EXCEPTIONS.iter().find(|(words, _)| said.contains(words));
        match (by_words, kind, code) {
            (Some((_, class)), _, _) => *class,
            (None, Some("CLOUD_FAILURE"), _) => Self::Compute,
            (None, Some("INTERNAL_ERROR"), _) => Self::Vendor,
            (None, _, "RUN_EXECUTION_ERROR") => Self::Code,
            _ if !said.is_empty() => Self::Code,
            _ => Self::Unknown,
        }
    }

    /// Whether the cluster is worth a look.
    pub(super) fn is_of_compute(self) -> bool {
        matches!(
            self,
            Self::Compute | Self::Library | Self::Vendor | Self::Unknown
        )
    }

    /// What to do before a repair, in words.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Compute | Self::Vendor => {
                "running it again may be enough; if it fails so again, change the compute first"
            }
            Self::Cancelled => "run it again if it was not cancelled on purpose",
            Self::Code => "mend the code or its data first",
            Self::Library => "mend the libraries first",
            Self::Access => "grant the right first",
            Self::Source => "bring back what is missing, or mend its name, first",
            Self::Limits => "wait for room, or raise the limit or timeout, first",
            Self::Unknown => "find the cause first",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_counts_and_then_the_exception() {
        for (code, kind, said, class) in [
            (
                "CLUSTER_REQUEST_LIMIT_EXCEEDED",
                "CLIENT_ERROR",
                "",
                Class::Limits,
            ),
            ("DRIVER_ERROR", "CLOUD_FAILURE", "", Class::Compute),
            ("LIBRARY_INSTALLATION_ERROR", "", "", Class::Library),
            ("STORAGE_ACCESS_ERROR", "", "", Class::Access),
            (
                "RUN_EXECUTION_ERROR",
                "CLIENT_ERROR",
                "KeyError: 'day'",
                Class::Code,
            ),
            (
                "RUN_EXECUTION_ERROR",
                "CLIENT_ERROR",
                "[PERMISSION_DENIED] User",
                Class::Access,
            ),
            (
                "RUN_EXECUTION_ERROR",
                "",
                "ModuleNotFoundError: x",
                Class::Library,
            ),
            (
                "RUN_EXECUTION_ERROR",
                "",
                "java.lang.OutOfMemoryError",
                Class::Compute,
            ),
            ("", "", "[TABLE_OR_VIEW_NOT_FOUND] a.b.c", Class::Source),
            ("USER_CANCELED", "", "", Class::Cancelled),
            ("", "INTERNAL_ERROR", "", Class::Vendor),
            ("", "", "", Class::Unknown),
        ] {
            assert_eq!(
                Class::of(Some(code), Some(kind), said),
                class,
                "{code} {said}"
            );
        }
    }
}
