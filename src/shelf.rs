//! A shelf of things that are kept for a while: bounded in bytes, those that were not asked for longest go first.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Things by their name. Nothing of it outlives the process.
#[derive(Debug)]
pub struct Shelf<T> {
    most: usize,
    inner: Mutex<Inner<T>>,
}

#[derive(Debug)]
struct Inner<T> {
    things: HashMap<String, Held<T>>,
    bytes: usize,
    /// Counts what was put and asked for, to tell what was longest not.
    turn: u64,
}

#[derive(Debug)]
struct Held<T> {
    thing: T,
    bytes: usize,
    since: Instant,
    until: Instant,
    turn: u64,
}

impl<T: Clone> Shelf<T> {
    /// A shelf for this many bytes.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            inner: Mutex::new(Inner {
                things: HashMap::new(),
                bytes: 0,
                turn: 0,
            }),
        }
    }

    /// Keeps a thing of about this size for this time from now on. Returns false for one that is larger than the shelf.
    pub fn put(&self, name: String, thing: T, bytes: usize, time: Duration, now: Instant) -> bool {
        if bytes > self.most {
            return false;
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.drop_where(|held| held.until <= now);
        inner.take(&name);
        while inner.bytes + bytes > self.most {
            let oldest = inner.things.iter().min_by_key(|(_, held)| held.turn);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
                break;
            };
            inner.take(&oldest);
        }
        inner.turn += 1;
        inner.bytes += bytes;
        let held = Held {
            thing,
            bytes,
            since: now,
            until: now + time,
            turn: inner.turn,
        };
        inner.things.insert(name, held);
        true
    }

    /// The thing of this name and its age, if it is still kept.
    pub fn get(&self, name: &str, now: Instant) -> Option<(T, Duration)> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.turn += 1;
        let turn = inner.turn;
        let held = inner.things.get_mut(name)?;
        if held.until <= now {
            inner.take(name);
            return None;
        }
        held.turn = turn;
        Some((
            held.thing.clone(),
            now.saturating_duration_since(held.since),
        ))
    }

    /// The number of things, and their bytes.
    pub fn size(&self) -> (usize, usize) {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        (inner.things.len(), inner.bytes)
    }

    /// Drops the things that it is true for. Returns their number.
    pub fn drop_where(&self, mut goes: impl FnMut(&T) -> bool) -> usize {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.drop_where(|held| goes(&held.thing))
    }
}

impl<T> Inner<T> {
    fn take(&mut self, name: &str) {
        if let Some(held) = self.things.remove(name) {
            self.bytes -= held.bytes;
        }
    }

    fn drop_where(&mut self, mut goes: impl FnMut(&Held<T>) -> bool) -> usize {
        let before = self.things.len();
        let mut freed = 0;
        self.things.retain(|_, held| {
            let goes = goes(held);
            freed += if goes { held.bytes } else { 0 };
            !goes
        });
        self.bytes -= freed;
        before - self.things.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn what_was_not_asked_for_longest_goes_first_and_the_bytes_are_bounded() {
        let shelf = Shelf::new(10);
        let now = Instant::now();
        let put = |name: &str, bytes| shelf.put(name.to_owned(), name.to_owned(), bytes, LONG, now);
        let has = |name: &str| shelf.get(name, now).is_some();
        assert!(put("a", 4) && put("b", 4));
        assert!(has("a"));
        assert!(put("c", 4));
        assert!(has("a") && !has("b") && has("c"));
        assert!(!put("d", 11));
        assert!(put("a", 6));
        assert!(has("a") && has("c"));
        assert_eq!(shelf.drop_where(|_| true), 2);
        assert!(put("e", 10) && has("e"));
    }

    #[test]
    fn a_thing_is_kept_for_its_time_only() {
        let shelf = Shelf::new(10);
        let now = Instant::now();
        shelf.put("a".to_owned(), 1, 1, LONG, now);
        let later = now + LONG / 2;
        assert_eq!(shelf.get("a", later), Some((1, LONG / 2)));
        assert_eq!(shelf.get("a", now + LONG), None);
        assert_eq!(shelf.drop_where(|_| true), 0);
    }
}
