//! At most so many things a second, evenly spaced, first come first served.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::clock;

/// A queue whose turns come at a fixed rate.
#[derive(Debug)]
pub struct Pace {
    gap: Duration,
    /// The time of the next turn. The caller that waits for it holds the lock; the others queue for the lock.
    due: Mutex<Option<Instant>>,
}

impl Pace {
    /// Gives `rate` turns a second. Idle time is not saved up for a burst.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        Self {
            gap: Duration::from_secs_f64(1.0 / rate),
            due: Mutex::new(None),
        }
    }

    /// Waits for a turn. A caller that gives up waiting leaves the queue and uses up no turn.
    pub async fn turn(&self) {
        let mut due = self.due.lock().await;
        let now = clock::now();
        let at = due.map_or(now, |due| due.max(now));
        clock::sleep_until(at).await;
        *due = Some(at + self.gap);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures_util::future::join_all;
    use futures_util::poll;

    use super::*;
    use crate::clock::paused;

    const QUARTER: Duration = Duration::from_millis(250);

    #[test]
    fn turns_are_evenly_spaced_and_idle_time_is_not_saved_up() {
        paused::run(async {
            let pace = Pace::new(4.0);
            let start = clock::now();
            for number in 0..5 {
                pace.turn().await;
                assert_eq!(clock::now() - start, QUARTER * number);
            }
            let later = start + Duration::from_secs(9);
            clock::sleep_until(later).await;
            pace.turn().await;
            assert_eq!(clock::now(), later);
            pace.turn().await;
            assert_eq!(clock::now(), later + QUARTER);
        });
    }

    #[test]
    fn turns_come_in_the_order_of_asking() {
        paused::run(async {
            let pace = Pace::new(4.0);
            let start = clock::now();
            let turns = (0..50).map(|_| async {
                pace.turn().await;
                clock::now()
            });
            let taken = join_all(turns).await;
            let due: Vec<Instant> = (0..50).map(|number| start + QUARTER * number).collect();
            assert_eq!(taken, due);
        });
    }

    #[test]
    fn a_caller_that_gives_up_uses_up_no_turn() {
        paused::run(async {
            let pace = Pace::new(4.0);
            pace.turn().await;
            let start = clock::now();
            let mut given_up: Vec<_> = (0..100).map(|_| Box::pin(pace.turn())).collect();
            for turn in &mut given_up {
                assert!(poll!(turn).is_pending());
            }
            drop(given_up);
            pace.turn().await;
            assert_eq!(clock::now() - start, QUARTER);
        });
    }
}
