//! The warehouse that a statement waits for: while it is not running, progress says so rather than only PENDING.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, json};

use crate::catalog;
use crate::clock;
use crate::context::Context;
use crate::engine;
use crate::shape;

/// Statements that start within this time are not worth a look.
const SOON: Duration = Duration::from_secs(1);
/// The time from one look to the next.
const EVERY: Duration = Duration::from_secs(5);
/// A look must not hold up the wait.
const LOOK: Duration = Duration::from_secs(2);

/// A warehouse, and what the last look at it showed.
pub(super) struct Compute<'a> {
    context: &'a Context,
    id: &'a str,
    seen: Mutex<Seen>,
}

struct Seen {
    /// The time of the next look.
    next: Instant,
    said: Option<String>,
}

impl<'a> Compute<'a> {
    pub(super) fn new(context: &'a Context, id: &'a str) -> Self {
        let next = clock::now() + SOON;
        Self {
            context,
            id,
            seen: Mutex::new(Seen { next, said: None }),
        }
    }

    /// Looks at the warehouse while a statement is `pending`, and not too often. A look that fails says nothing.
    pub(super) async fn look(&self, pending: bool) {
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if !pending {
                seen.said = None;
                return;
            }
            let now = clock::now();
            if now < seen.next {
                return;
            }
            seen.next = now + EVERY;
        }
        let said = self.state().await;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.said = said;
    }

    /// The warehouse and its state in words, unless it runs.
    async fn state(&self) -> Option<String> {
        let plan = catalog::plan_of("get_warehouse")?;
        let asked = Map::from_iter([("warehouse_id".to_owned(), json!(self.id))]);
        let looked = engine::look(plan, self.context, &asked);
        let found = tokio::time::timeout(LOOK, looked).await.ok()?.ok()?;
        let state = shape::text_at(&found, "state");
        if state.is_empty() || state == "RUNNING" {
            return None;
        }
        let name = shape::text_at(&found, "name");
        let name = if name.is_empty() { self.id } else { &name };
        let name = shape::one_line(name, 80);
        Some(format!(
            "the warehouse {name} is {}",
            state.to_lowercase().replace('_', " ")
        ))
    }

    /// What the last look showed.
    pub(super) fn said(&self) -> Option<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.said.clone()
    }
}
