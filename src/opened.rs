//! Execution contexts on clusters that this process has opened and nobody has closed: they hold memory until closed.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The cluster that it is on.
    pub cluster_id: String,
    /// Its own id.
    pub context_id: String,
    /// The command that was started in it and has not been seen to end.
    pub command_id: Option<String>,
    /// It was opened for that command alone, and closes with it.
    pub once: bool,
}

/// All of one workspace.
#[derive(Debug, Default)]
pub struct AllOpened(Mutex<Vec<Opened>>);

impl AllOpened {
    fn all(&self) -> MutexGuard<'_, Vec<Opened>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a context that has just been opened.
    pub fn note(&self, opened: Opened) {
        self.all().push(opened);
    }

    /// Notes a context that another process has opened, unless it is noted already.
    pub fn adopt(&self, opened: Opened) {
        let mut all = self.all();
        if all
            .iter()
            .all(|known| known.context_id != opened.context_id)
        {
            all.push(opened);
        }
    }

    /// Notes that a command runs in a context, or that none does any more. Contexts of others are not noted.
    pub fn runs(&self, context_id: &str, command_id: Option<&str>) {
        let mut all = self.all();
        if let Some(known) = all.iter_mut().find(|known| known.context_id == context_id) {
            known.command_id = command_id.map(ToOwned::to_owned);
        }
    }

    /// True where a context was opened for one command alone.
    #[must_use]
    pub fn is_for_once(&self, context_id: &str) -> bool {
        let all = self.all();
        all.iter()
            .any(|known| known.once && known.context_id == context_id)
    }

    /// Forgets a context that is closed.
    pub fn closed(&self, context_id: &str) {
        self.all().retain(|known| known.context_id != context_id);
    }

    /// All of them, which are then not noted any more.
    #[must_use]
    pub fn take(&self) -> Vec<Opened> {
        std::mem::take(&mut self.all())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_known_until_it_is_closed_or_taken() {
        let all = AllOpened::default();
        let one = |id: &str, once| Opened {
            cluster_id: "c".to_owned(),
            context_id: id.to_owned(),
            command_id: None,
            once,
        };
        all.note(one("a", false));
        all.note(one("b", true));
        all.runs("a", Some("command"));
        all.runs("of others", Some("command"));
        assert!(all.is_for_once("b") && !all.is_for_once("a"));
        all.closed("b");
        all.adopt(one("a", true));
        let left = all.take();
        let ids: Vec<_> = left.iter().map(|one| one.command_id.as_deref()).collect();
        assert_eq!(ids, [Some("command")]);
        assert!(all.take().is_empty());
    }
}
