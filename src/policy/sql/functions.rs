//! Functions that reach beyond the query they stand in.

/// What a function reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Another system.
    Outside,
    /// Code of the cluster, or a secret.
    Inside,
    /// A model that is paid for by use.
    Model,
    /// Files; another system where the path is computed from data.
    Files,
}

/// Functions that read from or send to other systems.
const OUTSIDE: &[&str] = &[
    "HTTP_REQUEST",
    "READ_KAFKA",
    "READ_KINESIS",
    "READ_PUBSUB",
    "READ_PULSAR",
    "REMOTE_QUERY",
];
/// Functions that run code or show a secret; no setting lets them through.
const INSIDE: &[&str] = &["JAVA_METHOD", "REFLECT", "SECRET"];
/// Functions that read files by a path.
const FILES: &[&str] = &["CLOUD_FILES", "READ_FILES"];

/// Whether the built-in function of this name, in upper case, shows secrets or their names. What runs code may.
pub(super) fn shows_secrets(name: &str) -> bool {
    let name = name.strip_prefix("TRY_").unwrap_or(name);
    INSIDE.contains(&name) || name == "LIST_SECRETS"
}

/// The reach of the built-in function of this name, in upper case.
pub(super) fn reach(name: &str) -> Option<Reach> {
    let name = name.strip_prefix("TRY_").unwrap_or(name);
    if OUTSIDE.contains(&name) {
        Some(Reach::Outside)
    } else if INSIDE.contains(&name) {
        Some(Reach::Inside)
    } else if name.starts_with("AI_") {
        Some(Reach::Model)
    } else if FILES.contains(&name) {
        Some(Reach::Files)
    } else {
        None
    }
}
