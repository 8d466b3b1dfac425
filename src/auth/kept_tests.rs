//! Tests of the shared refresh, before the expiry and after a refusal.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::Semaphore;

use super::super::chain::Candidate;
use super::super::grant::{GrantFuture, Source, Token};
use super::super::refusal::Refusal;
use super::*;

/// Returns `token-1`, `token-2`, …, each once a permit is available.
#[derive(Debug, Clone)]
struct Mint(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    fetches: AtomicUsize,
    permits: Semaphore,
    expires: Option<SystemTime>,
    fails: std::sync::atomic::AtomicBool,
}

impl Mint {
    fn new(permits: usize, expires: Option<SystemTime>) -> Self {
        Self(Arc::new(Inside {
            fetches: AtomicUsize::new(0),
            permits: Semaphore::new(permits),
            expires,
            fails: false.into(),
        }))
    }

    fn fetches(&self) -> usize {
        self.0.fetches.load(Ordering::SeqCst)
    }

    fn kept(&self, now: fn() -> SystemTime) -> Kept {
        let candidate = Candidate {
            auth_type: "oauth-m2m",
            source: Box::new(self.clone()),
        };
        Kept::with_clock(Chain::new("https://a.com", vec![candidate], vec![]), now)
    }
}

impl Source for Mint {
    fn fetch(&self) -> GrantFuture<'_> {
        Box::pin(async {
            let number = self.0.fetches.fetch_add(1, Ordering::SeqCst) + 1;
            self.0.permits.acquire().await.unwrap().forget();
            if self.0.fails.load(Ordering::SeqCst) {
                return Err(Refusal::failed("the mint is shut"));
            }
            Grant::new(&Token {
                kind: "Bearer".to_owned(),
                access: format!("token-{number}").into(),
                refresh: None,
                expires: self.0.expires,
            })
        })
    }
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn start() -> SystemTime {
    at(1_000_000)
}

async fn token(kept: &Kept) -> String {
    let headers = kept.headers().await.unwrap();
    assert!(headers[AUTHORIZATION].is_sensitive());
    headers[AUTHORIZATION].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_hundred_callers_share_one_fetch() {
    let mint = Mint::new(0, None);
    let kept = mint.kept(start);
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let kept = kept.clone();
            tokio::spawn(async move { token(&kept).await })
        })
        .collect();
    // No caller is served before all have asked.
    tokio::task::yield_now().await;
    mint.0.permits.add_permits(100);
    for caller in callers {
        assert_eq!(caller.await.unwrap(), "Bearer token-1");
    }
    assert_eq!(mint.fetches(), 1);
}

#[tokio::test]
async fn a_hundred_callers_share_one_failure() {
    let mint = Mint::new(0, None);
    mint.0.fails.store(true, Ordering::SeqCst);
    let kept = mint.kept(start);
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let kept = kept.clone();
            tokio::spawn(async move { kept.headers().await.unwrap_err().to_string() })
        })
        .collect();
    tokio::task::yield_now().await;
    mint.0.permits.add_permits(1);
    for caller in callers {
        assert_eq!(
            caller.await.unwrap(),
            "cannot authenticate by `oauth-m2m`: the mint is shut"
        );
    }
    assert_eq!(mint.fetches(), 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_stop_the_fetch() {
    let mint = Mint::new(0, None);
    let kept = mint.kept(start);
    let mut impatient = Box::pin(kept.headers());
    let first = std::future::poll_fn(|context| {
        std::task::Poll::Ready(impatient.as_mut().poll(context).is_pending())
    });
    assert!(first.await);
    drop(impatient);
    mint.0.permits.add_permits(9);
    assert_eq!(token(&kept).await, "Bearer token-1");
    assert_eq!(mint.fetches(), 1);
}

#[derive(Debug, Default)]
struct Faulty(AtomicUsize);

impl Source for Faulty {
    fn fetch(&self) -> GrantFuture<'_> {
        Box::pin(async {
            assert!(self.0.fetch_add(1, Ordering::SeqCst) > 0, "a fault");
            Grant::new(&Token {
                kind: "Bearer".to_owned(),
                access: "token-2".into(),
                refresh: None,
                expires: None,
            })
        })
    }
}

#[tokio::test]
async fn a_fault_in_one_fetch_does_not_end_all() {
    let candidate = Candidate {
        auth_type: "oauth-m2m",
        source: Box::new(Faulty::default()),
    };
    let kept = Kept::with_clock(Chain::new("https://a.com", vec![candidate], vec![]), start);
    let error = kept.headers().await.unwrap_err().to_string();
    assert!(
        error.contains("the token refresh ended without a result"),
        "{error}"
    );
    assert_eq!(token(&kept).await, "Bearer token-2");
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let mint = Mint::new(9, None);
    let kept = mint.kept(start);
    let old = kept.headers().await.unwrap();
    assert!(kept.refused(&old));
    assert_eq!(token(&kept).await, "Bearer token-2");
    // A call sent with the old token receives its 401 only now.
    assert!(kept.refused(&old));
    assert_eq!(token(&kept).await, "Bearer token-2");
    assert_eq!(mint.fetches(), 2);
}

#[tokio::test]
async fn a_token_is_replaced_in_the_background_before_it_ends_and_awaited_after() {
    static NOW: AtomicU64 = AtomicU64::new(1_000_000);
    let mint = Mint::new(1, Some(at(1_003_600)));
    let kept = mint.kept(|| at(NOW.load(Ordering::SeqCst)));
    assert_eq!(token(&kept).await, "Bearer token-1");

    // 20 minutes before the expiry it is not stale yet.
    NOW.store(1_002_399, Ordering::SeqCst);
    assert_eq!(token(&kept).await, "Bearer token-1");
    assert!(kept.0.state().flight.is_none());
    // Later it is still returned while one refresh, shared by all callers, runs.
    NOW.store(1_002_401, Ordering::SeqCst);
    for _ in 0..3 {
        assert_eq!(token(&kept).await, "Bearer token-1");
    }
    let mut flight = kept.0.state().flight.clone().expect("a refresh under way");
    mint.0.permits.add_permits(1);
    flight.wait_for(Option::is_some).await.unwrap();
    assert_eq!(mint.fetches(), 2);
    assert_eq!(token(&kept).await, "Bearer token-2");

    // In the last 40 s it counts as expired.
    NOW.store(1_003_561, Ordering::SeqCst);
    mint.0.permits.add_permits(1);
    assert_eq!(token(&kept).await, "Bearer token-3");
}

#[tokio::test]
async fn a_background_failure_leaves_the_token_and_waits_a_minute() {
    static NOW: AtomicU64 = AtomicU64::new(1_000_000);
    let mint = Mint::new(9, Some(at(1_000_600)));
    let kept = mint.kept(|| at(NOW.load(Ordering::SeqCst)));
    token(&kept).await;
    mint.0.fails.store(true, Ordering::SeqCst);
    // Half the life of ten minutes.
    NOW.store(1_000_301, Ordering::SeqCst);
    token(&kept).await;
    let flight = kept.0.state().flight.clone();
    flight
        .expect("a refresh under way")
        .wait_for(Option::is_some)
        .await
        .unwrap();
    assert_eq!(token(&kept).await, "Bearer token-1");
    NOW.store(1_000_361, Ordering::SeqCst);
    token(&kept).await;
    assert!(kept.0.state().flight.is_none());
    NOW.store(1_000_362, Ordering::SeqCst);
    token(&kept).await;
    assert!(kept.0.state().flight.is_some());
}
