//! What the walk promises of statements that are long or deep: an answer, and no overflow.

use super::tests::class;
use super::{Class, question};

#[test]
fn long_statements_are_judged_and_those_beyond_the_bounds_are_not_placed() {
    let ands = |count: usize| format!("SELECT 1 WHERE {}true", "true AND ".repeat(count));
    let nested = |count: usize| format!("SELECT {}1{}", "(".repeat(count), ")".repeat(count));
    assert_eq!(class(&ands(5_363)), Class::Reads);
    assert_eq!(class(&ands(500_000)), Class::Unknown);
    assert_eq!(class(&nested(1_000)), Class::Reads);
    assert_eq!(class(&nested(100_000)), Class::Unknown);
    assert_eq!(
        class(&format!("DROP TABLE t; {}", ands(5_363))),
        Class::Destroys
    );
}

#[test]
fn no_statement_is_too_deep_or_too_long() {
    for sql in [
        "(".repeat(1_000_000),
        format!("SELECT {}1", "1 AND ".repeat(1_000_000)),
        "IDENTIFIER(".repeat(1_000_000),
        "SELECT UPDATE x ".repeat(300_000),
        format!("BEGIN {}", "THEN DROP TABLE t ".repeat(300_000)),
        format!("WITH a AS ({}", ") INSERT INTO t ".repeat(300_000)),
        "a.".repeat(1_000_000),
        "$".repeat(1_000_000),
        format!("SELECT 1 WHERE {}true", "true AND ".repeat(5_363)),
        format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("SELECT 1{}", "::INT".repeat(100_000)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(100_000)),
        format!("SELECT 'a'{}", " || 'a'".repeat(100_000)),
        format!("SELECT {}1", "CASE WHEN ".repeat(100_000)),
        "BEGIN ".repeat(90_000),
        "/**/".repeat(300_000),
        "';'".repeat(1_000_000),
        format!("SELECT {}", "IDENTIFIER(".repeat(90_000)),
        format!(
            "SELECT {}{}",
            "IDENTIFIER(".repeat(40_000),
            ")".repeat(40_000)
        ),
        format!("WITH a AS (SELECT 1) {}", "UPDATE x ".repeat(60_000)),
        format!("WITH a AS (SELECT 1) {} SET", ") UPDATE x ".repeat(60_000)),
        format!("BEGIN {}", "THEN DROP ".repeat(60_000)),
    ] {
        let _ = class(&sql);
        let _ = question(&sql, None, None);
    }
}
