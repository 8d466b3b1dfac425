//! The clock that waits go by.
//!
//! Unit tests run it by hand: time passes only while everybody sleeps, so that a wait of 45 s takes no time.
//! tokio's own paused clock is a feature of tokio, and with it the tests would need a DataFusion of their own.

use std::time::Instant;

/// The time now.
pub(crate) fn now() -> Instant {
    #[cfg(test)]
    if let Some(now) = paused::now() {
        return now;
    }
    Instant::now()
}

/// Sleeps until `at`; not at all where that is past.
pub(crate) async fn sleep_until(at: Instant) {
    #[cfg(test)]
    if paused::now().is_some() {
        return paused::Sleep::until(at).await;
    }
    if at > Instant::now() {
        tokio::time::sleep_until(at.into()).await;
    }
}

#[cfg(test)]
pub(crate) mod paused {
    //! A clock of one thread that moves to the next sleeper's time when nobody else has anything to do.
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::pin::{Pin, pin};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::{Context, Poll, Wake, Waker};
    use std::time::Instant;

    thread_local!(static CLOCK: RefCell<Option<Clock>> = const { RefCell::new(None) });

    struct Clock {
        now: Instant,
        sleepers: BTreeMap<(Instant, u64), Waker>,
        born: u64,
    }

    fn with<T>(act: impl FnOnce(&mut Clock) -> T) -> Option<T> {
        CLOCK.with_borrow_mut(|clock| clock.as_mut().map(act))
    }

    pub(super) fn now() -> Option<Instant> {
        with(|clock| clock.now)
    }

    /// Runs a future to its end under a clock of its own.
    pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
        struct Woken(AtomicBool);
        impl Wake for Woken {
            fn wake(self: Arc<Self>) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        CLOCK.set(Some(Clock {
            now: Instant::now(),
            sleepers: BTreeMap::new(),
            born: 0,
        }));
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&woken));
        let mut future = pin!(future);
        let mut context = Context::from_waker(&waker);
        let output = loop {
            if woken.0.swap(false, Ordering::Relaxed) {
                match future.as_mut().poll(&mut context) {
                    Poll::Ready(output) => break output,
                    Poll::Pending => continue,
                }
            }
            let next = with(|clock| {
                let ((at, _), sleeper) = clock.sleepers.pop_first()?;
                clock.now = clock.now.max(at);
                Some(sleeper)
            });
            let sleeper = next.flatten();
            sleeper.expect("nobody sleeps and nobody goes on").wake();
        };
        CLOCK.set(None);
        output
    }

    pub(super) struct Sleep((Instant, u64));

    impl Sleep {
        pub(super) fn until(at: Instant) -> Self {
            let born = with(|clock| {
                clock.born += 1;
                clock.born
            });
            Self((at, born.unwrap()))
        }
    }

    impl Future for Sleep {
        type Output = ();

        fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
            let waker = context.waker().clone();
            let sleeps = with(|clock| {
                let sleeps = clock.now < self.0.0;
                if sleeps {
                    clock.sleepers.insert(self.0, waker);
                }
                sleeps
            });
            if sleeps == Some(true) {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        }
    }

    impl Drop for Sleep {
        fn drop(&mut self) {
            with(|clock| clock.sleepers.remove(&self.0));
        }
    }
}
