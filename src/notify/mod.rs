//! Webhooks: the end of long work is posted to the URL that the user has set, and to no other.
//!
//! Rooms, each using only those before it:
//! - `webhook`, the URL and the secret
//! - `post`, one message, signed and sent until it is taken

mod post;
mod webhook;

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::{mpsc, watch};

use crate::connect::Connections;
use crate::error::Error;
use post::Poster;

pub use webhook::Webhook;

/// Messages that wait; more are dropped.
const WAITING: usize = 100;

/// Pieces of work that are followed at the same time for their end.
const FOLLOWED: usize = 64;

/// The same end is told once, although several calls may have waited for it.
const ONCE_WITHIN: Duration = Duration::from_secs(60);

/// The end of a piece of work. It holds no row, no argument and no text of the service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ended {
    /// Such as `run`, `statement` or `transfer`.
    pub kind: String,
    /// Its id; of several, the last.
    pub id: String,
    /// All of its ids by their names.
    pub ids: Map<String, Value>,
    /// The state it ended in, in the service's word.
    pub state: String,
    /// `success`, `failure` or `unknown`.
    pub outcome: &'static str,
    /// The host of the workspace, or its name among several.
    pub workspace: String,
    /// The tool that was called.
    pub tool: String,
    /// The id of the call.
    pub request_id: String,
    /// Seconds from the begin of the call to the end.
    pub seconds: f64,
    /// Its page in the workspace, where the service names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Ended {
    /// The name of the work, the same for every call that waits for it.
    fn name(&self) -> String {
        name_of(&self.workspace, &self.kind, &self.ids)
    }
}

/// The name of a piece of work.
fn name_of(workspace: &str, kind: &str, ids: &Map<String, Value>) -> String {
    let ids: Vec<String> = ids.values().map(ToString::to_string).collect();
    format!("{workspace} {kind} {}", ids.join(" "))
}

/// How the messages so far went.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Deliveries {
    /// Messages that were taken.
    pub sent: u64,
    /// Messages that nobody took, or for which there was no room.
    pub lost: u64,
    /// Messages that wait.
    pub waiting: usize,
}

/// The way to tell the user of ended work; none where no webhook is set.
#[derive(Debug, Clone, Default)]
pub struct Notifier(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    poster: Poster,
    after: Duration,
    state: Mutex<State>,
    /// Messages that are not told yet.
    waiting: watch::Sender<usize>,
    sent: AtomicU64,
    lost: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// The queue, once there is something to tell.
    queue: Option<mpsc::Sender<Ended>>,
    followed: HashSet<String>,
    told: VecDeque<(String, Instant)>,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notifier {
    /// A notifier for a webhook; nothing is sent yet.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(webhook: Webhook, connections: &Connections) -> Result<Self, Error> {
        let after = webhook.after;
        Ok(Self(Some(Arc::new(Inner {
            poster: Poster::new(webhook, connections)?,
            after,
            state: Mutex::default(),
            waiting: watch::Sender::new(0),
            sent: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        }))))
    }

    /// True where a webhook is set.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// True if the end of work is told that a call has waited for so long.
    #[must_use]
    pub fn tells_after(&self, time: Duration) -> bool {
        self.0.as_ref().is_some_and(|inner| time >= inner.after)
    }

    /// A place to follow a piece of work whose call has ended; none if it is followed already or too many are.
    #[must_use]
    pub fn follow(&self, workspace: &str, kind: &str, ids: &Map<String, Value>) -> Option<Place> {
        let inner = self.0.as_ref()?;
        let name = name_of(workspace, kind, ids);
        let mut state = inner.state();
        if state.followed.len() >= FOLLOWED {
            tracing::warn!(kind, "not followed: its end will not be told, too much is");
            return None;
        }
        let is_new = state.followed.insert(name.clone());
        is_new.then(|| Place(Arc::clone(inner), name))
    }

    /// Tells an end, once. Nobody waits for that; a message for which there is no room is lost, and the log says so.
    pub fn tell(&self, ended: Ended) {
        let Some(inner) = &self.0 else { return };
        let name = ended.name();
        let now = Instant::now();
        let mut state = inner.state();
        state
            .told
            .retain(|(_, at)| now.saturating_duration_since(*at) < ONCE_WITHIN);
        if state.told.iter().any(|(told, _)| *told == name) {
            return;
        }
        if state.told.len() >= WAITING {
            state.told.pop_front();
        }
        state.told.push_back((name, now));
        let queue = state.queue.get_or_insert_with(|| start(inner));
        inner.waiting.send_modify(|waiting| *waiting += 1);
        if let Err(full) = queue.try_send(ended) {
            let ended = full.into_inner();
            inner.lost.fetch_add(1, Ordering::Relaxed);
            inner.waiting.send_modify(|waiting| *waiting -= 1);
            tracing::warn!(
                request_id = ended.request_id,
                "the webhook is too slow: a message is lost"
            );
        }
    }

    /// Waits until every message is told or lost, at most this long.
    pub async fn drained(&self, within: Duration) {
        let Some(inner) = &self.0 else { return };
        let mut waiting = inner.waiting.subscribe();
        let drained = waiting.wait_for(|waiting| *waiting == 0);
        if tokio::time::timeout(within, drained).await.is_err() {
            tracing::warn!("the webhook was not told everything before the end");
        }
    }

    /// How the messages so far went; none where no webhook is set.
    #[must_use]
    pub fn deliveries(&self) -> Option<Deliveries> {
        let inner = self.0.as_ref()?;
        Some(Deliveries {
            sent: inner.sent.load(Ordering::Relaxed),
            lost: inner.lost.load(Ordering::Relaxed),
            waiting: *inner.waiting.borrow(),
        })
    }
}

/// Starts the one task that posts, one message after the other.
fn start(inner: &Arc<Inner>) -> mpsc::Sender<Ended> {
    let (queue, mut messages) = mpsc::channel::<Ended>(WAITING);
    let inner = Arc::clone(inner);
    tokio::spawn(async move {
        while let Some(ended) = messages.recv().await {
            let taken = inner.poster.post(&ended).await;
            let count = if taken { &inner.sent } else { &inner.lost };
            count.fetch_add(1, Ordering::Relaxed);
            inner.waiting.send_modify(|waiting| *waiting -= 1);
        }
    });
    queue
}

/// One of the pieces of work that are followed, until dropped.
#[derive(Debug)]
pub struct Place(Arc<Inner>, String);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.state().followed.remove(&self.1);
    }
}
