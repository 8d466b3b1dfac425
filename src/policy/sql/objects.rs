//! The objects that a statement names after its verbs, listed in a question in full.

use super::lexer::{Lexed, Token};
use super::shown;
use super::words::word;

/// Objects that a question lists; of more it gives the number.
const LISTED: usize = 20;
/// Words after which a name of an object stands.
const BEFORE: &[&str] = &[
    "ALTER",
    "CALL",
    "DELETE",
    "DROP",
    "INTO",
    "OVERWRITE",
    "REFRESH",
    "REMOVE",
    "REORG",
    "REPAIR",
    "RESTORE",
    "TRUNCATE",
    "UPDATE",
    "VACUUM",
];
/// Words between a verb and the name of its object.
const BETWEEN: &[&str] = &[
    "CATALOG",
    "CONNECTION",
    "CREDENTIAL",
    "DATABASE",
    "DIRECTORY",
    "EXISTS",
    "EXTERNAL",
    "FOREIGN",
    "FROM",
    "FUNCTION",
    "GROUP",
    "IF",
    "INTO",
    "LOCAL",
    "LOCATION",
    "MATERIALIZED",
    "METASTORE",
    "NOT",
    "OBJECT",
    "POLICY",
    "PROCEDURE",
    "PROVIDER",
    "RECIPIENT",
    "SCHEMA",
    "SHARE",
    "STORAGE",
    "STREAMING",
    "TABLE",
    "TEMP",
    "TEMPORARY",
    "USER",
    "VIEW",
    "VOLUME",
];

/// One line for each object, each object once, in the order of the statement.
pub(super) fn lines(sql: &str, lexed: &Lexed<'_>) -> Vec<String> {
    let tokens = lexed.tokens.as_slice();
    let grants = tokens
        .iter()
        .any(|token| matches!(token, Token::Word(word) if matches!(word.as_str(), "GRANT" | "REVOKE" | "DENY")));
    let mut found: Vec<String> = Vec::new();
    let mut more = 0_usize;
    for at in 0..tokens.len() {
        let before = at.checked_sub(1);
        let replaces = matches!(word(tokens, at), "REPLACE" | "REFRESH")
            && before.is_some_and(|at| word(tokens, at) == "OR");
        let on = grants && word(tokens, at) == "ON";
        let piped = before.and_then(|at| tokens.get(at)) == Some(&Token::Pipe);
        if piped || !(replaces || on || BEFORE.contains(&word(tokens, at))) {
            continue;
        }
        match object(sql, lexed, at + 1) {
            Some(name) if found.contains(&name) => {}
            Some(name) if found.len() < LISTED => found.push(name),
            Some(_) => more += 1,
            None => {}
        }
    }
    let mut lines: Vec<String> = found.iter().map(|name| format!("on {name}")).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

/// The dotted name from here on, after the words that may stand before it.
fn object(sql: &str, lexed: &Lexed<'_>, from: usize) -> Option<String> {
    let tokens = lexed.tokens.as_slice();
    let dotted = |at: usize| tokens.get(at + 1) == Some(&Token::Symbol('.'));
    let mut at = from;
    while BETWEEN.contains(&word(tokens, at)) && !dotted(at) {
        at += 1;
    }
    let mut name = String::new();
    loop {
        match tokens.get(at)? {
            Token::Word(_) | Token::Quoted(_) | Token::Text(_) => {
                let span = lexed.spans.get(at)?;
                name.push_str(sql.get(span.clone())?);
            }
            _ => return None,
        }
        if !dotted(at) {
            return Some(shown::name(&name));
        }
        name.push('.');
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::lexer;
    use super::*;

    fn named(sql: &str) -> Vec<String> {
        lines(sql, &lexer::tokens(sql).unwrap())
    }

    #[test]
    fn objects_are_listed_in_full_each_once() {
        let long = format!("`{}`", "n".repeat(900));
        for (sql, wanted) in [
            (
                "DROP TABLE IF EXISTS main.a /* x */ . `b c`",
                "on main.a.`b c`",
            ),
            ("UPDATE t SET a = 1", "on t"),
            ("DELETE FROM table.t", "on table.t"),
            ("INSERT OVERWRITE TABLE a.b SELECT * FROM c", "on a.b"),
            ("CREATE OR REPLACE VIEW v AS SELECT 1", "on v"),
            ("GRANT SELECT ON TABLE a.b TO `x`", "on a.b"),
            (
                "BEGIN DROP TABLE a; DROP TABLE a; TRUNCATE TABLE b; END",
                "on a\non b",
            ),
            (&format!("DROP TABLE {long}"), &format!("on {long}")),
        ] {
            assert_eq!(named(sql).join("\n"), wanted);
        }
        let many: String = (0..50).map(|n| format!("DROP TABLE t{n};")).collect();
        assert_eq!(named(&many).len(), LISTED + 1);
        assert_eq!(named(&many).last().unwrap(), "and 30 more");
    }
}
