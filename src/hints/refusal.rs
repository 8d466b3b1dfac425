//! A refusal of the service as rules read it, and the conditions that need more than one word of it.

/// The facts of a refusal.
#[derive(Debug)]
pub(super) struct Refusal<'a> {
    /// `service.method`.
    pub(super) operation: &'a str,
    /// HTTP status.
    pub(super) status: u16,
    /// Databricks' error code.
    pub(super) code: &'a str,
    /// The service's own words.
    pub(super) message: &'a str,
}

impl Refusal<'_> {
    /// The service and the method of the operation.
    pub(super) fn parts(&self) -> (&str, &str) {
        self.operation.split_once('.').unwrap_or_default()
    }

    /// The thing that was asked for does not exist.
    pub(super) fn is_missing(&self) -> bool {
        let says = |words: &str| self.message.contains(words);
        // A feature that is switched off is no name to look up.
        self.code != "FEATURE_DISABLED"
            && (self.status == 404 || says("does not exist") || says("doesn't exist"))
    }

    /// What was to be made exists.
    pub(super) fn is_there_already(&self) -> bool {
        let message = self.message.to_lowercase();
        self.code.contains("ALREADY_EXISTS") || message.contains("already exists")
    }

    /// The admins have disabled the root of DBFS, which services tell as a permission that the user lacks.
    pub(super) fn is_dbfs_root_disabled(&self) -> bool {
        says_dbfs_root_disabled(self.message)
    }

    /// The service says that it has no such `Catalog` or `Schema`.
    pub(super) fn lacks(&self, kind: &str) -> bool {
        self.code == format!("{}_DOES_NOT_EXIST", kind.to_uppercase())
            || self.message.contains(&format!("{kind} '"))
    }

    /// An execution context, or a command in it, is not known to its cluster.
    pub(super) fn is_context_gone(&self) -> bool {
        let message = self.message.to_lowercase().replace(' ', "");
        let unknown = ["notfound", "invalid", "doesnotexist", "nosuch", "unknown"];
        self.parts().0 == "command_execution"
            && (message.contains("context") || message.contains("command"))
            && !message.contains("cluster")
            && unknown.iter().any(|word| message.contains(word))
    }

    /// The service wanted a cluster that runs and found it in another state.
    pub(super) fn is_cluster_stopped(&self) -> bool {
        let message = self.message.to_lowercase();
        let states = ["unexpected state", "not running", "is not in running state"];
        message.contains("cluster") && states.iter().any(|words| message.contains(words))
    }
}

/// True for the words of a service about a disabled root of DBFS.
pub(super) fn says_dbfs_root_disabled(message: &str) -> bool {
    let plain = message.to_lowercase();
    message.contains("DBFS_DISABLED") || (plain.contains("dbfs") && plain.contains("is disabled"))
}
