//! The problems of the manifest: all at once, each with its place and the way out.

use std::fmt;
use std::path::{Path, PathBuf};

use super::At;

/// One thing to fix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The manifest file.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// The problem, in one sentence.
    pub message: String,
    /// The way out.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            message,
            hint,
        } = self;
        write!(f, "{}:{line}:{column}: {message}", file.display())?;
        if let Some(hint) = hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// Every problem found, in the order of files and lines when shown.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Notes a problem at the place of a manifest value.
    pub fn add<T>(&mut self, file: &Path, at: &At<T>, message: String, hint: Option<String>) {
        self.push(Problem {
            file: file.to_owned(),
            line: at.line,
            column: at.column,
            message,
            hint,
        });
    }

    /// Notes a problem.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Returns true if there is nothing to fix.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The problems in the order of files and lines.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Problem> {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort();
        sorted.dedup();
        sorted
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.sorted().into_iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{problem}")?;
        }
        Ok(())
    }
}

/// `did you mean …?` with the name closest to `word`, or the list when nothing is close and it is short.
#[must_use]
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.into_iter().collect();
    let closest = names
        .iter()
        .map(|name| (strsim::jaro_winkler(word, name), *name))
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    match closest {
        Some((score, name)) if score > 0.75 => Some(format!("did you mean `{name}`?")),
        Some(_) if names.len() <= 30 => Some(format!("known here: {}", names.join(", "))),
        _ => None,
    }
}
