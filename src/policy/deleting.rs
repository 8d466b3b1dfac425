//! SQL that deletes or replaces, judged by its words, so that what no parser knows is asked about too.

use sqlparser::dialect::DatabricksDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::reading;
use crate::shape;

/// Words that only a statement that deletes or replaces holds.
const DELETING: &[&str] = &[
    "DROP",
    "TRUNCATE",
    "DELETE",
    "OVERWRITE",
    "VACUUM",
    "PURGE",
    "RESTORE",
    "REVOKE",
];
/// Characters of a statement that a question shows from its start, and from its end.
const SHOWN: (usize, usize) = (1_500, 500);

/// The question before a statement whose loss no other statement makes good.
///
/// A word counts wherever it stands outside of text and comments, also in a script or after a `WITH`: a
/// needless question costs less than a table.
pub(super) fn question(sql: &str, catalog: Option<&str>, schema: Option<&str>) -> Option<String> {
    if !asks(sql) {
        return None;
    }
    let names: Vec<&str> = [catalog, schema].into_iter().flatten().collect();
    let place = match names.as_slice() {
        [] => String::new(),
        names => format!(" in `{}`", names.join(".")),
    };
    let statement = shown(sql);
    Some(format!(
        "Run this statement{place}, which deletes or replaces?\n{statement}"
    ))
}

/// The statement as it stands; of a long one its start, its end and how much is left out.
fn shown(sql: &str) -> String {
    let sql = sql.trim();
    let total = sql.chars().count();
    let left_out = total.saturating_sub(SHOWN.0 + SHOWN.1);
    if left_out == 0 {
        return sql.to_owned();
    }
    let start: String = sql.chars().take(SHOWN.0).collect();
    let end = shape::last_characters(sql, SHOWN.1);
    format!("{start}\n… {left_out} characters left out …\n{end}")
}

fn asks(sql: &str) -> bool {
    reading::check(sql).is_err() && deletes(&words(sql))
}

fn deletes(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let has = |word| words.contains(&word);
    let starts = |start: &[&str]| words.starts_with(start);
    if starts(&["EXPLAIN"]) && !has("ANALYZE") && !has("BEGIN") {
        // The parser may not know it, but it runs nothing.
        return false;
    }
    DELETING.iter().copied().any(has)
        || words
            .windows(2)
            .any(|pair| pair == ["EXECUTE", "IMMEDIATE"])
        || words
            .windows(3)
            .any(|three| three == ["OR", "REPLACE", "TABLE"])
        || starts(&["REPLACE", "TABLE"])
        || (has("REPLACE") && (has("INSERT") || has("ALTER") || has("INTO")))
        || (starts(&["ALTER", "SHARE"]) && has("REMOVE"))
        || (starts(&["UPDATE"]) && !has("WHERE"))
}

/// The unquoted words in capitals; all words where it is unclear what is quoted.
fn words(sql: &str) -> Vec<String> {
    match Tokenizer::new(&DatabricksDialect {}, sql).tokenize() {
        Ok(tokens) if !reading::is_ambiguous(sql) => tokens
            .into_iter()
            .filter_map(|token| match token {
                Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_uppercase()),
                _ => None,
            })
            .collect(),
        _ => sql
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty())
            .map(str::to_uppercase)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_data_away_is_asked_about() {
        for sql in [
            "DROP TABLE t",
            "drop schema s cascade",
            "-- SELECT\nDROP VIEW v",
            "TRUNCATE TABLE t",
            "DELETE FROM t WHERE a = 1",
            "ALTER TABLE t DROP COLUMN a",
            "INSERT OVERWRITE t SELECT 1",
            "INSERT INTO t REPLACE WHERE a > 1 SELECT * FROM u",
            "CREATE OR REPLACE TABLE t AS SELECT 1",
            "REPLACE TABLE t AS SELECT 1",
            "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE",
            "UPDATE t SET a = 1",
            "VACUUM t",
            "RESTORE TABLE t TO VERSION AS OF 1",
            "ALTER TABLE t REPLACE COLUMNS (a INT)",
            "ALTER SHARE s REMOVE TABLE t",
            "REPLACE INTO t VALUES (1)",
            "REVOKE SELECT ON t FROM u",
            "EXPLAIN ANALYZE DELETE FROM t",
            "EXECUTE IMMEDIATE 'DROP ' || 'TABLE t'",
            "BEGIN SELECT 1; DROP TABLE t; END",
            "WITH s AS (SELECT '\\') SELECT 1 -- ' AS x) DELETE FROM t",
            "DROP TABLE t -- 'unterminated \\' text",
        ] {
            assert!(asks(sql), "{sql}");
        }
    }

    #[test]
    fn the_user_sees_where_a_statement_runs_its_lines_and_its_end() {
        let asked = question("-- nightly\nDELETE FROM t", Some("main"), Some("shop"));
        assert_eq!(
            asked.as_deref(),
            Some(
                "Run this statement in `main.shop`, which deletes or replaces?\n-- nightly\nDELETE FROM t"
            )
        );
        let long = format!("DELETE FROM t WHERE a = '{}' OR 1 = 1", "x".repeat(9_000));
        let asked = question(&long, None, None).unwrap_or_default();
        assert!(asked.ends_with("' OR 1 = 1"), "{asked}");
        assert!(asked.contains("… 7035 characters left out …"), "{asked}");
    }

    #[test]
    fn what_reads_or_adds_is_not() {
        for sql in [
            "SELECT delete FROM t",
            "SELECT 'DROP TABLE t'",
            "SHOW TABLES DROPPED IN main.default",
            "INSERT INTO t VALUES ('DROP')",
            "INSERT INTO t SELECT `drop` FROM u",
            "CREATE TABLE t AS SELECT 1",
            "CREATE OR REPLACE VIEW v AS SELECT 1",
            "CREATE OR REPLACE FUNCTION f() RETURNS INT RETURN 1",
            "UPDATE t SET a = 1 WHERE b = 2",
            "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET *",
            "UNDROP TABLE t",
            "OPTIMIZE t",
            "EXPLAIN DROP TABLE t",
            "GRANT SELECT ON t TO u",
        ] {
            assert!(!asks(sql), "{sql}");
        }
    }
}
