//! SQL that only reads: parsed as Databricks SQL, and refused where the parser is not sure.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, ObjectName, Query, SetExpr, Statement, Visit, Visitor};
use sqlparser::dialect::DatabricksDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

/// Functions that act on the outside though they stand in a query.
const ACTING: &[&str] = &[
    "http_request",
    "remote_query",
    "ai_query",
    "reflect",
    "try_reflect",
    "java_method",
];

/// Text that Databricks and the parser may split differently: a backslash that escapes a quote or continues a
/// comment, and the start of a hint.
const AMBIGUOUS: &[&str] = &["\\'", "\\\"", "\\`", "\\\n", "\\\r", "/*+"];

/// Refuses a statement that may write.
///
/// # Errors
/// The reason, in words, why the statement is not known to only read.
pub(super) fn check(sql: &str) -> Result<(), String> {
    if is_ambiguous(sql) {
        let reason = "it holds an escaped quote, a hint or a line end that parsers read differently; write \
                      a quote twice, or use a parameter";
        return Err(reason.to_owned());
    }
    let tokens = Tokenizer::new(&DatabricksDialect {}, sql).tokenize();
    let tokens = tokens.map_err(|error| format!("it cannot be parsed: {error}"))?;
    let mut tokens: Vec<Token> = tokens
        .into_iter()
        .filter(|token| !matches!(token, Token::Whitespace(_)))
        .collect();
    while tokens.last() == Some(&Token::SemiColon) {
        tokens.pop();
    }
    if tokens.contains(&Token::SemiColon) {
        return Err("it holds several statements".to_owned());
    }
    let keyword = |at: usize| match tokens.get(at) {
        Some(Token::Word(word)) => word.keyword,
        _ => Keyword::NoKeyword,
    };
    match (keyword(0), keyword(1)) {
        // No SHOW and no DESCRIBE writes, and the parser knows only some of Databricks' many.
        (Keyword::SHOW | Keyword::DESCRIBE | Keyword::DESC, _) => Ok(()),
        // Ways of explaining that the parser does not know; what is explained is judged.
        (Keyword::EXPLAIN, Keyword::EXTENDED | Keyword::FORMATTED) => parse(tokens.split_off(2)),
        _ => parse(tokens),
    }
}

/// True where Databricks and the parser may split the text differently.
pub(super) fn is_ambiguous(sql: &str) -> bool {
    let lone_return = sql.replace("\r\n", "\n").contains('\r');
    lone_return || AMBIGUOUS.iter().any(|text| sql.contains(text))
}

fn parse(tokens: Vec<Token>) -> Result<(), String> {
    let statements = Parser::new(&DatabricksDialect {})
        .with_tokens(tokens)
        .parse_statements();
    let statements = statements.map_err(|error| format!("it cannot be parsed: {error}"))?;
    match statements.as_slice() {
        [one] => reads(one),
        [] => Err("it holds no statement".to_owned()),
        _ => Err("it holds several statements".to_owned()),
    }
}

fn reads(statement: &Statement) -> Result<(), String> {
    match statement {
        Statement::Query(_) => match statement.visit(&mut Writes) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(reason) => Err(reason),
        },
        // What is explained is not run; ANALYZE runs it.
        Statement::Explain {
            statement, analyze, ..
        } => {
            if *analyze {
                return Err("EXPLAIN ANALYZE runs what it explains".to_owned());
            }
            reads(statement)
        }
        Statement::ExplainTable { .. } => Ok(()),
        other => {
            let text = other.to_string();
            let verb = text
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_uppercase();
            Err(format!("{verb} is not a statement that only reads"))
        }
    }
}

/// Stops at whatever in a query is more than a query.
struct Writes;

