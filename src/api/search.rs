//! Search for operations by words, best first.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::phrases::{self, SUPERSEDED};
use super::synonyms::{FILLERS, SYNONYMS};
use super::words::{forms, split, stem};
use crate::catalog::{OPERATIONS, Operation, TOOLS};

/// The likeness from which an unknown word is taken for a known one.
const TYPO: f64 = 0.93;
/// The letters from which a word can be misspelt and still be told.
const TOLD: usize = 5;

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
/// A word counts most if it is a word of the id, less if a synonym is, if it is a word of the tool for the operation or
/// begins one of the id, and least if it begins a word of the path. Words that together are a phrase mean the
/// operations of that phrase. Words that match nothing are ignored.
#[must_use]
pub fn search(words: &str, within: Within<'_>, limit: usize) -> Vec<&'static Operation> {
    let asked: Vec<Vec<String>> = split(words).map(|word| meant(&stem(word))).collect();
    let terms = terms(&asked);
    let phrases = phrases(&asked);
    let mut found: Vec<(i32, &Operation)> = index()
        .iter()
        .filter(|entry| {
            let verb = entry.operation.verb;
            within.verb.is_empty() || verb.eq_ignore_ascii_case(within.verb)
        })
        .filter(|entry| within.service.is_empty() || entry.service() == within.service)
        .filter_map(|entry| {
            Some((
                score(entry, &terms, &phrases)? - penalty(entry, &asked),
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

/// A word that is searched for in its forms, and its synonyms.
struct Term<'a> {
    forms: &'a [String],
    synonyms: Vec<&'static str>,
}

/// The forms of a word; of one that nothing knows also the known one that it is a misspelling of.
fn meant(word: &str) -> Vec<String> {
    let mut forms = forms(word);
    let known = vocabulary();
    if word.len() < TOLD || forms.iter().any(|form| known.contains(form.as_str())) {
        return forms;
    }
    // What is done again is done in the same way.
    if let Some(plain) = word
        .strip_prefix("re")
        .filter(|plain| known.contains(plain))
    {
        forms.push(plain.to_owned());
        return forms;
    }
    let begins = known.iter().any(|known| known.starts_with(word));
    let scored = known
        .iter()
        .map(|known| (strsim::jaro_winkler(word, known), *known));
    let close = scored.filter(|(likeness, _)| *likeness >= TYPO && !begins);
    // The likeliest, and of those the first of the alphabet, whatever the order of the set.
    let best = close.max_by(|(a, first), (b, second)| a.total_cmp(b).then(second.cmp(first)));
    forms.extend(best.map(|(_, known)| known.to_owned()));
    forms
}

/// Every word that leads somewhere.
fn vocabulary() -> &'static HashSet<&'static str> {
    static KNOWN: OnceLock<HashSet<&'static str>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let of_ids = index()
            .iter()
            .flat_map(|entry| entry.id.iter().map(String::as_str));
        let rows = SYNONYMS
            .iter()
            .chain(phrases::phrases())
            .flat_map(|(keys, _)| keys.iter().copied());
        of_ids.chain(rows).chain(FILLERS.iter().copied()).collect()
    })
}

fn has(forms: &[String], word: &str) -> bool {
    forms.iter().any(|form| form == word)
}

/// The words to search for: all but the fillers, or all if there are only fillers.
fn terms(asked: &[Vec<String>]) -> Vec<Term<'_>> {
    let telling = |forms: &&Vec<String>| {
        let word = forms.first().map_or("", String::as_str);
        !FILLERS.contains(&word)
    };
    let mut words: Vec<&Vec<String>> = asked.iter().filter(telling).collect();
    if words.is_empty() {
        words = asked.iter().collect();
    }
    let is_asked = |key: &&str| asked.iter().any(|forms| has(forms, key));
    let synonyms = |forms: &[String]| {
        let applies =
            |keys: &[&str]| keys.iter().any(|key| has(forms, key)) && keys.iter().all(is_asked);
        let rows = SYNONYMS.iter().filter(|(keys, _)| applies(keys));
        rows.flat_map(|(_, synonyms)| synonyms.iter().copied())
            .collect()
    };
    let words = words.into_iter();
    words
        .map(|forms| Term {
            forms,
            synonyms: synonyms(forms),
        })
        .collect()
}

/// The operations that the phrases among the words mean, with their points. A phrase within a longer one says nothing.
fn phrases(asked: &[Vec<String>]) -> Vec<(&'static str, i32)> {
    let is_asked = |key: &&str| asked.iter().any(|forms| has(forms, key));
    let applying = phrases::phrases().filter(|(keys, _)| keys.iter().all(is_asked));
    let applying: Vec<_> = applying.collect();
    let within_another = |keys: &[&str]| {
        let mut others = applying.iter().map(|(keys, _)| *keys);
        others.any(|other| other.len() > keys.len() && keys.iter().all(|key| other.contains(key)))
    };
    let mut meant = Vec::new();
    for (keys, operations) in applying.iter().filter(|(keys, _)| !within_another(keys)) {
        let length = i32::try_from(keys.len()).unwrap_or_default();
        let ranked = operations.iter().zip(0..);
        meant.extend(ranked.map(|(id, rank)| (*id, 20 + 12 * length - 2 * rank)));
    }
    meant
}

/// An operation and the words it is found by.
struct Entry {
    operation: &'static Operation,
    id: Vec<String>,
    /// Service and method, each as one word.
    whole: Vec<String>,
    path: Vec<String>,
    /// The words of the names of the tool for it.
    named: Vec<String>,
    /// The words of what that tool says of itself.
    told: Vec<String>,
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
            let tool = TOOLS
                .iter()
                .filter(|tool| tool.primary().any(|sent| sent.id == operation.id));
            let tool: Vec<_> = tool.collect();
            let names = tool.iter().flat_map(|tool| {
                [tool.name, tool.title]
                    .into_iter()
                    .chain(tool.aliases.iter().copied())
            });
            let told = tool.iter().flat_map(|tool| split(tool.description));
            Entry {
                named: names.flat_map(split).map(stem).collect(),
                told: told.filter(|word| word.len() > 3).map(stem).collect(),
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

/// The score of an operation, or nothing if it matches no term and no phrase.
fn score(entry: &Entry, terms: &[Term<'_>], phrases: &[(&str, i32)]) -> Option<i32> {
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
    let meant = phrases.iter().filter(|(id, _)| *id == entry.operation.id);
    let meant: i32 = meant.map(|(_, points)| points).sum();
    (hits > 0 || meant > 0 || terms.is_empty()).then_some(total + bonus + meant - unmatched)
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
    let Term { forms, synonyms } = term;
    let exactly = synonyms.contains(&entry.operation.id);
    matched.all |= exactly;
    if let Some(own) = forms.iter().find(|form| entry.id.contains(form)) {
        matched.words.push(own);
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
    let among = |words: &[String]| forms.iter().any(|form| words.contains(form));
    let starts = |parts: &[String]| {
        let mut forms = forms.iter().filter(|form| form.len() > 2);
        forms.any(|form| parts.iter().any(|part| part.starts_with(form.as_str())))
    };
    if among(&entry.named) {
        6
    } else if starts(&entry.id) {
        5
    } else if among(&entry.told) || starts(&entry.path) {
        3
    } else {
        0
    }
}

/// The points that an operation loses because few look for it, unless the words say so.
fn penalty(entry: &Entry, asked: &[Vec<String>]) -> i32 {
    let said = |words: &[&str]| {
        let mut words = words.iter();
        words.any(|word| asked.iter().any(|forms| has(forms, word)))
    };
    let Operation {
        deprecated,
        account,
        ..
    } = entry.operation;
    let account = *account && !said(&["account"]);
    let toggle = entry.toggle && !said(&["setting", "enable", "disable"]);
    let superseded = SUPERSEDED.contains(&entry.service()) && !said(&["legacy", "old", "proxy"]);
    i32::from(*deprecated) * 6
        + i32::from(account) * 8
        + i32::from(toggle) * 25
        + i32::from(superseded) * 12
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
