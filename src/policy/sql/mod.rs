//! The effect of a SQL statement, judged by a walk over its tokens: databases differ and parsers lag behind them.
//!
//! The walk looks at the verb of every statement and block and at every function. It does not recurse, so that no
//! statement is too deep for it.

mod alter;
#[cfg(test)]
mod bounds;
mod calls;
mod change;
mod functions;
mod identifier;
mod lexer;
mod objects;
#[cfg(test)]
mod properties;
mod query;
mod question;
mod script;
mod shown;
mod statement;
#[cfg(test)]
mod table;
mod targets;
#[cfg(test)]
mod tests;
mod walk;
mod words;

pub(super) use question::question;
pub(super) use script::statements;
pub(super) use shown::{escaped, on_one_line};
pub(super) use targets::targets;

use super::ReadOnlyFunctions;
use walk::judge;

/// The effect of a part of a statement, from harmless to not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// Changes nothing.
    Reads,
    /// Reads, and pays a model for it.
    AsksModel,
    /// Adds or changes what can be changed back.
    Writes,
    /// Deletes, replaces, or changes who may do what.
    Destroys,
    /// Reads from or sends to another system by a function.
    CallsOut,
    /// Opens a way to other systems, runs what cannot be seen, or shows a secret.
    ActsOutside,
    /// Cannot be placed in any class.
    Unknown,
}

impl Class {
    /// Whether the user is asked first.
    fn asks(self) -> bool {
        self >= Self::Destroys
    }

    /// The class in words, to follow "which".
    fn in_words(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::AsksModel => "asks a model",
            Self::Writes => "writes",
            Self::Destroys => "deletes, replaces or changes who may do what",
            Self::CallsOut | Self::ActsOutside => "acts outside of the workspace's data",
            Self::Unknown => "cannot be placed, so it may do anything",
        }
    }
}

/// A class, and the part of a statement that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    class: Class,
    /// A clause that stands alone, such as "DROP deletes".
    reason: String,
}

/// Refuses what is not known to only read.
///
/// # Errors
/// The reason, in words, why the statement is not let through in read-only mode.
pub(super) fn only_reads(sql: &str, functions: ReadOnlyFunctions) -> Result<(), String> {
    let findings = judge(sql);
    let allowed = |class| match class {
        Class::Reads => true,
        Class::AsksModel => functions.ai,
        Class::CallsOut => functions.outbound,
        _ => false,
    };
    let refused = findings.iter().filter(|finding| !allowed(finding.class));
    let Some(Finding { class, reason }) = refused.max_by_key(|finding| finding.class) else {
        return Ok(());
    };
    let way = |kind| format!("{reason}; the user can allow it with `--read-only-functions {kind}`");
    Err(match class {
        Class::AsksModel => way("ai"),
        Class::CallsOut => way("outbound"),
        _ => reason.clone(),
    })
}

/// The findings so far, the first of each class.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, class: Class, reason: impl Into<String>) {
        if !self.0.iter().any(|known| known.class == class) {
            let reason = shown::name(&reason.into());
            self.0.push(Finding { class, reason });
        }
    }
}
