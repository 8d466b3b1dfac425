//! The findings of `doctor`: a line each, for people and for programs.

use databricks_mcp::error::Error;
use databricks_mcp::redact;
use databricks_mcp::shape::printable;
use serde_json::{Value, json};

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    Warn,
    Fail,
    /// It could not be looked at, or there is nothing to look at.
    Skipped,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skipped => "skipped",
        }
    }

    /// The word in its column.
    fn shown(self, coloured: bool) -> String {
        let colour = match self {
            Self::Ok => 32,
            Self::Warn => 33,
            Self::Fail => 31,
            Self::Skipped => 2,
        };
        let word = format!("{:<7}", self.word());
        if coloured {
            format!("\u{1b}[{colour}m{word}\u{1b}[0m")
        } else {
            word
        }
    }
}

/// One check.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) name: String,
    pub(super) state: State,
    /// What was found.
    pub(super) found: String,
    /// The next step.
    pub(super) next: Option<String>,
}

impl Check {
    fn new(name: impl Into<String>, state: State, found: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            state,
            found: found.into(),
            next: None,
        }
    }

    pub(super) fn ok(name: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(name, State::Ok, found)
    }

    pub(super) fn warn(name: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(name, State::Warn, found)
    }

    pub(super) fn fail(name: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(name, State::Fail, found)
    }

    pub(super) fn skipped(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(name, State::Skipped, why)
    }

    /// A failure as its error tells it, with the error's own next step or one for its kind.
    pub(super) fn failed(name: impl Into<String>, error: &Error) -> Self {
        let next = error.hint().map(|hint| hint.into_owned());
        let next = next.unwrap_or_else(|| next_for(error).to_owned());
        Self::fail(name, error.to_string()).next(next)
    }

    /// The check with a next step.
    pub(super) fn next(self, next: impl Into<String>) -> Self {
        Self {
            next: Some(next.into()),
            ..self
        }
    }

    pub(super) fn is_fail(&self) -> bool {
        self.state == State::Fail
    }
}

/// The next step after an error that names none.
fn next_for(error: &Error) -> &'static str {
    match error {
        Error::Setting { .. } => {
            "correct it where it is set: `databricks-mcp config` prints every setting with its source"
        }
        Error::Credential { .. } => {
            "check its settings: `databricks-mcp config` prints each with its source; `DATABRICKS_AUTH_TYPE` chooses another kind"
        }
        Error::Api { .. } => "try again; if it stays so, ask an admin of the workspace",
        Error::Answer { .. } => {
            "something on the way may have answered in place of the workspace: try from another network"
        }
        _ => "try again; if it stays so, report it with this output",
    }
}

/// All checks, in the order in which they depend on each other.
#[derive(Debug, Default)]
pub(in crate::cli) struct Report(pub(super) Vec<Check>);

impl Report {
    /// Reports whether a check failed.
    pub(in crate::cli) fn failed(&self) -> bool {
        self.0.iter().any(Check::is_fail)
    }

    /// The report for people. Nothing that a service says steers the terminal or shows a secret.
    pub(in crate::cli) fn text(&self, coloured: bool) -> String {
        let width = self
            .0
            .iter()
            .map(|check| check.name.len())
            .max()
            .unwrap_or_default();
        let indent = format!("\n{:1$}", "", width + 11);
        let mut lines = Vec::new();
        for check in &self.0 {
            let found = shown(&check.found).replace('\n', &indent);
            lines.push(format!(
                "{}  {:<width$}  {found}",
                check.state.shown(coloured),
                check.name
            ));
            if let Some(next) = &check.next {
                let next = shown(next).replace('\n', &indent);
                lines.push(format!("{:1$}→ {next}", "", width + 11));
            }
        }
        let count = |state| self.0.iter().filter(|check| check.state == state).count();
        let parts = [State::Fail, State::Warn, State::Skipped, State::Ok]
            .map(|state| (count(state), state.word()));
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        lines.push(format!("\n{}", parts.join(", ")));
        lines.join("\n")
    }

    /// The report for programs.
    pub(in crate::cli) fn json(&self) -> Value {
        let checks = self.0.iter().map(|check| {
            json!({
                "check": check.name,
                "state": check.state.word(),
                "found": shown(&check.found),
                "next": check.next.as_deref().map(shown),
            })
        });
        json!({ "ok": !self.failed(), "checks": checks.collect::<Vec<_>>() })
    }
}

fn shown(text: &str) -> String {
    printable(&redact::text(text)).into_owned()
}
