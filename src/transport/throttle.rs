//! The throttle: requests in flight, per workspace and per tool, and requests per second.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

use super::limits::Limits;

/// The queues of one workspace, each first come, first served.
#[derive(Debug)]
pub(super) struct Throttle {
    all: Semaphore,
    tools: BTreeMap<String, Semaphore>,
    pace: Option<Pace>,
}

/// The right to have one request in flight, until dropped.
#[derive(Debug)]
pub(super) struct Permit<'a>(
    #[expect(dead_code, reason = "held")] [Option<SemaphorePermit<'a>>; 2],
);

impl Throttle {
    pub(super) fn new(limits: &Limits) -> Self {
        let tools = limits.tools.iter();
        Self {
            all: Semaphore::new(limits.in_flight),
            tools: tools
                .map(|(name, count)| (name.clone(), Semaphore::new(*count)))
                .collect(),
            pace: limits.rate.map(Pace::new),
        }
    }

    /// Waits for a permit. The tool's own queue comes first, so that its calls do not take the places of others.
    pub(super) async fn acquire(&self, tool: &str) -> Permit<'_> {
        // The queues are never closed.
        let of_tool = match self.tools.get(tool) {
            Some(queue) => queue.acquire().await.ok(),
            None => None,
        };
        if let Some(pace) = &self.pace {
            sleep_until(pace.next(Instant::now())).await;
        }
        Permit([of_tool, self.all.acquire().await.ok()])
    }
}

/// Requests per second, evenly spaced.
#[derive(Debug)]
struct Pace {
    gap: Duration,
    free: Mutex<Option<Instant>>,
}

impl Pace {
    fn new(rate: f64) -> Self {
        Self {
            gap: Duration::from_secs_f64(1.0 / rate),
            free: Mutex::new(None),
        }
    }

    /// The moment when the next request may go, each one a gap after the last.
    fn next(&self, now: Instant) -> Instant {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let at = free.map_or(now, |free| free.max(now));
        *free = Some(at + self.gap);
        at
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_rate_spaces_requests_evenly() {
        let pace = Pace::new(4.0);
        let start = Instant::now();
        let quarter = Duration::from_millis(250);
        for number in 0..5 {
            assert_eq!(pace.next(start), start + quarter * number);
        }
        // Idle time is not saved up for a burst.
        let later = start + Duration::from_secs(9);
        assert_eq!(pace.next(later), later);
        assert_eq!(pace.next(later), later + quarter);
    }

    #[tokio::test]
    async fn a_tool_at_its_limit_leaves_the_places_of_others_free() {
        let limits = Limits {
            in_flight: 2,
            tools: BTreeMap::from([("run_job".to_owned(), 1)]),
            ..Limits::default()
        };
        let throttle = Arc::new(Throttle::new(&limits));
        let first = throttle.acquire("run_job").await;
        let waiting = tokio::spawn({
            let throttle = Arc::clone(&throttle);
            async move { drop(throttle.acquire("run_job").await) }
        });
        tokio::task::yield_now().await;
        let other = throttle.acquire("list_jobs").await;
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
        let held = throttle.acquire("t").await;
        let mut tasks = Vec::new();
        for number in 0..50 {
            let (throttle, order) = (Arc::clone(&throttle), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let _permit = throttle.acquire("t").await;
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
