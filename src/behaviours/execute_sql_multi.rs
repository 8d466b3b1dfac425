//! `execute_sql_multi`: the statements of a script, in order or side by side, with one answer for all.

use futures_util::StreamExt;
use futures_util::stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Behaviour;
use super::sql_page::Window;
use super::submission::Submission;
use super::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::policy;
use crate::shape::{self, Answer};

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Outcomes>("execute_sql_multi", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    })
    .checking(check);

/// Statements of one script.
const MOST: usize = 50;
/// Statements that run at once.
const AT_ONCE: usize = 5;
/// Characters of a statement that its outcome repeats.
const SHOWN: usize = 80;
/// Bytes that one result may take at least, however many there are.
const LEAST_BYTES: usize = 400;
/// Verbs whose effect ends with their statement, because each statement has a session of its own.
const OF_A_SESSION: &[&str] = &["USE", "SET", "RESET", "DECLARE", "CACHE", "UNCACHE"];

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Statements in Databricks SQL, with `;` between them
    script: String,
    /// Default catalog for names without one
    #[serde(default)]
    catalog: Option<String>,
    /// Default schema for names without one
    #[serde(default)]
    schema: Option<String>,
    /// As in execute_sql
    #[serde(default)]
    warehouse_id: Option<String>,
    /// After a failure
    #[serde(default)]
    on_error: OnError,
    /// No statement needs another done before
    #[serde(default)]
    parallel: bool,
    /// Rows of each at most
    #[serde(default = "max_rows")]
    #[schemars(range(min = 1, max = 1000))]
    max_rows: u32,
    /// Seconds for all; 0 only submits
    #[serde(default)]
    wait: Option<f64>,
    /// true once the user has agreed
    #[serde(default)]
    #[expect(dead_code, reason = "the policy takes it before the call runs")]
    confirm: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum OnError {
    #[default]
    Stop,
    Continue,
}

fn max_rows() -> u32 {
    20
}

/// What execute_sql_multi answers.
#[derive(Debug, Serialize, JsonSchema)]
struct Outcomes {
    succeeded: usize,
    failed: usize,
    /// Statements that go on in the warehouse; get_statement waits for them.
    running: usize,
    not_started: usize,
    /// One for each statement, in the order of the script.
    statements: Vec<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Outcome {
    /// Its beginning.
    statement: String,
    /// SUCCEEDED, CLOSED, FAILED, PENDING, RUNNING or NOT_STARTED.
    state: String,
    /// The rows, as execute_sql answers them.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip)]
    text: String,
}

/// Checks that the script can be split, before anybody is asked.
fn check(arguments: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let script = arguments.get("script").and_then(Value::as_str);
    split(script.unwrap_or_default())?;
    Ok(arguments)
}

fn split(script: &str) -> Result<Vec<&str>, Error> {
    let wrong = |problem: String| Error::Arguments {
        tool: "execute_sql_multi".to_owned(),
        problems: vec![problem],
    };
    let statements = policy::statements(script).map_err(|unclear| {
        wrong(format!(
            "`script`: it {unclear}; send its statements one by one, by execute_sql"
        ))
    })?;
    match statements.len() {
        0 => Err(wrong("`script`: it holds no statement".to_owned())),
        1..=MOST => Ok(statements),
        count => Err(wrong(format!(
            "`script`: it holds {count} statements, and {MOST} is the most for one call"
        ))),
    }
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let Arguments {
        script,
        catalog,
        schema,
        warehouse_id,
        on_error,
        parallel,
        max_rows,
        wait,
        ..
    } = arguments;
    let statements = split(&script)?;
    let mut submission = Submission::to(context, warehouse_id, catalog, schema).await?;
    let window = Window {
        offset: 0,
        rows: max_rows as usize,
        bytes: (context.room / statements.len()).max(LEAST_BYTES),
        wait,
    };
    let outcomes = if parallel {
        let mut runs = Vec::with_capacity(statements.len());
        for statement in &statements {
            let (mut submission, window) = (submission.clone(), &window);
            runs.push(async move { run(context, &mut submission, statement, window).await });
        }
        stream::iter(runs).buffered(AT_ONCE).collect().await
    } else {
        in_order(context, &mut submission, &statements, &window, on_error).await
    };
    if context.cancel.is_cancelled() {
        return Err(Error::Cancelled {
            what: stopped(&outcomes),
        });
    }
    let note = note(&statements, &outcomes, submission.refusals());
    answer(outcomes, note)
}

/// Runs one statement after the other. After one that fails and may not, or that goes on, no other is started.
async fn in_order(
    context: &Context,
    submission: &mut Submission,
    statements: &[&str],
    window: &Window,
    on_error: OnError,
) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(statements.len());
    let mut stopped = false;
    for statement in statements {
        if stopped || context.cancel.is_cancelled() {
            outcomes.push(Outcome::not_started(statement));
            continue;
        }
        let outcome = run(context, submission, statement, window).await;
        stopped = match outcome.state.as_str() {
            "SUCCEEDED" | "CLOSED" => false,
            "FAILED" => on_error == OnError::Stop,
            _ => true,
        };
        outcomes.push(outcome);
    }
    outcomes
}

