//! What holds of the walk for any statement: no input ends it, and no dress of a statement makes it look harmless.
//!
//! `make fuzz-stable` runs these with many more cases, and `make fuzz` looks for more by what the code does.

use proptest::prelude::*;
use sqlparser::ast::Statement;
use sqlparser::dialect::DatabricksDialect;
use sqlparser::parser::Parser;

use super::super::ReadOnlyFunctions;
use super::lexer::{self, Token};
use super::table::{FILES, statements};
use super::tests::class;
use super::{Class, only_reads, question};

/// Pieces of statements, and characters with which lexers differ.
const PIECES: &[&str] = &[
    " ",
    "\n",
    "\r",
    "\t",
    "\u{a0}",
    "\u{200b}",
    "\u{feff}",
    "\0",
    "'",
    "\"",
    "`",
    "\\",
    "--",
    "/*",
    "*/",
    "/*+",
    "$$",
    "$a$",
    "r'",
    ";",
    "(",
    ")",
    ".",
    ",",
    ":",
    "::",
    "=",
    "=>",
    "|>",
    "?",
    "@",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "a",
    "ı",
    "ſ",
    "1e5",
    "BEGIN",
    "END",
    "IF",
    "THEN",
    "ELSE",
    "CASE",
    "WHEN",
    "LOOP",
    "REPEAT",
    "DO",
    "FOR",
    "DECLARE",
    "HANDLER",
    "SELECT",
    "FROM",
    "WITH",
    "AS",
    "TABLE",
    "INTO",
    "INSERT",
    "OVERWRITE",
    "UPDATE",
    "SET",
    "DELETE",
    "MERGE",
    "DROP",
    "CREATE",
    "OR",
    "REPLACE",
    "USING",
    "EXPLAIN",
    "ANALYZE",
    "CALL",
    "EXECUTE",
    "IMMEDIATE",
    "IDENTIFIER",
    "http_request",
    "read_files",
    "s3://a--b",
    "GRANT",
    "ALTER",
];

fn any_statement() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.join(""))
}

fn of_the_corpus() -> impl Strategy<Value = &'static str> {
    let all: Vec<&str> = FILES
        .iter()
        .flat_map(|(_, text)| statements(text))
        .collect();
    prop::sample::select(all)
}

/// True if it holds no statement at all, which is no statement's harm.
fn is_empty(sql: &str) -> bool {
    let separates = |token: &Token<'_>| *token == Token::Symbol(';');
    lexer::tokens(sql).is_ok_and(|lexed| lexed.tokens.iter().all(separates))
}

/// The statement with other spaces and comments between its tokens, and its words in other capitals.
fn dressed(sql: &str, between: &[&str], capitals: &[bool]) -> Option<String> {
    let lexed = lexer::tokens(sql).ok()?;
    let mut dressed = String::new();
    let mut ended = 0;
    let mut spaces = between.iter().cycle();
    let mut capitals = capitals.iter().cycle();
    for (token, span) in lexed.tokens.iter().zip(&lexed.spans) {
        let text = sql.get(span.clone())?;
        let space = spaces.next()?;
        let apart = ended < span.start;
        let in_hint = matches!(token, Token::Symbol('*' | '/' | '+' | '-'));
        if apart && space.is_empty() {
            dressed.push(' ');
        } else if apart || !in_hint {
            dressed.push_str(space);
        }
        match token {
            Token::Word(_) if text.is_ascii() && *capitals.next()? => {
                dressed.push_str(&text.to_uppercase())
            }
            Token::Word(_) if text.is_ascii() => dressed.push_str(&text.to_lowercase()),
            _ => dressed.push_str(text),
        }
        ended = span.end;
    }
    Some(dressed)
}

fn spaces() -> impl Strategy<Value = Vec<&'static str>> {
    let space = prop::sample::select(
        &[
            "",
            " ",
            "\t",
            "\n",
            "\r\n",
            "\u{a0}",
            "\u{2003}",
            " /* ; DROP TABLE x */ ",
            " -- '\n",
            " /*! SELECT */ ",
        ][..],
    );
    prop::collection::vec(space, 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_input_ends_the_walk_and_what_may_do_harm_is_never_let_through(sql in any_statement()) {
        let asked = question(&sql, None, None);
        let refused = only_reads(&sql, ReadOnlyFunctions::default());
        prop_assert!(asked.is_none() || refused.is_err());
        // Whoever could not be asked sees nothing that hides.
        let plain = |c: char| c == '\n' || c == '\t' || !c.is_control();
        prop_assert!(asked.is_none_or(|text| text.chars().all(plain)));
    }

    #[test]
    fn spaces_comments_and_capitals_change_nothing(
        sql in of_the_corpus(),
        between in spaces(),
        capitals in prop::collection::vec(any::<bool>(), 1..20),
    ) {
        if let Some(dressed) = dressed(sql, &between, &capitals) {
            prop_assert_eq!(class(&dressed), class(sql), "{}", dressed);
        }
    }

    #[test]
    fn a_statement_after_another_is_judged_by_the_worse(first in of_the_corpus(), second in of_the_corpus()) {
        let both = format!("{first}\n;\n{second}");
        let alone = class(second);
        if alone.asks() && !is_empty(second) && lexer::tokens(first).is_ok() {
            prop_assert!(class(&both).asks(), "{}", both);
        }
    }
}

/// Another reader of SQL, which knows less of Databricks, as a check on what it does know.
#[test]
fn what_a_parser_knows_to_change_something_never_counts_as_a_read() {
    let mut compared = 0;
    for sql in FILES.iter().flat_map(|(_, text)| statements(text)) {
        let Ok(parsed) = Parser::parse_sql(&DatabricksDialect {}, sql) else {
            continue;
        };
        let [statement] = parsed.as_slice() else {
            continue;
        };
        let changes = matches!(
            statement,
            Statement::Insert(_)
                | Statement::Update { .. }
                | Statement::Delete(_)
                | Statement::Merge { .. }
                | Statement::Drop { .. }
                | Statement::Truncate { .. }
                | Statement::CreateTable(_)
                | Statement::CreateView { .. }
                | Statement::AlterTable { .. }
                | Statement::Grant { .. }
                | Statement::Revoke { .. }
        );
        if changes {
            compared += 1;
            assert!(class(sql) >= Class::Writes, "{sql}");
        }
    }
    assert!(compared > 40, "{compared}");
}

#[test]
fn no_wrapping_makes_a_statement_look_less_grave() {
    let wraps = [
        ("BEGIN ", ";\nEND"),
        ("l: BEGIN NOT ATOMIC ", "\n; END"),
        ("BEGIN IF true THEN ", "\n; END IF; END"),
        ("BEGIN IF true THEN SELECT 1; ELSE ", "\n; END IF; END"),
        ("BEGIN WHILE true DO ", "\n; END WHILE; END"),
        ("BEGIN LOOP ", "\n; END LOOP; END"),
        ("BEGIN SELECT 1; ", "\n; END"),
        ("CREATE PROCEDURE p() LANGUAGE SQL AS BEGIN ", "\n; END"),
        ("EXPLAIN ", ""),
        ("SELECT 1; ", ""),
        ("", "\n; SELECT 1"),
    ];
    for sql in FILES.iter().flat_map(|(_, text)| statements(text)) {
        let alone = class(sql);
        if alone < Class::Destroys || is_empty(sql) {
            continue;
        }
        for (before, after) in wraps {
            let wrapped = format!("{before}{sql}{after}");
            assert!(
                class(&wrapped) >= alone,
                "{alone:?}, but {:?}: {wrapped}",
                class(&wrapped)
            );
        }
    }
}
