//! The effect of a SQL statement, judged by a walk over its tokens: databases differ and parsers lag behind them.
//!
//! The walk looks at the verb of every statement and block and at every function. It does not recurse, so that no
//! statement is too deep for it.

mod alter;
#[cfg(test)]
mod bounds;
mod calls;
mod change;
mod create;
mod functions;
mod identifier;
mod kinds;
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

/// What a user may exclude by whichever way it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What changes who may do what.
    Grants,
    /// What shows, sets or takes away a secret.
    Secrets,
}

/// The reason why a statement is, or cannot be told from, one of a kind.
pub(super) fn is_of(sql: &str, kind: Kind) -> Option<String> {
    let findings = walk::findings(sql);
    let mut kinds = findings.kinds.into_iter();
    let certain = kinds.find(|(known, _)| known.is_none_or(|known| known == kind));
    let mut first = findings.first.into_iter();
    let unknown = first.find(|finding| finding.class == Class::Unknown);
    certain
        .map(|(_, reason)| reason)
        .or_else(|| unknown.map(|finding| finding.reason))
}

/// The findings so far.
#[derive(Debug, Default)]
struct Findings {
    /// The first of each class.
    first: Vec<Finding>,
    /// The first of each kind; without a kind, it may be of any.
    kinds: Vec<(Option<Kind>, String)>,
}

impl Findings {
    fn add(&mut self, class: Class, reason: impl Into<String>) {
        if !self.first.iter().any(|known| known.class == class) {
            let reason = shown::name(&reason.into());
            self.first.push(Finding { class, reason });
        }
    }

    fn is_of(&mut self, kind: impl Into<Option<Kind>>, reason: impl Into<String>) {
        let kind = kind.into();
        if !self.kinds.iter().any(|(known, _)| *known == kind) {
            self.kinds.push((kind, shown::name(&reason.into())));
        }
    }
}
