//! Uploads and downloads that may outlast their call: they live in this process, each under an id, and end with it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::shape::Answer;

/// Most transfers that are remembered; of those that have ended and were not asked for, the oldest go first.
const REMEMBERED: usize = 200;

type Outcome = Result<Answer, Error>;

/// The transfers of one workspace.
#[derive(Debug, Default)]
pub struct Transfers(Mutex<BTreeMap<String, Arc<Transfer>>>);

/// One upload or download.
#[derive(Debug)]
pub struct Transfer {
    /// Its id; whoever has it can follow and cancel the transfer.
    pub id: String,
    /// What it does, in a few words, such as "upload to `/Volumes/a/b/c/d.csv`".
    pub what: String,
    /// How far it is.
    pub meter: Arc<Meter>,
    /// Stops it, and has it remove what it has half written.
    pub cancel: CancellationToken,
    outcome: watch::Receiver<Option<Outcome>>,
}

/// The bytes that have been moved, how many there are, and what comes before them.
#[derive(Debug, Default)]
pub struct Meter {
    done: AtomicU64,
    total: AtomicU64,
    /// What it waits for, and how that stands, before there are bytes.
    awaits: Mutex<String>,
}

impl Meter {
    /// Notes how the work stands that it waits for.
    pub fn await_for(&self, standing: String) {
        *self.awaits.lock().unwrap_or_else(PoisonError::into_inner) = standing;
    }

    /// How that work stands; none where it waits for nothing, or does not any more.
    #[must_use]
    pub fn awaits(&self) -> Option<String> {
        let awaits = self.awaits.lock().unwrap_or_else(PoisonError::into_inner);
        let has_begun = self.done.load(Ordering::Relaxed) > 0;
        (!awaits.is_empty() && !has_begun).then(|| awaits.clone())
    }

    /// Notes that so many bytes more were moved.
    pub fn add(&self, bytes: usize) {
        self.done.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Notes that so many bytes more are to be moved.
    pub fn expect(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes moved, and all of them; 0 for all where that is not known.
    #[must_use]
    pub fn read(&self) -> (u64, u64) {
        (
            self.done.load(Ordering::Relaxed),
            self.total.load(Ordering::Relaxed),
        )
    }
}

impl Transfers {
    /// Starts a transfer, which goes on when nobody waits for it any more.
    pub fn start<F>(
        &self,
        what: String,
        meter: Arc<Meter>,
        cancel: CancellationToken,
        work: F,
    ) -> Arc<Transfer>
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let (tell, outcome) = watch::channel(None);
        tokio::spawn(async move {
            let outcome = work.await;
            // Nobody may be there to hear it.
            let _ = tell.send(Some(outcome));
        });
        let transfer = Arc::new(Transfer {
            id: uuid::Uuid::new_v4().to_string(),
            what,
            meter,
            cancel,
            outcome,
        });
        let mut all = self.lock();
        while all.len() >= REMEMBERED {
            let ended = all.iter().find(|(_, transfer)| transfer.has_ended());
            let Some(id) = ended.map(|(id, _)| id.clone()) else {
                break;
            };
            all.remove(&id);
        }
        all.insert(transfer.id.clone(), Arc::clone(&transfer));
        transfer
    }

    /// The transfer of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Arc<Transfer>> {
        self.lock().get(id).cloned()
    }

    /// Forgets a transfer whose outcome was told.
    pub fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    /// Stops all that go on, and returns those that did not end in time, in words.
    pub async fn stop(&self, grace: Duration) -> Vec<String> {
        let all: Vec<_> = self.lock().values().cloned().collect();
        for transfer in &all {
            transfer.cancel.cancel();
        }
        let mut remaining = Vec::new();
        let until = tokio::time::Instant::now() + grace;
        for transfer in all.iter().filter(|transfer| !transfer.has_ended()) {
            if tokio::time::timeout_at(until, transfer.outcome())
                .await
                .is_err()
            {
                remaining.push(transfer.what.clone());
            }
        }
        remaining
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Transfer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transfer {
    /// Waits for its end.
    ///
    /// # Errors
    /// Its own; or it died.
    pub async fn outcome(&self) -> Outcome {
        let mut outcome = self.outcome.clone();
        match outcome.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(outcome)) => outcome.clone(),
            _ => Err(Error::Internal {
                reason: format!("the {} died", self.what),
            }),
        }
    }

    /// Reports whether it has ended, well or not.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.outcome.borrow().is_some() || self.outcome.has_changed().is_err()
    }
}