impl Visitor for Writes {
    type Break = String;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<String> {
        body(&query.body)
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<String> {
        match statement {
            Statement::Query(_) => ControlFlow::Continue(()),
            other => ControlFlow::Break(format!("it holds {other}")),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<String> {
        match expr {
            Expr::Function(function) => acting(&function.name),
            _ => ControlFlow::Continue(()),
        }
    }

    // A function may stand where a table does.
    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<String> {
        acting(name)
    }
}

fn acting(name: &ObjectName) -> ControlFlow<String> {
    let name = name.to_string().to_lowercase().replace('`', "");
    if ACTING.contains(&name.rsplit('.').next().unwrap_or_default()) {
        return ControlFlow::Break(format!("`{name}` acts on other systems"));
    }
    ControlFlow::Continue(())
}

fn body(expr: &SetExpr) -> ControlFlow<String> {
    match expr {
        SetExpr::Select(select) if select.into.is_some() => {
            ControlFlow::Break("SELECT INTO writes a table".to_owned())
        }
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) | SetExpr::Table(_) => {
            ControlFlow::Continue(())
        }
        SetExpr::SetOperation { left, right, .. } => {
            body(left)?;
            body(right)
        }
        _ => ControlFlow::Break("it holds a statement that writes".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_only_reads_passes() {
        for sql in [
            "SELECT 1",
            "select a, `b c` from main.default.t where a > :a;",
            "WITH t AS (SELECT 1 AS n) SELECT n FROM t UNION ALL SELECT 2",
            "VALUES (1, 'DROP TABLE x')",
            "SELECT '; DROP TABLE x; --' AS text",
            "-- DROP TABLE x\nSELECT 1 /* ; DELETE FROM x */",
            "SHOW CATALOGS",
            "SHOW TABLES IN main.default",
            "SHOW CREATE TABLE main.default.t",
            "DESCRIBE TABLE EXTENDED main.default.t",
            "DESC HISTORY main.default.t",
            "EXPLAIN SELECT * FROM t",
            "EXPLAIN FORMATTED SELECT * FROM t",
            "SELECT * FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY b) = 1",
            "SELECT count(*) FILTER (WHERE a > 1), percentile(a, 0.5) FROM t GROUP BY ALL",
        ] {
            assert_eq!(check(sql), Ok(()), "{sql}");
        }
    }

    #[test]
    fn what_writes_or_may_is_refused() {
        for sql in [
            "DROP TABLE t",
            "INSERT INTO t VALUES (1)",
            "WITH s AS (SELECT 1) INSERT INTO t SELECT * FROM s",
            "WITH s AS (DELETE FROM t RETURNING *) SELECT * FROM s",
            "SELECT 1; DROP TABLE t",
            "SELECT 1;;DROP TABLE t",
            "/* SELECT */ DROP TABLE t",
            "/* /* */ DROP TABLE t -- */",
            "--\nDROP TABLE t",
            "SELECT * INTO t2 FROM t",
            "SHOW TABLES; DROP TABLE t",
            "EXPLAIN ANALYZE DELETE FROM t",
            "UPDATE t SET a = 1",
            "DELETE FROM t",
            "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE",
            "TRUNCATE TABLE t",
            "CREATE TABLE t AS SELECT 1",
            "ALTER TABLE t ADD COLUMN a INT",
            "GRANT SELECT ON t TO u",
            "COPY INTO t FROM '/x'",
            "OPTIMIZE t",
            "VACUUM t",
            "CALL p()",
            "EXECUTE IMMEDIATE 'DROP TABLE t'",
            "SET x = 1",
            "USE CATALOG main",
            "SELECT http_request(conn => 'c', method => 'POST', path => '/')",
            "SELECT * FROM remote_query('c', query => 'DROP TABLE t')",
            "SELECT ai_query('m', 'p')",
            // What Databricks reads as a statement that writes, and a parser may take for text or comment.
            "WITH a AS (SELECT '\\') SELECT 1 -- ' AS x) INSERT INTO t SELECT * FROM a",
            "--\rDROP TABLE t /*\nSELECT 1 -- */",
            "-- \\\nSELECT 1 /*\nDROP TABLE t -- */",
            "WITH a AS (SELECT /*+ X('/*') */ 1) INSERT INTO t SELECT * FROM a -- */ 1) SELECT 1",
            "FROM t INSERT INTO u SELECT *",
            "SELEC 1",
            "",
            ";",
            "\u{feff}DROP TABLE t",
        ] {
            assert!(check(sql).is_err(), "{sql}");
        }
    }

    #[test]
    fn the_reason_is_said() {
        let reason = |sql| check(sql).unwrap_err();
        assert_eq!(
            reason("DROP TABLE t"),
            "DROP is not a statement that only reads"
        );
        assert_eq!(reason("SELECT 1; SELECT 2"), "it holds several statements");
    }
}
