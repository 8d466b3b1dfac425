//! Answers of tools that read, kept for seconds, so that an agent that asks again and again does not wait each time.
//!
//! A cache belongs to one workspace and one identity. A write to the same service drops what it may have made untrue.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::shape::Answer;
use crate::shelf::Shelf;

/// Bytes of all answers.
const BYTES: usize = 8 << 20;

/// The service of an answer that any write may make untrue.
pub(crate) const ANY: &str = "*";

/// Seconds that answers are kept by default.
const DEFAULTS: [(&str, u64); 5] = [
    ("completion/complete", 30),
    ("list_catalogs", 60),
    ("list_node_types", 3_600),
    ("list_spark_versions", 3_600),
    // Their state is shown too.
    ("list_warehouses", 10),
];

/// The time that answers of each tool are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lives(BTreeMap<String, Duration>);

impl Default for Lives {
    fn default() -> Self {
        let seconds =
            |(tool, seconds): (&str, u64)| (tool.to_owned(), Duration::from_secs(seconds));
        Self(DEFAULTS.into_iter().map(seconds).collect())
    }
}

impl Lives {
    /// The defaults, but these seconds for these tools.
    #[must_use]
    pub fn of(seconds: &BTreeMap<String, usize>) -> Self {
        let mut lives = Self::default();
        for (tool, seconds) in seconds {
            lives.set(tool, *seconds);
        }
        lives
    }

    /// No answer is kept.
    #[must_use]
    pub fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// The time of a tool in seconds, in place of its default.
    fn set(&mut self, tool: &str, seconds: usize) {
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        self.0.insert(tool.to_owned(), Duration::from_secs(seconds));
    }
}

/// What a call may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// Nothing.
    Nothing,
    /// Something of these services.
    Of(Vec<&'static str>),
    /// Nobody can tell.
    Anything,
}

/// The answers of one workspace.
#[derive(Debug)]
pub struct Cache {
    lives: Lives,
    shelf: Shelf<Cached>,
    /// Counts the writes: an answer that was asked for before one is not kept after it.
    writes: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Debug, Clone)]
struct Cached {
    services: Vec<&'static str>,
    answer: Answer,
}

/// A question whose answer may be kept.
#[derive(Debug)]
pub struct Question {
    name: String,
    life: Duration,
    writes: u64,
}

impl Cache {
    /// A cache that keeps answers so long.
    #[must_use]
    pub fn new(lives: Lives) -> Self {
        Self {
            lives,
            shelf: Shelf::new(BYTES),
            writes: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// The question of a call; none where its answers are not kept.
    #[must_use]
    pub fn question(&self, tool: &str, arguments: &str) -> Option<Question> {
        let life = *self.lives.0.get(tool)?;
        (!life.is_zero()).then(|| Question {
            name: format!("{tool}\n{arguments}"),
            life,
            writes: self.writes.load(Ordering::SeqCst),
        })
    }

    /// The answer that is kept, and its age.
    #[must_use]
    pub fn answer(&self, question: &Question, now: Instant) -> Option<(Answer, Duration)> {
        let found = self.shelf.get(&question.name, now);
        let count = if found.is_some() {
            &self.hits
        } else {
            &self.misses
        };
        count.fetch_add(1, Ordering::Relaxed);
        let (cached, age) = found?;
        Some((cached.answer, age))
    }

    /// Keeps an answer that is of these services, unless something was written since the question.
    pub fn keep(
        &self,
        question: Question,
        services: Vec<&'static str>,
        answer: &Answer,
        now: Instant,
    ) {
        if self.writes.load(Ordering::SeqCst) != question.writes {
            return;
        }
        let size = answer.text.len() * 3 + question.name.len();
        let cached = Cached {
            services,
            answer: answer.clone(),
        };
        self.shelf
            .put(question.name, cached, size, question.life, now);
    }

    /// Drops what a call may make untrue, before it is sent and once more when it has ended.
    pub fn drop_changed(&self, changes: &Changes) {
        let hit = |services: &[&str]| match changes {
            Changes::Nothing => false,
            Changes::Anything => true,
            Changes::Of(changed) => services
                .iter()
                .any(|service| *service == ANY || changed.contains(service)),
        };
        if *changes == Changes::Nothing {
            return;
        }
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.shelf.drop_where(|cached| hit(&cached.services));
    }

    /// The answers that are kept, and their bytes.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.shelf.size()
    }

    /// How often it was asked with success, and in vain.
    #[must_use]
    pub fn asked(&self) -> (u64, u64) {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (of(&self.hits), of(&self.misses))
    }

    /// Drops all. Returns the number of answers.
    pub fn clear(&self) -> usize {
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.shelf.drop_where(|_| true)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn cache() -> (Cache, Answer, Instant) {
        let cache = Cache::new(Lives::default());
        (cache, Answer::json(json!({ "a": 1 })), Instant::now())
    }

    #[test]
    fn an_answer_is_kept_for_the_time_of_its_tool() {
        let (mut cache, answer, now) = cache();
        assert!(cache.question("get_run", "{}").is_none());
        let ask = |cache: &Cache| cache.question("list_warehouses", "{}").unwrap();
        assert!(cache.answer(&ask(&cache), now).is_none());
        cache.keep(ask(&cache), vec!["warehouses"], &answer, now);
        let later = now + Duration::from_secs(9);
        let found = cache.answer(&ask(&cache), later);
        assert_eq!(found, Some((answer, Duration::from_secs(9))));
        let other = cache.question("list_warehouses", "{\"limit\":1}").unwrap();
        assert!(cache.answer(&other, later).is_none());
        assert!(
            cache
                .answer(&ask(&cache), now + Duration::from_secs(10))
                .is_none()
        );
        cache.lives.set("list_warehouses", 0);
        assert!(cache.question("list_warehouses", "{}").is_none());
    }

    #[test]
    fn a_write_drops_what_it_may_make_untrue_also_what_is_still_being_read() {
        let (cache, answer, now) = cache();
        let ask = |tool: &str| cache.question(tool, "{}").unwrap();
        let keep = |tool: &str, service| cache.keep(ask(tool), vec![service], &answer, now);
        let has = |tool: &str| cache.answer(&ask(tool), now).is_some();
        keep("list_warehouses", "warehouses");
        keep("list_catalogs", "catalogs");
        keep("completion/complete", ANY);
        cache.drop_changed(&Changes::Nothing);
        assert!(has("list_warehouses") && has("completion/complete"));
        let early = ask("list_warehouses");
        cache.drop_changed(&Changes::Of(vec!["warehouses"]));
        assert!(!has("list_warehouses") && has("list_catalogs") && !has("completion/complete"));
        cache.keep(early, vec!["warehouses"], &answer, now);
        assert!(!has("list_warehouses"));
        cache.drop_changed(&Changes::Anything);
        assert!(!has("list_catalogs"));
    }
}
