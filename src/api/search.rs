//! Finds operations by words, best first.

use std::sync::OnceLock;

use crate::rows::{OPERATIONS, Operation};

/// The operations that fit the words best, `limit` at most; `verb` narrows to one HTTP method unless empty.
///
/// A word counts most where it is a whole word of the id, less at the start of one, least in the path. Words
/// that nothing holds are passed over.
#[must_use]
pub fn search(words: &str, verb: &str, limit: usize) -> Vec<&'static Operation> {
    let wanted: Vec<String> = split(words).map(stem).collect();
    let mut found: Vec<(u32, &Operation)> = index()
        .iter()
        .filter(|entry| verb.is_empty() || entry.operation.verb.eq_ignore_ascii_case(verb))
        .filter_map(|entry| Some((score(entry, &wanted)?, entry.operation)))
        .collect();
    // Among equals the shorter id is the plainer operation.
    found.sort_by_key(|(score, operation)| (u32::MAX - score, operation.id.len(), operation.id));
    found
        .into_iter()
        .take(limit)
        .map(|(_, operation)| operation)
        .collect()
}

/// An operation and the words it is found by.
struct Entry {
    operation: &'static Operation,
    id: Vec<String>,
    path: Vec<String>,
}

/// Every operation, split into words when first asked for.
fn index() -> &'static [Entry] {
    static INDEX: OnceLock<Vec<Entry>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let entry = |operation: &'static Operation| Entry {
            operation,
            id: split(operation.id).map(stem).collect(),
            path: split(operation.path).map(stem).collect(),
        };
        OPERATIONS.iter().map(entry).collect()
    })
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty())
}

/// `Jobs` as `job`, `policies` as `policy`: singular and plural are one word here.
fn stem(word: &str) -> String {
    let word = word.to_ascii_lowercase();
    match word.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => word.strip_suffix('s').unwrap_or(&word).to_owned(),
    }
}

fn score(entry: &Entry, wanted: &[String]) -> Option<u32> {
    let Entry {
        operation,
        id,
        path,
    } = entry;
    let mut total: u32 = 0;
    let mut hits = 0;
    for word in wanted {
        let whole = id.iter().any(|known| known == word);
        let start = || id.iter().any(|known| known.starts_with(word.as_str()));
        let in_path = || path.iter().any(|known| known.starts_with(word.as_str()));
        let points = match () {
            () if whole => 10,
            () if start() => 5,
            () if in_path() => 3,
            () => continue,
        };
        total += points;
        hits += 1;
    }
    // All words somewhere is worth more than one word twice.
    let bonus = if hits == wanted.len() { 20 } else { 0 };
    let penalty = u32::from(operation.deprecated) * 4 + u32::from(operation.account) * 2;
    (hits > 0 || wanted.is_empty()).then(|| (total + bonus + 8).saturating_sub(penalty))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(words: &str) -> Vec<&'static str> {
        search(words, "", 3)
            .iter()
            .map(|operation| operation.id)
            .collect()
    }

    #[test]
    fn the_plain_operation_comes_first() {
        assert_eq!(first("list jobs").first(), Some(&"jobs.list"));
        assert_eq!(first("run now").first(), Some(&"jobs.run_now"));
        assert_eq!(
            first("create cluster policy").first(),
            Some(&"cluster_policies.create")
        );
        assert!(
            first("permissions job")
                .iter()
                .any(|id| id.contains("permission"))
        );
        assert_eq!(
            search("jobs", "DELETE", 5)
                .iter()
                .filter(|one| one.verb != "DELETE")
                .count(),
            0
        );
        assert!(first("qqqq").is_empty());
    }
}
