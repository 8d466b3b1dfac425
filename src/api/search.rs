//! Search for operations by words, best first.

use std::sync::OnceLock;

use super::synonyms::{FILLERS, SYNONYMS};
use crate::catalog::{OPERATIONS, Operation};

/// Filters of a search; an empty one filters nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Within<'a> {
    /// The HTTP method, in upper or lower case.
    pub verb: &'a str,
    /// The service: the part of an id before the dot.
    pub service: &'a str,
}

/// Returns the operations that fit the words best, `limit` at most.
///
/// A word counts most if it is a word of the id, less if a synonym is or if it begins one, and least if it begins a word
/// of the path. Words that match nothing are ignored.
#[must_use]
pub fn search(words: &str, within: Within<'_>, limit: usize) -> Vec<&'static Operation> {
    let asked: Vec<String> = split(words).map(stem).collect();
    let terms = terms(&asked);
    let mut found: Vec<(i32, &Operation)> = index()
        .iter()
        .filter(|entry| {
            let verb = entry.operation.verb;
            within.verb.is_empty() || verb.eq_ignore_ascii_case(within.verb)
        })
        .filter(|entry| within.service.is_empty() || entry.service() == within.service)
        .filter_map(|entry| {
            Some((
                score(entry, &terms)? - penalty(entry, &asked),
                entry.operation,
            ))
        })
        .collect();
    // Among equals the shorter id is the plainer operation.
    found.sort_by_key(|(score, operation)| (-score, operation.id.len(), operation.id));
    found
        .into_iter()
        .take(limit)
        .map(|(_, operation)| operation)
        .collect()
}

/// A word that is searched for, and its synonyms.
struct Term<'a> {
    word: &'a str,
    synonyms: Vec<&'static str>,
}

/// The words to search for: all but the fillers, or all if there are only fillers.
fn terms(asked: &[String]) -> Vec<Term<'_>> {
    let telling = |word: &&String| !FILLERS.contains(&word.as_str());
    let mut words: Vec<&String> = asked.iter().filter(telling).collect();
    if words.is_empty() {
        words = asked.iter().collect();
    }
    let is_asked = |key: &&str| asked.iter().any(|word| word == key);
    let synonyms = |word: &str| {
        let applies = |keys: &[&str]| keys.contains(&word) && keys.iter().all(is_asked);
        let rows = SYNONYMS.iter().filter(|(keys, _)| applies(keys));
        rows.flat_map(|(_, synonyms)| synonyms.iter().copied())
            .collect()
    };
    let words = words.into_iter();
    words
        .map(|word| Term {
            word,
            synonyms: synonyms(word),
        })
        .collect()
}

/// An operation and the words it is found by.
struct Entry {
    operation: &'static Operation,
    id: Vec<String>,
    /// Service and method, each as one word.
    whole: Vec<String>,
    path: Vec<String>,
    /// The operation reads or sets one switch of the workspace or account.
    toggle: bool,
}

impl Entry {
    fn service(&self) -> &'static str {
        self.operation.id.split('.').next().unwrap_or_default()
    }
}

/// Every operation, split into words on first use.
fn index() -> &'static [Entry] {
    static INDEX: OnceLock<Vec<Entry>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let entry = |operation: &'static Operation| {
            let mut id: Vec<String> = split(operation.id).map(stem).collect();
            id.sort();
            id.dedup();
            let toggles = ["enable_", "disable_"];
            Entry {
                operation,
                id,
                whole: operation.id.split('.').map(stem).collect(),
                path: split(operation.path).map(stem).collect(),
                toggle: operation.path.contains("/settings/types/")
                    || toggles.iter().any(|start| operation.id.starts_with(start)),
            }
        };
        OPERATIONS.iter().map(entry).collect()
    })
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty())
}

/// Lower case and singular: `Jobs` becomes `job`, `policies` becomes `policy`.
fn stem(word: &str) -> String {
    let word = word.trim_end_matches('_').to_ascii_lowercase();
    if word.ends_with("ss") {
        return word;
    }
    match word.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => word.strip_suffix('s').unwrap_or(&word).to_owned(),
    }
}

/// The score of an operation, or nothing if it matches no term.
fn score(entry: &Entry, terms: &[Term<'_>]) -> Option<i32> {
    let mut total = 0;
    let mut hits = 0;
    let mut matched = Matched::default();
    for term in terms {
        let points = points(entry, term, &mut matched);
        total += points;
        hits += usize::from(points > 0);
    }
    // A match of every term is worth more than two matches of one.
    let bonus = if hits == terms.len() { 20 } else { 0 };
    let unmatched = entry.id.iter().filter(|part| !matched.has(part)).count();
    let unmatched = i32::try_from(unmatched).unwrap_or_default();
    (hits > 0 || terms.is_empty()).then_some(total + bonus - unmatched)
}

/// The words of an id that terms have matched.
#[derive(Default)]
struct Matched<'a> {
    words: Vec<&'a str>,
    /// A term means this very operation.
    all: bool,
}

