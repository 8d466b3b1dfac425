//! The SQL warehouse of calls that name none: the configured one, or one that was chosen and is still there.

use std::sync::{Mutex, PoisonError};

use crate::error::Error;

/// A workspace's default warehouse.
#[derive(Debug, Default)]
pub struct DefaultWarehouse {
    configured: Option<String>,
    chosen: Mutex<Option<String>>,
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

    /// Forgets the warehouse `id` if `error` says that it is gone and it was chosen, not configured. Returns
    /// whether another one may be chosen now.
    pub fn forget(&self, id: &str, error: &Error) -> bool {
        if self.configured.is_some() || !is_gone(id, error) {
            return false;
        }
        let mut chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        // Another call may have chosen anew already.
        if chosen.as_deref() == Some(id) {
            *chosen = None;
        }
        true
    }
}

/// Returns whether the service says that a warehouse does not exist. It does so before a statement begins.
fn is_gone(id: &str, error: &Error) -> bool {
    let Error::Api {
        status, message, ..
    } = error
    else {
        return false;
    };
    let words = ["does not exist", "not found", "deleted", "not a valid"];
    let said = message.to_ascii_lowercase();
    // The catalog and schema of a statement are looked for only when it runs.
    let about = said.contains(&id.to_ascii_lowercase())
        || said.contains("warehouse")
        || said.contains("endpoint");
    matches!(status, 400 | 404) && about && words.iter().any(|word| said.contains(word))
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
            refused(403, "warehouse a1 not found"),
            refused(404, "no such API"),
        ] {
            assert!(!warehouse.forget("a1", &other), "{other}");
        }
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
