//! The class of one statement, of any kind, with every function in it.

use super::lexer::Token;
use super::words::word;
use super::{Class, Findings, calls, change, kinds, query};

/// Verbs of statements that read.
const READING: &[&str] = &[
    "DESC", "DESCRIBE", "FROM", "LIST", "SELECT", "SHOW", "TABLE", "VALUES", "WITH",
];
/// Ways of `EXPLAIN`.
const EXPLAINING: &[&str] = &["CODEGEN", "COST", "EXTENDED", "FORMATTED", "LOGICAL"];

/// Whether a word begins a statement.
pub(super) fn is_verb(word: &str) -> bool {
    READING.contains(&word) || change::is_verb(word)
}

/// Judges a statement and every function in it.
pub(super) fn judge(tokens: &[Token<'_>], findings: &mut Findings) {
    let mut tokens = tokens;
    // What is explained is judged, whether or not it would run.
    while word(tokens, 0) == "EXPLAIN" {
        let way = usize::from(EXPLAINING.contains(&word(tokens, 1)));
        tokens = tokens.get(1 + way..).unwrap_or_default();
        if word(tokens, 0) == "ANALYZE" {
            findings.add(Class::Unknown, "EXPLAIN ANALYZE runs what it explains");
            tokens = tokens.get(1..).unwrap_or_default();
        }
    }
    let bodies = tokens.iter().any(|token| matches!(token, Token::Body(_)));
    if bodies && word(tokens, 0) != "CREATE" {
        findings.add(
            Class::Unknown,
            "it quotes text with $$, which belongs to CREATE",
        );
    }
    match tokens.first() {
        Some(Token::Word(verb)) => match verb.as_str() {
            "DESC" | "DESCRIBE" | "LIST" | "SHOW" => findings.add(Class::Reads, "it reads"),
            verb if READING.contains(&verb) => query::judge(tokens, findings),
            verb if change::is_verb(verb) => change::judge(tokens, findings),
            _ => unknown(tokens.first(), findings),
        },
        Some(Token::Symbol('(')) => query::judge(tokens, findings),
        first => unknown(first, findings),
    }
    kinds::judge(tokens, findings);
    calls::all(tokens, findings);
}

/// Adds that a part cannot be placed.
fn unknown(first: Option<&Token<'_>>, findings: &mut Findings) {
    let reason = match first {
        Some(Token::Word(word)) => format!("{word} is not a statement that is known here"),
        _ => "it does not begin with a word of SQL".to_owned(),
    };
    findings.add(Class::Unknown, reason);
}
