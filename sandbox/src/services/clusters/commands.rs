//! Commands on clusters. SQL really runs, and so does Python where it is allowed; else only `print` of a text works.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::Clusters;
use super::cluster::find;
use super::python::{self, Seat, failed};
use crate::clock::Millis;
use crate::http::{ApiError, Call, Reply};
use crate::operations::Operations;
use crate::shared::Shared;
use crate::sql::values::rows;
use crate::sql::{Rows, SqlError, Work, types};

/// The seconds until a context takes commands in the real service.
const OPENS_IN: f64 = 3.0;
/// The seconds that a short command takes in the real service.
const RUNS_IN: f64 = 1.0;
/// The largest number of rows in a result, as in the real service.
const MOST_ROWS: usize = 1000;

/// The contexts by id.
pub(super) struct Commands {
    shared: Arc<Shared>,
    clusters: Arc<Clusters>,
    contexts: Mutex<BTreeMap<String, Context>>,
}

struct Context {
    cluster: String,
    opens: Millis,
    commands: BTreeMap<String, Arc<Command>>,
    python: Arc<Seat>,
}

struct Command {
    ends: Millis,
    /// The result, if there is one yet.
    results: Mutex<Option<Value>>,
    cancelled: Mutex<bool>,
    work: Mutex<Option<AbortHandle>>,
    /// The interpreter of a command in Python.
    python: Option<Arc<Seat>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    #[serde(default)]
    cluster_id: String,
    #[serde(default)]
    context_id: String,
    #[serde(default)]
    command_id: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    command: String,
}

impl Commands {
    /// Registers the operations.
    pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>, clusters: Arc<Clusters>) {
        let commands = Arc::new(Self {
            shared: shared.clone(),
            clusters,
            contexts: Mutex::default(),
        });
        on.on("command_execution.create", &commands, Self::create);
        on.on(
            "command_execution.context_status",
            &commands,
            Self::context_status,
        );
        on.on("command_execution.destroy", &commands, Self::destroy);
        on.on("command_execution.execute", &commands, Self::execute);
        on.on(
            "command_execution.command_status",
            &commands,
            Self::command_status,
        );
        on.on("command_execution.cancel", &commands, Self::cancel);
    }

    /// True if the cluster is running.
    fn runs(&self, cluster: &str) -> Result<bool, ApiError> {
        let mut all = self.clusters.all.lock();
        let cluster = find(&mut all, cluster)?;
        Ok(cluster.course.state(self.shared.clock.now()) == "RUNNING")
    }

    fn create(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Named = call.body()?;
        if !self.runs(&body.cluster_id)? {
            let message = format!("Cluster {} is not running.", body.cluster_id);
            return Err(ApiError::invalid_state(message));
        }
        let id = Uuid::new_v4().simple().to_string();
        let clock = self.shared.clock;
        let context = Context {
            cluster: body.cluster_id,
            opens: clock.now() + clock.takes(OPENS_IN),
            commands: BTreeMap::new(),
            python: Arc::default(),
        };
        self.contexts.lock().insert(id.clone(), context);
        Ok(json!({"id": id}).into())
    }

    fn context_status(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Named = call.query()?;
        let runs = self.runs(&query.cluster_id)?;
        let contexts = self.contexts.lock();
        let context = of(&contexts, &query)?;
        let status = match (runs, self.shared.clock.now() >= context.opens) {
            (false, _) => "Error",
            (true, false) => "Pending",
            (true, true) => "Running",
        };
        Ok(json!({"id": query.context_id, "status": status}).into())
    }

    fn destroy(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Named = call.body()?;
        let mut contexts = self.contexts.lock();
        of(&contexts, &body)?;
        if let Some(context) = contexts.remove(&body.context_id) {
            context.commands.values().for_each(|command| command.stop());
            context.python.clear();
        }
        Ok(Reply::empty())
    }

    fn execute(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Named = call.body()?;
        if !self.runs(&body.cluster_id)? {
            let message = format!("Cluster {} is not running.", body.cluster_id);
            return Err(ApiError::invalid_state(message));
        }
        let clock = self.shared.clock;
        let id = Uuid::new_v4().simple().to_string();
        let mut contexts = self.contexts.lock();
        let seat = of(&contexts, &body)?.python.clone();
        let in_python = self.shared.allow_python && body.language == "python";
        let command = Arc::new(Command {
            ends: clock.now() + clock.takes(RUNS_IN),
            results: Mutex::default(),
            cancelled: Mutex::new(false),
            work: Mutex::default(),
            python: in_python.then(|| seat.clone()),
        });
        if let Some(context) = contexts.get_mut(&body.context_id) {
            context.commands.insert(id.clone(), command.clone());
        }
        if body.language == "sql" {
            let (shared, running) = (self.shared.clone(), command.clone());
            let work = self.shared.sql.spawn(async move {
                let results = sql(&shared, body.command).await;
                *running.results.lock() = Some(results);
            });
            *command.work.lock() = Some(work.abort_handle());
        } else if in_python {
            match seat.interpreter(&self.shared) {
                Ok(interpreter) => {
                    let (running, seat) = (command.clone(), Arc::downgrade(&seat));
                    self.shared.sql.spawn_blocking(move || {
                        let results = python::run(&interpreter, &seat, &body.command);
                        *running.results.lock() = Some(results);
                    });
                }
                Err(reason) => *command.results.lock() = Some(failed(&reason, &reason)),
            }
        } else {
            *command.results.lock() = Some(printed(&body.language, &body.command));
        }
        Ok(json!({"id": id}).into())
    }

    fn command_status(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Named = call.query()?;
        let command = self.command(&query)?;
        let id = query.command_id;
        if *command.cancelled.lock() {
            return Ok(json!({"id": id, "status": "Cancelled"}).into());
        }
        let results = command.results.lock().clone();
        match results {
            Some(results) if self.shared.clock.now() >= command.ends => {
                Ok(json!({"id": id, "status": "Finished", "results": results}).into())
            }
            _ => Ok(json!({"id": id, "status": "Running"}).into()),
        }
    }

    fn cancel(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Named = call.body()?;
        let command = self.command(&body)?;
        let ended = command.results.lock().is_some() && self.shared.clock.now() >= command.ends;
        if !ended {
            command.stop();
        }
        Ok(Reply::empty())
    }

    fn command(&self, named: &Named) -> Result<Arc<Command>, ApiError> {
        let contexts = self.contexts.lock();
        let context = of(&contexts, named)?;
        let missing = || ApiError::not_found(format!("CommandNotFound: {}", named.command_id));
        context
            .commands
            .get(&named.command_id)
            .cloned()
            .ok_or_else(missing)
    }
}

