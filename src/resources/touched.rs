//! The things that a session has had to do with, the latest first.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::uri::Uri;

/// Things that are remembered.
const REMEMBERED: usize = 100;

/// A bounded list of addresses.
#[derive(Debug, Default)]
pub(crate) struct Touched(Mutex<VecDeque<Uri>>);

impl Touched {
    /// Puts a thing first; one that was there is not there twice.
    pub(crate) fn note(&self, uri: Uri) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|one| *one != uri);
        known.push_front(uri);
        known.truncate(REMEMBERED);
    }

    /// All of them.
    #[must_use]
    pub(crate) fn all(&self) -> Vec<Uri> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::Kind;

    #[test]
    fn the_latest_come_first_and_their_number_is_bounded() {
        let touched = Touched::default();
        let job = |id: usize| Uri {
            workspace: "w".to_owned(),
            kind: Kind::Job,
            name: id.to_string(),
            part: None,
        };
        (0..200).for_each(|id| touched.note(job(id)));
        touched.note(job(150));
        let all = touched.all();
        assert_eq!(all.len(), REMEMBERED);
        assert_eq!(all.first(), Some(&job(150)));
        assert_eq!(all.iter().filter(|uri| **uri == job(150)).count(), 1);
    }
}
