//! The question before a statement that does more than read or add.

use std::fmt::Write;

use super::walk::judge;
use super::{Finding, lexer, objects, shown};

/// The question before a statement that deletes, replaces, changes who may do what, acts outside or cannot be placed.
///
/// A needless question costs less than a table.
pub(in crate::policy) fn question(
    sql: &str,
    catalog: Option<&str>,
    schema: Option<&str>,
) -> Option<String> {
    let mut asking = judge(sql);
    asking.retain(|finding| finding.class.asks());
    asking.sort_by_key(|finding| std::cmp::Reverse(finding.class));
    let gravest = asking.first()?;
    let names: Vec<String> = [catalog, schema]
        .into_iter()
        .flatten()
        .map(shown::name)
        .collect();
    let place = match names.as_slice() {
        [] => String::new(),
        names => format!(" in `{}`", names.join(".")),
    };
    let mut question = format!(
        "Run this statement{place}, which {}?",
        gravest.class.in_words()
    );
    for Finding { reason, .. } in &asking {
        let _ = write!(question, "\n- {reason}");
    }
    let lexed = lexer::tokens(sql).ok();
    if let Some(lexed) = &lexed {
        for line in objects::lines(sql, lexed) {
            let _ = write!(question, "\n- {line}");
        }
    }
    question.push('\n');
    question.push_str(&shown::statement(sql, lexed.as_ref()));
    Some(question)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_says_what_it_is_about_where_and_on_what() {
        let asked = |sql: &str| question(sql, Some("main"), Some("shop")).unwrap_or_default();
        for (sql, wanted) in [
            (
                "-- nightly\nDELETE FROM t WHERE a = 1",
                "Run this statement in `main.shop`, which deletes, replaces or changes who may do what?\n\
                 - DELETE deletes rows\n- on t\nDELETE FROM t WHERE a = 1",
            ),
            (
                "BEGIN DROP TABLE a; GRANT SELECT ON TABLE b TO `x`; CALL p(); END",
                "Run this statement in `main.shop`, which acts outside of the workspace's data?\n\
                 - CALL runs what cannot be seen here\n- DROP deletes\n- on a\n- on b\n- on p\n\
                 BEGIN DROP TABLE a; GRANT SELECT ON TABLE b TO `x`; CALL p(); END",
            ),
            (
                "SELEC 1 -- drop",
                "Run this statement in `main.shop`, which cannot be placed, so it may do anything?\n\
                 - SELEC is not a statement that is known here\nSELEC 1",
            ),
            (
                "SELECT 'open \u{202e}",
                "Run this statement in `main.shop`, which cannot be placed, so it may do anything?\n\
                 - it has a ' that is not closed\nSELECT 'open \\u{202e}",
            ),
        ] {
            assert_eq!(asked(sql), wanted);
        }
        assert_eq!(asked("INSERT INTO t VALUES ('DROP TABLE t')"), "");
    }

    #[test]
    fn a_question_is_short_whatever_is_in_the_statement_and_shows_a_long_name() {
        let name = format!("`{}`", "n".repeat(998));
        for sql in [
            format!("DROP TABLE {name}"),
            format!("DROP TABLE {name} {}", "x ".repeat(50_000)),
            format!("{} {name}", "DELETE FROM a;".repeat(5_000)),
            "x".repeat(100_000),
            format!("CREATE TABLE t USING {}", "x".repeat(100_000)),
            format!("SELECT 1 ${}$", "x".repeat(100_000)),
        ] {
            let asked = question(&sql, None, None).unwrap_or_default();
            assert!((10..8_000).contains(&asked.chars().count()), "{asked}");
            assert_eq!(asked.contains(&name), sql.starts_with("DROP"), "{asked}");
        }
    }
}