fn of<'a>(contexts: &'a BTreeMap<String, Context>, named: &Named) -> Result<&'a Context, ApiError> {
    let found = contexts.get(&named.context_id);
    found
        .filter(|context| context.cluster == named.cluster_id)
        .ok_or_else(|| ApiError::not_found(format!("ContextNotFound: {}", named.context_id)))
}

impl Command {
    fn stop(&self) {
        *self.cancelled.lock() = true;
        if let Some(work) = self.work.lock().take() {
            work.abort();
        }
        if let Some(seat) = &self.python {
            seat.clear();
        }
    }
}

async fn sql(shared: &Shared, text: String) -> Value {
    let work = Work {
        text,
        row_limit: Some(MOST_ROWS),
        ..Work::default()
    };
    let table = shared.engine.run(&work).await.and_then(table);
    table.unwrap_or_else(|error| failed("AnalysisException", &error.text(&work.text)))
}

/// Rows in the form of a command's answer: numbers and booleans as such, everything else as text.
fn table(result: Rows) -> Result<Value, SqlError> {
    let mut data = Vec::new();
    for batch in &result.batches {
        for row in rows(batch)? {
            let values = row
                .into_iter()
                .zip(result.columns.fields())
                .map(|(text, field)| {
                    let Some(text) = text else { return Value::Null };
                    let kind = field.data_type();
                    let plain = kind.is_integer()
                        || kind.is_floating()
                        || types::type_name(kind) == "BOOLEAN";
                    let read = plain.then(|| serde_json::from_str(&text).ok()).flatten();
                    read.unwrap_or(Value::String(text))
                });
            data.push(values.collect::<Value>());
        }
    }
    let columns = result.columns.fields().iter().map(|field| {
        let kind = types::spark_json(field.data_type()).to_string();
        json!({"name": field.name(), "type": kind, "metadata": "{}"})
    });
    Ok(json!({
        "resultType": "table",
        "data": data,
        "schema": columns.collect::<Vec<Value>>(),
        "truncated": result.truncated,
        "isJsonSchema": true,
    }))
}

/// The output of a program that only prints texts.
fn printed(language: &str, program: &str) -> Value {
    let mut output = String::new();
    let lines = program.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let literal = literal(line).filter(|_| language == "python");
        let Some(literal) = literal else {
            let cause = format!(
                "NotImplementedError: the sandbox runs no {language}, except `print` of a text in Python: {line}\nhint: start it with `--allow-python` to run Python"
            );
            return failed("NotImplementedError: the sandbox runs SQL only", &cause);
        };
        output.push_str(literal);
        output.push('\n');
    }
    json!({"resultType": "text", "data": output.trim_end_matches('\n'), "truncated": false})
}

/// The text between the quotes of `print("…")`.
fn literal(line: &str) -> Option<&str> {
    let inside = line.strip_prefix("print(")?.strip_suffix(')')?.trim();
    let quote = inside
        .chars()
        .next()
        .filter(|quote| ['"', '\''].contains(quote))?;
    let text = inside.strip_prefix(quote)?.strip_suffix(quote)?;
    (!text.contains([quote, '\\'])).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_of_a_text_are_printed_and_all_else_is_refused() {
        let ok = printed("python", "# hello\nprint(\"a\")\n\nprint('b # c')\n");
        assert_eq!(
            ok,
            json!({"resultType": "text", "data": "a\nb # c", "truncated": false})
        );
        for program in ["print(1 + 1)", "x = 1", "print(\"a\" + \"b\")", "import os"] {
            let refused = printed("python", program);
            assert_eq!(
                refused.get("resultType"),
                Some(&json!("error")),
                "{program}"
            );
        }
        assert_eq!(
            printed("r", "print(\"a\")").get("resultType"),
            Some(&json!("error"))
        );
    }
}
