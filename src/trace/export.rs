//! The queue to the collector: bounded, in batches. A collector that is slow or away costs spans, never a call.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc, watch};

use super::Attribute;
use super::collector::Collector;
use super::span::{Span, attribute};
use crate::connect::Connections;
use crate::error::{Error, causes};

/// Spans that wait; more are dropped.
const WAITING: usize = 2_048;

/// Spans of one message.
const BATCH: usize = 512;

/// The time from the first span of a batch to its message.
const GATHER: Duration = Duration::from_secs(1);

/// The time for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The way to a collector.
#[derive(Debug)]
pub(super) struct Exporter {
    client: Client,
    collector: Collector,
    queue: Mutex<Option<mpsc::Sender<Span>>>,
    /// Spans that are neither sent nor lost yet.
    waiting: watch::Sender<usize>,
    hurry: Notify,
    /// The user was told that it does not work.
    told: AtomicBool,
}

impl Exporter {
    pub(super) fn new(collector: Collector, connections: &Connections) -> Result<Self, Error> {
        Ok(Self {
            client: connections.client_in_the_clear(&collector.url)?,
            collector,
            queue: Mutex::default(),
            waiting: watch::Sender::new(0),
            hurry: Notify::new(),
            told: AtomicBool::new(false),
        })
    }

    /// Queues a span; it is lost where there is no room.
    pub(super) fn take(self: &Arc<Self>, span: Span) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queue.get_or_insert_with(|| self.start());
        self.waiting.send_modify(|waiting| *waiting += 1);
        if queue.try_send(span).is_err() {
            self.waiting.send_modify(|waiting| *waiting -= 1);
        }
    }

    /// Starts the one task that sends.
    fn start(self: &Arc<Self>) -> mpsc::Sender<Span> {
        let (queue, mut spans) = mpsc::channel(WAITING);
        let own = Arc::clone(self);
        tokio::spawn(async move {
            let mut batch: Vec<Span> = Vec::new();
            while let Some(first) = spans.recv().await {
                batch.push(first);
                tokio::select! {
                    () = tokio::time::sleep(GATHER) => {}
                    () = own.hurry.notified() => {}
                }
                while batch.len() < BATCH
                    && let Ok(next) = spans.try_recv()
                {
                    batch.push(next);
                }
                let count = batch.len();
                own.send(std::mem::take(&mut batch)).await;
                own.waiting.send_modify(|waiting| *waiting -= count);
            }
        });
        queue
    }

    async fn send(&self, batch: Vec<Span>) {
        let count = batch.len();
        let sent = self
            .client
            .post(self.collector.url.clone())
            .headers(self.collector.headers.clone())
            .timeout(ANSWER_WITHIN)
            .json(&message(batch))
            .send()
            .await;
        let reason = match sent {
            Ok(answer) if answer.status().is_success() => {
                tracing::debug!(spans = count, "the collector has taken spans");
                self.told.store(false, Ordering::Relaxed);
                return;
            }
            Ok(answer) => format!("status {}", answer.status().as_u16()),
            Err(error) => causes(&error.without_url()),
        };
        // Once, and not with every batch: its address may be one that another program has set for itself.
        if self.told.swap(true, Ordering::Relaxed) {
            tracing::debug!(spans = count, reason, "spans are lost");
        } else {
            tracing::warn!(
                spans = count,
                reason,
                "the collector takes no spans: they are lost"
            );
        }
    }

    /// Waits until every span is sent or lost, at most this long.
    pub(super) async fn drained(&self, within: Duration) {
        let mut waiting = self.waiting.subscribe();
        let drained = async {
            while *waiting.borrow_and_update() > 0 {
                self.hurry.notify_one();
                if waiting.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(within, drained).await;
    }
}

/// Spans as one message.
fn message(batch: Vec<Span>) -> Value {
    let text = |text: &str| Attribute::Text(text.to_owned());
    let version = env!("CARGO_PKG_VERSION");
    let spans: Vec<Value> = batch.into_iter().map(|span| span.0).collect();
    json!({ "resourceSpans": [{
        "resource": { "attributes": [
            attribute("service.name", text("databricks-mcp")),
            attribute("service.version", text(version)),
        ] },
        "scopeSpans": [{
            "scope": { "name": "databricks-mcp", "version": version },
            "spans": spans,
        }],
    }] })
}
