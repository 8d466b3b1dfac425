//! SQL statements: execution, waiting, results in chunks, and cancelling.

mod history;
mod links;
mod outcome;
mod request;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore, watch};
use uuid::Uuid;

use crate::clock::Millis;
use crate::http::{ApiError, Call, Reply};
use crate::operations::Operations;
use crate::shared::Shared;
use crate::sql::{SqlError, Work};

use super::warehouses;
use outcome::Outcome;
use request::{Delivery, Execute};

/// The number of statements that run at once. Others wait as PENDING.
const RUNNING_AT_ONCE: usize = 8;
/// The number of statements kept. Older finished ones are forgotten, as the service does after some hours.
const KEPT: usize = 200;

/// The form of results, and how long they last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Results {
    /// Rows in one chunk, at least one.
    pub(crate) chunk_rows: usize,
    /// The life of a presigned link.
    pub(crate) link_lives: Millis,
    /// The life of a result after the end of its statement.
    pub(crate) lives: Millis,
}

/// All statements, newest last.
pub(crate) struct Statements {
    shared: Arc<Shared>,
    results: Results,
    all: Mutex<VecDeque<Arc<Statement>>>,
    running: Arc<Semaphore>,
}

/// One statement.
struct Statement {
    id: String,
    text: String,
    warehouse_id: String,
    created_at: Millis,
    ended_at: Mutex<Option<Millis>>,
    delivery: Delivery,
    /// The signature of its presigned links.
    signature: String,
    phase: watch::Sender<Phase>,
    cancelled: Notify,
}

#[derive(Debug, Clone)]
enum Phase {
    Pending,
    Running,
    Succeeded(Arc<Outcome>),
    Failed {
        message: String,
        sql_state: &'static str,
    },
    Canceled,
    Closed,
}

impl Phase {
    fn is_final(&self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }
}

pub(super) fn serve(on: &mut Operations, statements: &Arc<Statements>) {
    on.on_async(
        "statement_execution.execute_statement",
        statements,
        Statements::execute,
    );
    on.on(
        "statement_execution.get_statement",
        statements,
        Statements::get,
    );
    on.on(
        "statement_execution.get_statement_result_chunk_n",
        statements,
        Statements::chunk,
    );
    on.on(
        "statement_execution.cancel_execution",
        statements,
        Statements::cancel,
    );
    on.on("query_history.list", statements, Statements::history);
    on.on_beyond_spec(
        "statement_execution.close_statement",
        (Method::DELETE, "/api/2.0/sql/statements/{statement_id}"),
        statements,
        Statements::close,
    );
}

impl Statements {
    /// No statements yet.
    pub(crate) fn new(shared: Arc<Shared>, results: Results) -> Self {
        Self {
            shared,
            results,
            all: Mutex::default(),
            running: Arc::new(Semaphore::new(RUNNING_AT_ONCE)),
        }
    }

    async fn execute(self: Arc<Self>, call: Call) -> Result<Reply, ApiError> {
        let request: Execute = call.body()?;
        let (work, delivery, wait) = request.read()?;
        let statement = self.begin(&request.warehouse_id, work, delivery)?;
        let mut phases = statement.phase.subscribe();
        let ended = tokio::time::timeout(wait, phases.wait_for(Phase::is_final))
            .await
            .is_ok();
        // After a wait of 0s the statement goes on, whatever `on_wait_timeout` says.
        if !ended && request.cancels_on_timeout() && !wait.is_zero() {
            statement.cancel();
        }
        Ok(statement.describe(&self).into())
    }

    /// Starts a statement.
    fn begin(
        &self,
        warehouse_id: &str,
        work: Work,
        delivery: Delivery,
    ) -> Result<Arc<Statement>, ApiError> {
        let ready_at = warehouses::wake(&self.shared, warehouse_id)?;
        let statement = Arc::new(Statement {
            id: Uuid::new_v4().to_string(),
            text: work.text.clone(),
            warehouse_id: warehouse_id.to_owned(),
            created_at: self.shared.clock.now(),
            ended_at: Mutex::new(None),
            delivery,
            signature: Uuid::new_v4().simple().to_string(),
            phase: watch::Sender::new(Phase::Pending),
            cancelled: Notify::new(),
        });
        self.keep(statement.clone());
        let run = Run {
            shared: self.shared.clone(),
            chunk_rows: self.results.chunk_rows.max(1),
            running: self.running.clone(),
            statement: statement.clone(),
        };
        self.shared.sql.spawn(run.finish(work, ready_at));
        Ok(statement)
    }

    /// Starts a statement for another service, and returns its id.
    ///
    /// # Errors
    /// Fails if no warehouse has this id.
    pub(crate) fn submit(&self, warehouse_id: &str, text: String) -> Result<String, ApiError> {
        let work = Work {
            text,
            ..Work::default()
        };
        let statement = self.begin(warehouse_id, work, Delivery::default())?;
        Ok(statement.id.clone())
    }

    /// A statement as `get_statement` answers it.
    ///
    /// # Errors
    /// Fails if no statement has this id.
    pub(crate) fn answer(&self, id: &str) -> Result<Value, ApiError> {
        Ok(self.find(id)?.describe(self))
    }

    /// Cancels the statements of a warehouse.
    pub(crate) fn cancel_on(&self, warehouse_id: &str) {
        let all = self.all.lock();
        let on_it = all.iter().filter(|one| one.warehouse_id == warehouse_id);
        on_it.for_each(|statement| statement.cancel());
    }

