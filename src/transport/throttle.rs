//! The throttle: requests in flight, per workspace and per tool, and requests per second.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::call::Call;
use super::limits::Limits;
use super::pace::Pace;

/// The queues of one workspace, each first come, first served.
#[derive(Debug)]
pub(super) struct Throttle {
    all: Semaphore,
    /// One for each tool that sent something or has a limit of its own.
    tools: Mutex<BTreeMap<String, Arc<Semaphore>>>,
    /// The places for a tool without a limit of its own.
    of_a_tool: usize,
    pace: Option<Pace>,
    most: usize,
    waiting: AtomicUsize,
}

/// How much is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Requests under way.
    pub under_way: usize,
    /// Requests that wait for their turn.
    pub waiting: usize,
    /// The most that may be under way.
    pub most: usize,
}

/// The right to have one request in flight, until dropped.
#[derive(Debug, Default)]
pub(super) struct Permit<'a>(
    #[expect(dead_code, reason = "held")] Option<OwnedSemaphorePermit>,
    #[expect(dead_code, reason = "held")] Option<SemaphorePermit<'a>>,
);

impl Throttle {
    pub(super) fn new(limits: &Limits) -> Self {
        let tools = limits.tools.iter();
        Self {
            all: Semaphore::new(limits.in_flight),
            tools: Mutex::new(
                tools
                    .map(|(name, count)| (name.clone(), Arc::new(Semaphore::new(*count))))
                    .collect(),
            ),
            // A quarter is left to others when all requests of one tool hang.
            of_a_tool: limits.in_flight - limits.in_flight / 4,
            pace: limits.rate.map(Pace::new),
            most: limits.in_flight,
            waiting: AtomicUsize::new(0),
        }
    }

    /// Waits for a permit. The tool's own queue comes first, so that its calls do not take the places of others.
    pub(super) async fn acquire(&self, call: &Call) -> Permit<'_> {
        if call.urgent {
            return Permit::default();
        }
        // The queues are never closed.
        let of_tool = self.queue(&call.tool).acquire_owned().await.ok();
        if let Some(pace) = &self.pace {
            pace.turn().await;
        }
        Permit(of_tool, self.all.acquire().await.ok())
    }

    /// As [`Throttle::acquire`], with the time that it had to wait; none where it had its turn at once.
    pub(super) async fn turn(&self, call: &Call) -> (Permit<'_>, Option<Duration>) {
        let mut turn = pin!(self.acquire(call));
        if let Some(permit) = turn.as_mut().now_or_never() {
            return (permit, None);
        }
        let since = Instant::now();
        let _waiting = Waiting::of(&self.waiting);
        (turn.await, Some(since.elapsed()))
    }

    /// How much is under way now.
    pub(super) fn load(&self) -> Load {
        Load {
            under_way: self.most.saturating_sub(self.all.available_permits()),
            waiting: self.waiting.load(Ordering::Relaxed),
            most: self.most,
        }
    }

    fn queue(&self, tool: &str) -> Arc<Semaphore> {
        let mut tools = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = tools.get(tool) {
            return Arc::clone(queue);
        }
        let queue = Arc::new(Semaphore::new(self.of_a_tool));
        tools.insert(tool.to_owned(), Arc::clone(&queue));
        queue
    }
}

/// One more that waits, until dropped: who waits may be cancelled.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn of(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn requests_of_one_tool_leave_places_for_others_and_urgent_ones_need_none() {
        let throttle = Throttle::new(&Limits::default());
        let [a, b, mut health] = ["a", "b", "health"].map(Call::new);
        health.urgent = true;
        let mut held = Vec::new();
        while let Some(permit) = throttle.acquire(&a).now_or_never() {
            held.push(permit);
        }
        assert_eq!(held.len(), 24);
        while let Some(permit) = throttle.acquire(&b).now_or_never() {
            held.push(permit);
        }
        assert_eq!(held.len(), 32);
        assert!(throttle.acquire(&health).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_tool_at_its_limit_leaves_the_places_of_others_free() {
        let limits = Limits {
            in_flight: 2,
            tools: BTreeMap::from([("run_job".to_owned(), 1)]),
            ..Limits::default()
        };
        let throttle = Arc::new(Throttle::new(&limits));
        let first = throttle.acquire(&Call::new("run_job")).await;
        let waiting = tokio::spawn({
            let throttle = Arc::clone(&throttle);
            async move { drop(throttle.acquire(&Call::new("run_job")).await) }
        });
        tokio::task::yield_now().await;
        let other = throttle.acquire(&Call::new("list_jobs")).await;
        assert!(!waiting.is_finished());
        drop(first);
        waiting.await.unwrap();
        drop(other);
    }

    #[tokio::test]
    async fn permits_come_in_the_order_of_asking() {
        let limits = Limits {
            in_flight: 1,
            ..Limits::default()
        };
        let throttle = Arc::new(Throttle::new(&limits));
        let order = Arc::new(Mutex::new(Vec::new()));
        let held = throttle.acquire(&Call::new("t")).await;
        let mut tasks = Vec::new();
        for number in 0..50 {
            let (throttle, order) = (Arc::clone(&throttle), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let _permit = throttle.acquire(&Call::new("t")).await;
                order.lock().unwrap().push(number);
            }));
            tokio::task::yield_now().await;
        }
        drop(held);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), (0..50).collect::<Vec<_>>());
    }
}
