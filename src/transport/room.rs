//! Room for large bodies: a bound on the bytes of answers that are held at the same time, over the whole process.
//!
//! A body takes its room once, when it turns out to be large, for all that it may become. It never waits for more
//! while it holds some, and nobody sends while they hold a body, so no two can wait for each other.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Most bytes of a body that needs no room: most answers are smaller.
pub(super) const FREE: usize = 1 << 20;
/// The room of this process, in mebibytes.
const MEBIBYTES: u32 = 128;
/// What a body takes beside itself while it is read and parsed: as much again.
const TIMES: usize = 2;

/// The room of this process.
pub(super) static PROCESS: Rooms = Rooms::new(MEBIBYTES);

/// Room that is shared.
#[derive(Debug)]
pub(super) struct Rooms {
    left: Semaphore,
    mebibytes: u32,
}

/// The room of one body, until the last copy is dropped.
#[derive(Debug, Clone)]
pub(super) struct Room(#[expect(dead_code, reason = "held")] Option<Arc<SemaphorePermit<'static>>>);

impl Rooms {
    const fn new(mebibytes: u32) -> Self {
        Self {
            left: Semaphore::const_new(mebibytes as usize),
            mebibytes,
        }
    }

    /// Waits for room for a body of at most so many bytes, first come first served. One that is larger than all the
    /// room has it to itself.
    pub(super) async fn take(&'static self, bytes: usize) -> Room {
        let wanted =
            u32::try_from(bytes.saturating_mul(TIMES).div_ceil(1 << 20)).unwrap_or(u32::MAX);
        // The queue is never closed.
        let permit = self.left.acquire_many(wanted.min(self.mebibytes)).await;
        Room(permit.ok().map(Arc::new))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt;
    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn as_many_bodies_are_held_as_there_is_room_for() {
        static ROOMS: Rooms = Rooms::new(128);
        let two = [
            ROOMS.take(32 << 20).now_or_never().unwrap(),
            ROOMS.take(32 << 20).now_or_never().unwrap(),
        ];
        let mut third = Box::pin(ROOMS.take(1));
        assert!(third.as_mut().now_or_never().is_none());
        let copy = two.first().cloned();
        drop(two);
        assert!(third.as_mut().now_or_never().is_some());
        let mut all = Box::pin(ROOMS.take(1 << 30));
        assert!(all.as_mut().now_or_never().is_none());
        drop((copy, third));
        assert!(all.as_mut().now_or_never().is_some());
    }

    #[tokio::test]
    async fn forty_large_bodies_are_held_two_at_a_time_and_all_have_their_turn() {
        static ROOMS: Rooms = Rooms::new(128);
        let (held, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let bodies = (0..40).map(|_| async {
            let _room = ROOMS.take(30_000_000).await;
            most.fetch_max(held.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            held.fetch_sub(1, Ordering::SeqCst);
        });
        assert_eq!(join_all(bodies).await.len(), 40);
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }
}