async fn run(
    context: &Context,
    submission: &mut Submission,
    statement: &str,
    window: &Window,
) -> Outcome {
    let sent = statement.to_owned();
    match submission.run(context, sent, None, window).await {
        Ok(Answer {
            text, structured, ..
        }) => Outcome {
            statement: beginning(statement),
            state: structured
                .get("state")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            result: Some(structured),
            error: None,
            text,
        },
        Err(error) => Outcome {
            statement: beginning(statement),
            state: "FAILED".to_owned(),
            result: None,
            text: error.text(),
            error: Some(error.text()),
        },
    }
}

impl Outcome {
    fn not_started(statement: &str) -> Self {
        Self {
            statement: beginning(statement),
            state: "NOT_STARTED".to_owned(),
            result: None,
            error: None,
            text: String::new(),
        }
    }

    fn is(&self, states: &[&str]) -> bool {
        states.contains(&self.state.as_str())
    }
}

fn beginning(statement: &str) -> String {
    shape::one_line(statement, SHOWN)
}

/// The statements that a cancelled call had done and had not.
fn stopped(outcomes: &[Outcome]) -> String {
    let done = outcomes.iter().filter(|outcome| outcome.is(DONE)).count();
    format!(
        "the script, after {done} of {}",
        shape::counted(outcomes.len(), "statement")
    )
}

const DONE: &[&str] = &["SUCCEEDED", "CLOSED"];

/// A note on what the outcomes alone do not tell.
fn note(statements: &[&str], outcomes: &[Outcome], refusals: Option<String>) -> Option<String> {
    let of_a_session = |statement: &&&str| {
        let verb = statement.split_whitespace().next().unwrap_or_default();
        OF_A_SESSION.contains(&verb.to_uppercase().as_str())
    };
    let session = statements.iter().find(of_a_session).map(|statement| {
        format!(
            "Each statement has a session of its own, so `{}` holds for no other: give `catalog` and `schema`, or write \
             full names",
            beginning(statement)
        )
    });
    let goes_on = outcomes
        .iter()
        .any(|outcome| outcome.is(&["PENDING", "RUNNING"]));
    let waits = outcomes.iter().any(|outcome| outcome.is(&["NOT_STARTED"]));
    let rest = (goes_on && waits).then(|| {
        "Statements that were not started wait for the one that goes on: call get_statement for it, then send the rest"
            .to_owned()
    });
    let notes: Vec<String> = [session, rest, refusals].into_iter().flatten().collect();
    (!notes.is_empty()).then(|| notes.join("\n"))
}

fn answer(outcomes: Vec<Outcome>, note: Option<String>) -> Result<Answer, Error> {
    let count = |states: &[&str]| outcomes.iter().filter(|outcome| outcome.is(states)).count();
    let all = Outcomes {
        succeeded: count(DONE),
        failed: count(&["FAILED"]),
        not_started: count(&["NOT_STARTED"]),
        running: outcomes.len() - count(&["SUCCEEDED", "CLOSED", "FAILED", "NOT_STARTED"]),
        statements: outcomes,
        note,
    };
    let mut text = format!("{} of {} succeeded", all.succeeded, all.statements.len());
    for (number, what) in [
        (all.failed, "failed"),
        (all.running, "still running"),
        (all.not_started, "not started"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {number} {what}"));
        }
    }
    for (nth, outcome) in all.statements.iter().enumerate() {
        let Outcome {
            statement, state, ..
        } = outcome;
        text.push_str(&format!("\n\n{}. `{statement}`: {state}", nth + 1));
        if !outcome.text.is_empty() {
            text.push('\n');
            text.push_str(&outcome.text);
        }
    }
    if let Some(note) = &all.note {
        text.push_str("\n\n");
        text.push_str(note);
    }
    let structured = structured(&all)?;
    Ok(Answer::new(text, structured))
}