    fn get(&self, call: &Call) -> Result<Reply, ApiError> {
        let statement = self.find(call.path("statement_id"))?;
        Ok(statement.describe(self).into())
    }

    fn chunk(&self, call: &Call) -> Result<Reply, ApiError> {
        let statement = self.find(call.path("statement_id"))?;
        let index = call.path("chunk_index");
        let index: usize = index
            .parse()
            .map_err(|_| ApiError::invalid(format!("Invalid chunk index: {index}")))?;
        let phase = statement.phase.borrow().clone();
        match phase {
            Phase::Succeeded(outcome) if index < outcome.chunks.len() => {
                Ok(statement.part(&outcome, index, self).into())
            }
            Phase::Succeeded(outcome) => Err(ApiError::invalid(format!(
                "The chunk index {index} is out of range: the result has {} chunks.",
                outcome.chunks.len()
            ))),
            Phase::Closed => Err(ApiError::missing(
                "NOT_FOUND",
                format!("The statement {} was closed.", statement.id),
            )),
            _ => Err(ApiError::invalid_state(format!(
                "The statement {} has no result.",
                statement.id
            ))),
        }
    }

    fn cancel(&self, call: &Call) -> Result<Reply, ApiError> {
        self.find(call.path("statement_id"))?.cancel();
        Ok(Reply::empty())
    }

    fn close(&self, call: &Call) -> Result<Reply, ApiError> {
        let statement = self.find(call.path("statement_id"))?;
        statement.cancel();
        statement.phase.send_replace(Phase::Closed);
        Ok(Reply::empty())
    }

    fn find(&self, id: &str) -> Result<Arc<Statement>, ApiError> {
        let found = self
            .all
            .lock()
            .iter()
            .rev()
            .find(|statement| statement.id == id)
            .cloned();
        let missing = || ApiError::not_found(format!("The statement {id} was not found."));
        let statement = found.ok_or_else(missing)?;
        let kept_until = statement.ended_at.lock().map(|at| at + self.results.lives);
        if kept_until.is_some_and(|until| until < self.shared.clock.now()) {
            statement.forget();
        }
        Ok(statement)
    }

    fn keep(&self, statement: Arc<Statement>) {
        let mut all = self.all.lock();
        if all.len() >= KEPT
            && let Some(oldest) = all.iter().position(|s| s.phase.borrow().is_final())
        {
            all.remove(oldest);
        }
        all.push_back(statement);
    }
}

/// Everything that one statement needs to run.
struct Run {
    shared: Arc<Shared>,
    chunk_rows: usize,
    running: Arc<Semaphore>,
    statement: Arc<Statement>,
}

impl Run {
    /// Carries the statement from PENDING to its end.
    async fn finish(self, work: Work, ready_at: Millis) {
        let wait = u64::try_from(ready_at - self.shared.clock.now()).unwrap_or(0);
        let statement = &self.statement;
        let phase = &statement.phase;
        let outcome = async {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            let _permit = self.running.acquire().await;
            phase.send_if_modified(|phase| {
                let pending = matches!(phase, Phase::Pending);
                if pending {
                    *phase = Phase::Running;
                }
                pending
            });
            let rows = self.shared.engine.run(&work).await?;
            Outcome::of(rows, statement.delivery, self.chunk_rows).await
        };
        let end = tokio::select! {
            result = outcome => match result {
                Ok(outcome) => Phase::Succeeded(Arc::new(outcome)),
                Err(error) => failed(&error, &work.text),
            },
            () = statement.cancelled.notified() => Phase::Canceled,
        };
        statement.end(end);
    }
}

fn failed(error: &SqlError, text: &str) -> Phase {
    Phase::Failed {
        message: error.text(text),
        sql_state: error.sql_state,
    }
}

impl Statement {
    /// Cancels the statement at once. Its work stops where it next yields.
    fn cancel(&self) {
        self.end(Phase::Canceled);
        self.cancelled.notify_one();
    }

    /// Ends the statement, unless it has ended.
    fn end(&self, end: Phase) {
        self.phase.send_if_modified(|phase| {
            let open = !phase.is_final();
            if open {
                *phase = end;
                *self.ended_at.lock() = Some(chrono::Utc::now().timestamp_millis());
            }
            open
        });
    }

    /// Drops the result, as the service does after an hour.
    fn forget(&self) {
        self.phase.send_if_modified(|phase| {
            let has_result = matches!(phase, Phase::Succeeded(_));
            if has_result {
                *phase = Phase::Closed;
            }
            has_result
        });
    }

    fn describe(&self, of: &Statements) -> Value {
        let phase = self.phase.borrow().clone();
        let state = |state: &str| json!({"statement_id": self.id, "status": {"state": state}});
        match phase {
            Phase::Pending => state("PENDING"),
            Phase::Running => state("RUNNING"),
            Phase::Canceled => state("CANCELED"),
            Phase::Closed => state("CLOSED"),
            Phase::Failed { message, sql_state } => json!({
                "statement_id": self.id,
                "status": {
                    "state": "FAILED",
                    "error": {"error_code": "BAD_REQUEST", "message": message},
                    "sql_state": sql_state,
                },
            }),
            Phase::Succeeded(outcome) => json!({
                "statement_id": self.id,
                "status": {"state": "SUCCEEDED"},
                "manifest": outcome.manifest(self.delivery),
                "result": self.part(&outcome, 0, of),
            }),
        }
    }
}
