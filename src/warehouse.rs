//! The SQL warehouse of calls that name none: the configured one, or one that was chosen and is still there.

use std::sync::{Mutex, PoisonError};

use crate::error::Error;

/// A workspace's default warehouse.
#[derive(Debug, Default)]
pub struct DefaultWarehouse {
    configured: Option<String>,
    chosen: Mutex<Option<String>>,
    /// Those that could not be used.
    refused: Mutex<Vec<String>>,
    /// Concurrent first statements choose once.
    choosing: tokio::sync::Mutex<()>,
}

impl DefaultWarehouse {
    /// A workspace's default, configured or to be chosen.
    #[must_use]
    pub fn new(configured: Option<String>) -> Self {
        Self {
            configured,
            ..Self::default()
        }
    }

    /// Its id, if it is configured or was chosen already.
    #[must_use]
    pub fn get(&self) -> Option<String> {
        let chosen = || self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        self.configured.clone().or_else(|| chosen().clone())
    }

    /// Its id. Where there is none yet, `choose` finds it, and it stays from then on.
    ///
    /// # Errors
    /// The error of `choose`.
    pub async fn get_or_choose(
        &self,
        choose: impl Future<Output = Result<String, Error>>,
    ) -> Result<String, Error> {
        if let Some(id) = self.get() {
            return Ok(id);
        }
        let _alone = self.choosing.lock().await;
        if let Some(id) = self.get() {
            return Ok(id);
        }
        let id = choose.await?;
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.clone());
        Ok(id)
    }

    /// Tells whether the default was set by the user.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        self.configured.is_some()
    }

    /// Those that could not be used, which are not to be chosen again.
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        let refused = self.refused.lock();
        refused.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets which could not be used: there is no other one.
    pub fn forgive(&self) {
        let refused = self.refused.lock();
        refused.unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Forgets the warehouse `id` if `error` says that it cannot be used and it was chosen, not configured.
    /// Returns whether another one may be chosen now.
    pub fn forget(&self, id: &str, error: &Error) -> bool {
        if self.configured.is_some() || !is_unusable(id, error) {
            return false;
        }
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if !refused.iter().any(|known| known == id) {
            refused.push(id.to_owned());
        }
        drop(refused);
        let mut chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        // Another call may have chosen anew already.
        if chosen.as_deref() == Some(id) {
            *chosen = None;
        }
        true
    }
}

/// What the service says of a warehouse that is gone, or that does not run.
const GONE: &[&str] = &[
    "does not exist",
    "not found",
    "deleted",
    "not a valid",
    "not running",
    "not active",
    "not an active",
    "inactive",
    "cannot be used",
    "is stopped",
    "unavailable",
    "unhealthy",
    "disabled",
];

/// What the service says of a warehouse that does not start, so that no statement has begun.
const STUCK: &[&str] = &[
    "not be started",
    "cannot start",
    "cannot be started",
    "failed to start",
    "unable to start",
    "failed to launch",
    "startup fail",
];

/// Returns whether the service says that a warehouse is gone, broken or not for this user. It does so before a
/// statement begins.
fn is_unusable(id: &str, error: &Error) -> bool {
    let says = |said: &str, words: &[&str]| words.iter().any(|word| said.contains(word));
    // The catalog and schema of a statement are looked for only when it runs.
    let about = |said: &str| {
        said.contains(&id.to_ascii_lowercase()) || says(said, &["warehouse", "endpoint"])
    };
    match error {
        Error::Api {
            status,
            code,
            message,
            ..
        } => {
            let said = message.to_ascii_lowercase();
            match status {
                403 => {
                    // What is about the network or the credential is so for every warehouse.
                    about(&said)
                        || (code == "PERMISSION_DENIED"
                            && !says(&said, &["ip ", "network", "token"]))
                }
                400 | 404 | 409 => about(&said) && (says(&said, GONE) || says(&said, STUCK)),
                500.. => about(&said) && says(&said, STUCK),
                _ => false,
            }
        }
        Error::Failed { message, .. } => {
            let said = message.to_ascii_lowercase();
            // A statement that has begun fails with an error class in brackets.
            let begun = said.starts_with('[');
            !begun && (about(&said) || said.contains("cluster")) && says(&said, STUCK)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn refused(status: u16, message: &str) -> Error {
        Error::Api {
            operation: "statement_execution.execute_statement".to_owned(),
            status,
            code: "X".to_owned(),
            message: message.to_owned(),
            request_id: None,
            retryable: false,
            retry_after: None,
            hint: None,
        }
    }

    #[tokio::test]
    async fn a_chosen_warehouse_is_kept_until_it_is_gone() {
        let warehouse = DefaultWarehouse::default();
        let choose = |id: &'static str| async move { Ok(id.to_owned()) };
        assert_eq!(warehouse.get(), None);
        assert_eq!(warehouse.get_or_choose(choose("a1")).await.unwrap(), "a1");
        assert_eq!(warehouse.get_or_choose(choose("b2")).await.unwrap(), "a1");
        for other in [
            refused(400, "[PARSE_SYNTAX_ERROR] Syntax error"),
            refused(403, "Source IP address 1.2.3.4 is blocked"),
            refused(503, "warehouse a1 is unavailable"),
            refused(404, "no such API"),
        ] {
            assert!(!warehouse.forget("a1", &other), "{other}");
        }
        for unusable in [
            refused(403, "You do not have permission to use the SQL warehouse"),
            refused(400, "Warehouse a1 is stopped and cannot be started"),
            refused(500, "The warehouse failed to start"),
        ] {
            assert!(is_unusable("a1", &unusable), "{unusable}");
        }
        let failed = |message: &str| Error::Failed {
            what: "statement 1".to_owned(),
            state: "FAILED".to_owned(),
            message: message.to_owned(),
            hint: None,
        };
        assert!(is_unusable("a1", &failed("Cluster 7 could not be started")));
        assert!(!is_unusable(
            "a1",
            &failed("[USER_RAISED] cluster failed to start")
        ));
        let gone = refused(404, "SQL warehouse a1 does not exist.");
        assert!(warehouse.forget("a1", &gone));
        assert_eq!(warehouse.get_or_choose(choose("b2")).await.unwrap(), "b2");
        // A call that was under way with the old one hears it only now.
        assert!(warehouse.forget("a1", &gone));
        assert_eq!(warehouse.get().as_deref(), Some("b2"));
    }

    #[tokio::test]
    async fn a_configured_warehouse_stays() {
        let warehouse = DefaultWarehouse::new(Some("a1".to_owned()));
        assert!(!warehouse.forget("a1", &refused(404, "a1 does not exist")));
        assert_eq!(warehouse.get().as_deref(), Some("a1"));
    }
}
