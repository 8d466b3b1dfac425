//! What the policy does with every statement of `tests/sql/`, in each mode, as a table that a person reads.
#![allow(clippy::unwrap_used)]

use std::fmt::Write;

use serde_json::{Map, json};
use url::Url;

use super::super::{ReadOnlyFunctions, Rules, question};
use crate::catalog::{TOOLS, ToolSpec};

/// The corpus: names and texts of its files.
pub(super) const FILES: [(&str, &str); 3] = [
    ("reads", include_str!("../../../tests/sql/reads.sql")),
    ("writes", include_str!("../../../tests/sql/writes.sql")),
    ("attacks", include_str!("../../../tests/sql/attacks.sql")),
];

fn tool() -> &'static ToolSpec {
    TOOLS
        .iter()
        .find(|tool| tool.name == "execute_sql")
        .unwrap()
}

fn asks(sql: &str) -> bool {
    question(tool(), &arguments(sql)).is_some()
}

fn read_only(sql: &str, functions: ReadOnlyFunctions) -> Result<(), String> {
    let rules = Rules {
        read_only: true,
        read_only_functions: functions,
        ..Rules::default()
    };
    let host = Url::parse("https://acme.cloud.databricks.com").unwrap();
    let admitted = rules.admit(tool(), &arguments(sql), &host);
    admitted.map_err(|error| error.text())
}

fn arguments(sql: &str) -> Map<String, serde_json::Value> {
    json!({ "statement": sql }).as_object().unwrap().clone()
}

/// The statements of a file, which blank lines part.
pub(super) fn statements(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.trim_matches('\n').split("\n\n")
}

/// One row for each statement: whether it asks, and whether it is sent in read-only mode and with `--yes`.
#[test]
fn the_table_of_every_mode_is_as_reviewed() {
    let mut table = String::from("asks | read-only | --yes | statement\n");
    for (name, text) in FILES {
        let _ = writeln!(table, "\n{name}");
        for sql in statements(text) {
            let asks = if asks(sql) { "asks" } else { "    " };
            let reads = match read_only(sql, ReadOnlyFunctions::default()) {
                Ok(()) => "sent   ",
                Err(_) => "refused",
            };
            let _ = writeln!(table, "{asks} | {reads} | sent | {}", sql.escape_debug());
        }
    }
    insta::with_settings!({ snapshot_path => "../../../tests/snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("sql_in_every_mode", table);
    });
}

#[test]
fn honest_reads_are_neither_asked_about_nor_refused() {
    // All of them are more than the 98 of 100 that are promised.
    let count = statements(FILES[0].1).count();
    assert!(count >= 300, "only {count} reads");
    for sql in statements(FILES[0].1) {
        assert!(!asks(sql), "{sql}");
        assert_eq!(
            read_only(sql, ReadOnlyFunctions::default()),
            Ok(()),
            "{sql}"
        );
    }
}

#[test]
fn what_writes_or_acts_is_refused_in_read_only_mode_whatever_functions_it_allows() {
    let none = ReadOnlyFunctions::default();
    let count = statements(FILES[1].1).count();
    assert!(count >= 150, "only {count} writes");
    for sql in FILES.iter().skip(1).flat_map(|(_, text)| statements(text)) {
        assert!(read_only(sql, none).is_err(), "{sql}");
    }
    let all = ReadOnlyFunctions {
        ai: true,
        outbound: true,
    };
    for sql in [
        "INSERT INTO t SELECT http_request(1)",
        "CALL p()",
        "SELECT secret('a', 'b')",
        "SELEC 1",
    ] {
        assert!(read_only(sql, all).is_err(), "{sql}");
    }
}

#[test]
fn functions_pass_read_only_mode_by_a_setting_only() {
    let ai = ReadOnlyFunctions {
        ai: true,
        outbound: false,
    };
    let outbound = ReadOnlyFunctions {
        ai: false,
        outbound: true,
    };
    for (sql, allowed, other, kind) in [
        ("SELECT ai_query('m', 'p')", ai, outbound, "ai"),
        (
            "SELECT * FROM t, LATERAL remote_query('c', query => 'x')",
            outbound,
            ai,
            "outbound",
        ),
    ] {
        assert_eq!(read_only(sql, allowed), Ok(()), "{sql}");
        for functions in [ReadOnlyFunctions::default(), other] {
            let refused = read_only(sql, functions).unwrap_err();
            assert!(
                refused.contains(&format!("`--read-only-functions {kind}`")),
                "{refused}"
            );
        }
    }
}
