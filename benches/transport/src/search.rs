//! Measures the search of the operation index: the first of a process, which builds it, and later ones.

use std::hint::black_box;
use std::time::{Duration, Instant};

use databricks_mcp::api;

/// Typical queries of an agent.
const WORDS: [&str; 4] = [
    "create cluster policy",
    "list jobs",
    "permissions of a serving endpoint",
    "vector search index query",
];
const SEARCHES: usize = 2_000;

/// Measures and returns the table rows. Must run before any other search.
pub(crate) fn rows() -> [String; 2] {
    let since = Instant::now();
    black_box(api::search("run now", api::Within::default(), 15));
    let cold = since.elapsed();
    let mut times: Vec<Duration> = WORDS
        .iter()
        .cycle()
        .take(SEARCHES)
        .map(|words| {
            let since = Instant::now();
            black_box(api::search(words, api::Within::default(), 15));
            since.elapsed()
        })
        .collect();
    times.sort();
    let at = |share: usize| {
        let time = times.get(times.len() * share / 100).copied();
        time.unwrap_or_default().as_secs_f64() * 1e6
    };
    [
        format!(
            "| api_search, the first of a process | {:.1} ms |",
            cold.as_secs_f64() * 1e3
        ),
        format!(
            "| api_search after it, {SEARCHES} searches | median {:.0} µs, p99 {:.0} µs |",
            at(50),
            at(99)
        ),
    ]
}
