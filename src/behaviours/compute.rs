//! The warehouse that a statement waits for: while it is not running, progress says so rather than only PENDING.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

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
    of: Of<'a>,
    seen: Mutex<Seen>,
}

/// How a warehouse is known.
pub(super) enum Of<'a> {
    /// By its own id.
    Warehouse(&'a str),
    /// By the id of a statement that was sent to it, which the query history has.
    Statement(String),
}

struct Seen {
    /// The time of the next look.
    next: Instant,
    said: Option<String>,
    /// The warehouse of a statement, once a look has found it.
    warehouse: Option<String>,
}

impl<'a> Compute<'a> {
    pub(super) fn new(context: &'a Context, of: Of<'a>) -> Self {
        let seen = Seen {
            next: clock::now() + SOON,
            said: None,
            warehouse: None,
        };
        Self {
            context,
            of,
            seen: Mutex::new(seen),
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
        self.look_now().await;
    }

    /// Looks at the warehouse.
    pub(super) async fn look_now(&self) {
        let said = self.state().await;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.said = said;
    }

    /// The warehouse and its state in words, unless it runs.
    async fn state(&self) -> Option<String> {
        let id = self.warehouse().await?;
        let found = self
            .asked("get_warehouse", "warehouse_id", json!(id))
            .await?;
        let state = shape::text_at(&found, "state");
        if state.is_empty() || state == "RUNNING" {
            return None;
        }
        let name = shape::text_at(&found, "name");
        let name = if name.is_empty() { id } else { name };
        let name = shape::one_line(&name, 80);
        Some(format!(
            "the warehouse {name} is {}",
            state.to_lowercase().replace('_', " ")
        ))
    }

    /// The id of the warehouse. That of a statement is looked up once.
    async fn warehouse(&self) -> Option<String> {
        let statement = match &self.of {
            Of::Warehouse(id) => return Some((*id).to_owned()),
            Of::Statement(id) => id,
        };
        let known = self.found();
        if known.is_some() {
            return known;
        }
        let history = self.asked("list_query_history", "statement_ids", json!([statement]));
        let history = history.await?;
        let all = history.get("res")?.as_array()?;
        let own = |one: &&Value| shape::text_at(one, "query_id") == *statement;
        let id = shape::text_at(all.iter().find(own)?, "warehouse_id");
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.warehouse = Some(id).filter(|id| !id.is_empty());
        seen.warehouse.clone()
    }

    /// The warehouse of a statement, if a look has found it.
    fn found(&self) -> Option<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.warehouse.clone()
    }

    /// The answer of a tool that reads, if it comes soon.
    async fn asked(&self, tool: &str, argument: &str, value: Value) -> Option<Value> {
        let plan = catalog::plan_of(tool)?;
        let asked = Map::from_iter([(argument.to_owned(), value)]);
        let looked = engine::look(plan, self.context, &asked);
        tokio::time::timeout(LOOK, looked).await.ok()?.ok()
    }

    /// What the last look showed.
    pub(super) fn said(&self) -> Option<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.said.clone()
    }
}