impl Matched<'_> {
    fn has(&self, part: &str) -> bool {
        let has = |word: &&str| *word == part || word.split('_').any(|word| word == part);
        self.all || self.words.iter().any(has)
    }
}

/// The points of an operation for one term; what it matches is added to `matched`.
fn points<'a>(entry: &'a Entry, term: &Term<'a>, matched: &mut Matched<'a>) -> i32 {
    let Term { word, synonyms } = term;
    let exactly = synonyms.contains(&entry.operation.id);
    matched.all |= exactly;
    if entry.id.iter().any(|known| known == word) {
        matched.words.push(word);
        return if exactly { 12 } else { 10 };
    }
    if exactly {
        return 10;
    }
    let known = |other: &str| {
        entry
            .id
            .iter()
            .chain(&entry.whole)
            .any(|part| part == other)
    };
    let found = synonyms.iter().copied().filter(|other| known(other));
    let found: Vec<&str> = found.collect();
    if !found.is_empty() {
        matched.words.extend(found);
        return 8;
    }
    let starts = |parts: &[String]| parts.iter().any(|part| part.starts_with(word));
    if word.len() > 2 && starts(&entry.id) {
        5
    } else if word.len() > 2 && starts(&entry.path) {
        3
    } else {
        0
    }
}

/// The points that an operation loses because few look for it, unless the words say so.
fn penalty(entry: &Entry, asked: &[String]) -> i32 {
    let said = |words: &[&str]| asked.iter().any(|word| words.contains(&word.as_str()));
    let Operation {
        deprecated,
        account,
        ..
    } = entry.operation;
    let account = *account && !said(&["account"]);
    let toggle = entry.toggle && !said(&["setting", "enable", "disable"]);
    i32::from(*deprecated) * 6 + i32::from(account) * 8 + i32::from(toggle) * 25
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(words: &str) -> Vec<&'static str> {
        search(words, Within::default(), 3)
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
            search(
                "jobs",
                Within {
                    verb: "DELETE",
                    service: ""
                },
                5
            )
            .iter()
            .filter(|one| one.verb != "DELETE")
            .count(),
            0
        );
        assert!(first("qqqq").is_empty());
    }

    #[test]
    fn ordinary_words_find_the_operation_they_mean() {
        for (words, wanted) in [
            ("get notebook content", "workspace.export"),
            ("upload notebook", "workspace.import_"),
            ("run sql query", "statement_execution.execute_statement"),
            ("query a model", "serving_endpoints.query"),
            ("model serving traffic", "serving_endpoints.update_config"),
            ("who has access", "permissions.get"),
            ("run pipeline", "pipelines.start_update"),
            ("grant privileges on a table", "grants.update"),
            ("revoke access on a schema", "grants.update"),
            ("trigger job", "jobs.run_now"),
            ("run a job", "jobs.run_now"),
            ("run notebook", "jobs.submit"),
            ("terminate cluster", "clusters.delete"),
            ("kill cluster", "clusters.delete"),
            ("stop a warehouse", "warehouses.stop"),
            ("create folder", "workspace.mkdirs"),
            ("delete notebook", "workspace.delete"),
            ("add user", "users.create"),
            ("clone a git repository", "repos.create"),
            ("list dashboards", "lakeview.list"),
            ("permissions of a job", "jobs.get_permissions"),
        ] {
            let found = first(words);
            assert!(found.contains(&wanted), "{words}: {found:?}");
        }
    }

    #[test]
    fn every_synonym_leads_to_operations() {
        let leads = |synonym: &&str| {
            let known = |entry: &Entry| {
                let mut parts = entry.id.iter().chain(&entry.whole);
                entry.operation.id == *synonym || parts.any(|part| part == synonym)
            };
            index().iter().any(known)
        };
        for (keys, synonyms) in SYNONYMS {
            for other in *synonyms {
                assert!(leads(other), "{keys:?}: {other}");
            }
            for key in *keys {
                assert_eq!(&stem(key), key);
            }
        }
    }

    #[test]
    fn switches_and_the_account_come_when_they_are_asked_for() {
        let toggle = "enable_export_notebook.get_enable_export_notebook";
        assert_eq!(first("export notebook").first(), Some(&"workspace.export"));
        assert!(first("enable export notebook setting").contains(&toggle));
    }

    #[test]
    fn a_service_narrows() {
        let within = Within {
            service: "jobs",
            ..Within::default()
        };
        let found = search("list", within, 50);
        assert!(!found.is_empty() && found.iter().all(|one| one.id.starts_with("jobs.")));
    }
}
