//! The query history: the statements that ran, with their durations and ends.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Phase, Statement, Statements};
use crate::clock::Millis;
use crate::http::{ApiError, Call, Reply, page};
use crate::identity::{USER, USER_ID};

/// Entries of a page when the call sets no limit.
const USUAL: usize = 100;
/// First words of statements that have a type of their own.
const TYPES: &[&str] = &[
    "ALTER", "ANALYZE", "COPY", "CREATE", "DELETE", "DESCRIBE", "DROP", "EXPLAIN", "GRANT",
    "INSERT", "MERGE", "OPTIMIZE", "REFRESH", "REPLACE", "REVOKE", "SELECT", "SET", "SHOW",
    "TRUNCATE", "UPDATE", "USE",
];

#[derive(Deserialize)]
struct Query {
    #[serde(rename = "filter_by.statuses")]
    statuses: Option<Vec<String>>,
    #[serde(rename = "filter_by.warehouse_ids")]
    warehouse_ids: Option<Vec<String>>,
    #[serde(rename = "filter_by.statement_ids")]
    statement_ids: Option<Vec<String>>,
    #[serde(rename = "filter_by.user_ids")]
    user_ids: Option<Vec<i64>>,
    #[serde(rename = "filter_by.query_start_time_range.start_time_ms")]
    from: Option<Millis>,
    #[serde(rename = "filter_by.query_start_time_range.end_time_ms")]
    to: Option<Millis>,
    #[serde(default)]
    include_metrics: bool,
    max_results: Option<usize>,
    page_token: Option<String>,
}

impl Statements {
    /// Lists the statements, newest first.
    pub(super) fn history(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Query = call.query()?;
        let all = self.all.lock().clone();
        let now = self.shared.clock.now();
        let entries: Vec<Value> = all
            .iter()
            .rev()
            .filter(|statement| query.admits(statement))
            .map(|statement| statement.history(now, query.include_metrics))
            .collect();
        let size = query.max_results.filter(|size| *size > 0).unwrap_or(USUAL);
        let page = page(entries, query.page_token.as_deref(), size)?;
        Ok(json!({
            "res": page.items,
            "has_next_page": page.next.is_some(),
            "next_page_token": page.next,
        })
        .into())
    }
}

impl Query {
    fn admits(&self, statement: &Statement) -> bool {
        let among = |wanted: &Option<Vec<String>>, value: &str| {
            let wanted = wanted.as_ref().filter(|wanted| !wanted.is_empty());
            wanted.is_none_or(|wanted| wanted.iter().any(|one| one == value))
        };
        let users = self.user_ids.as_ref().filter(|users| !users.is_empty());
        among(&self.statuses, statement.status())
            && among(&self.warehouse_ids, &statement.warehouse_id)
            && among(&self.statement_ids, &statement.id)
            && users.is_none_or(|users| users.contains(&USER_ID))
            && self.from.is_none_or(|from| statement.created_at >= from)
            && self.to.is_none_or(|to| statement.created_at <= to)
    }
}

impl Statement {
    fn status(&self) -> &'static str {
        match &*self.phase.borrow() {
            Phase::Pending => "QUEUED",
            Phase::Running => "RUNNING",
            Phase::Succeeded(_) | Phase::Closed => "FINISHED",
            Phase::Failed { .. } => "FAILED",
            Phase::Canceled => "CANCELED",
        }
    }

    fn history(&self, now: Millis, with_metrics: bool) -> Value {
        let ended_at = *self.ended_at.lock();
        let duration = ended_at.unwrap_or(now) - self.created_at;
        let (rows, error) = match &*self.phase.borrow() {
            Phase::Succeeded(outcome) => {
                let rows: usize = outcome.chunks.iter().map(|chunk| chunk.rows.len()).sum();
                (Some(rows), None)
            }
            Phase::Failed { message, .. } => (None, Some(message.clone())),
            _ => (None, None),
        };
        let first = self.text.split_whitespace().next().unwrap_or_default();
        let first = first.to_uppercase();
        let kind = TYPES.iter().find(|kind| **kind == first);
        let metrics = with_metrics.then(|| {
            json!({
                "total_time_ms": duration,
                "execution_time_ms": duration,
                "compilation_time_ms": 0,
                "rows_produced_count": rows,
                "result_from_cache": false,
            })
        });
        json!({
            "query_id": self.id,
            "status": self.status(),
            "query_text": self.text,
            "statement_type": kind.unwrap_or(&"OTHER"),
            "query_start_time_ms": self.created_at,
            "execution_end_time_ms": ended_at,
            "query_end_time_ms": ended_at,
            "duration": duration,
            "rows_produced": rows,
            "error_message": error,
            "is_final": ended_at.is_some(),
            "warehouse_id": self.warehouse_id,
            "endpoint_id": self.warehouse_id,
            "user_id": USER_ID,
            "user_name": USER,
            "executed_as_user_id": USER_ID,
            "executed_as_user_name": USER,
            "plans_state": "EMPTY",
            "metrics": metrics,
        })
    }
}
