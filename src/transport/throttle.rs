//! The throttle: requests in flight, per workspace and per tool, and requests per second.

use std::collections::BTreeMap;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::limits::Limits;
use super::pace::Pace;

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
            pace.turn().await;
        }
        Permit([of_tool, self.all.acquire().await.ok()])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::{Arc, Mutex};

    use super::*;

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
