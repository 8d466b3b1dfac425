//! The problems of the manifest: all at once, each with its place and the way out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use super::At;

/// Names that are listed where none of them is close: more say nothing to a reader.
const LISTED: usize = 30;

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
    /// The lines where aliases bring it in, if it stands under an anchor.
    pub used: BTreeSet<u64>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            message,
            hint,
            used,
        } = self;
        write!(f, "{}:{line}:{column}: {message}", file.display())?;
        if !used.is_empty() {
            let lines: Vec<_> = used.iter().map(ToString::to_string).collect();
            let s = if lines.len() == 1 { "" } else { "s" };
            write!(f, "\n  used in line{s} {}", lines.join(", "))?;
        }
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
            used: at.used.into_iter().collect(),
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

    /// The problems in the order of files and lines. What is wrong under an anchor is one problem, however often the
    /// anchor is used.
    #[must_use]
    pub fn sorted(&self) -> Vec<Problem> {
        let mut sorted: BTreeMap<_, Problem> = BTreeMap::new();
        for problem in &self.0 {
            let key = (
                &problem.file,
                problem.line,
                problem.column,
                &problem.message,
            );
            match sorted.get_mut(&key) {
                Some(known) => known.used.extend(&problem.used),
                None => {
                    sorted.insert(key, problem.clone());
                }
            }
        }
        sorted.into_values().collect()
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

/// `did you mean …?` with the name of which `word` is a misspelling, or the list when there is none and it is short.
#[must_use]
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.into_iter().collect();
    match meant(word, names.iter().copied()) {
        Some(name) => Some(format!("did you mean `{name}`?")),
        None if names.is_empty() || names.len() > LISTED => None,
        None => Some(format!("known here: {}", names.join(", "))),
    }
}

/// The name of which `word` is a misspelling. A name that merely looks alike, such as `jobs.set` for `jobs.get` or
/// `run_type` for `run_page_url`, means something else and is none.
pub(super) fn meant<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .filter_map(|name| Some((misspelt(word, name)?, name)))
        .min()
        .map(|(_, name)| name)
}

/// The number of slips between two names that could be one: each word of the one may be a slip of the other's.
fn misspelt(word: &str, name: &str) -> Option<usize> {
    let plain = |text: &str| {
        let letters = text.chars().filter(|c| c.is_ascii_alphanumeric());
        letters.collect::<String>().to_ascii_lowercase()
    };
    if plain(word) == plain(name) {
        return Some(0);
    }
    let words = |text: &'_ str| -> Vec<String> { text.split(['_', '.', '-']).map(plain).collect() };
    let (given, known) = (words(word), words(name));
    if given.len() != known.len() {
        return None;
    }
    let slips: Option<Vec<usize>> = given.iter().zip(&known).map(|(a, b)| slips(a, b)).collect();
    slips
        .map(|slips| slips.iter().sum())
        .filter(|slips| *slips <= 2)
}

/// The number of slips between two words, if few enough: letters left out, doubled or swapped, and in a longer word
/// one that is wrong within.
fn slips(given: &str, known: &str) -> Option<usize> {
    let distance = strsim::damerau_levenshtein(given, known);
    let short = given.chars().count().min(known.chars().count());
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    let same_letters = sorted(given) == sorted(known);
    let added_or_left_out = given.chars().count() != known.chars().count();
    let first = |text: &str| text.chars().next();
    let wrong_within = short >= 4 && first(given) == first(known);
    let allowed = if short >= 8 { 2 } else { 1 };
    let fits = distance <= allowed && (same_letters || added_or_left_out || wrong_within);
    (distance == 0 || (short >= 2 && fits)).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn a_slip_is_seen_and_another_name_is_not_offered() {
        let slips = [
            ("nmae", "name"),
            ("jobid", "job_id"),
            ("list_jobz", "list_jobs"),
            ("operatoin", "operation"),
            ("jobs.lst", "jobs.list"),
            ("reads", "read"),
        ];
        for (given, known) in slips {
            assert_eq!(meant(given, [known]), Some(known));
        }
        let others = [
            ("clusters.spark_versions", "clusters.pin"),
            ("run_page_url", "run_type"),
            ("min_workers", "max_workers"),
            ("jobs.set", "jobs.get"),
            ("start_time", "end_time"),
            ("job_id", "run_id"),
            ("run_page_url", "run_page"),
            ("updated_at", "created_at"),
        ];
        for (given, known) in others {
            assert_eq!(meant(given, [known]), None, "{given}");
        }
    }
}
