//! What this process serves, and how busy it is: for the tools that tell it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The state of the process.
#[derive(Debug)]
pub struct Vitals {
    since: Instant,
    served: OnceLock<Served>,
    under_way: AtomicUsize,
    waiting: AtomicUsize,
}

/// What is served.
#[derive(Debug, Clone, Default)]
pub struct Served {
    /// Toolsets of which there is a tool.
    pub toolsets: Vec<&'static str>,
    /// Tools.
    pub tools: usize,
    /// Only what reads.
    pub read_only: bool,
    /// The workspaces' names.
    pub workspaces: Vec<String>,
    /// Calls that are worked on at the same time at most.
    pub calls: usize,
}

impl Default for Vitals {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            served: OnceLock::new(),
            under_way: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
        }
    }
}

impl Vitals {
    /// Those of a process that serves this.
    #[must_use]
    pub fn of(served: Served) -> Self {
        Self {
            served: OnceLock::from(served),
            ..Self::default()
        }
    }

    /// What is served; none where no server runs.
    #[must_use]
    pub fn served(&self) -> Option<&Served> {
        self.served.get()
    }

    /// The time since the start.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Counts a call as under way, until dropped.
    #[must_use]
    pub fn call(&self) -> Counted<'_> {
        Counted::of(&self.under_way)
    }

    /// Counts a call as waiting for its turn, until dropped.
    #[must_use]
    pub fn wait(&self) -> Counted<'_> {
        Counted::of(&self.waiting)
    }

    /// Calls under way, and those among them that wait for their turn.
    #[must_use]
    pub fn calls(&self) -> (usize, usize) {
        let of = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        (of(&self.under_way), of(&self.waiting))
    }
}

/// One that is counted, until dropped.
#[derive(Debug)]
pub struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn of(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
