//! What an `ALTER` does to what is there: only what is known to be harmless goes unasked, since its forms are many.

use super::lexer::Token;
use super::words::{follows, has, word};

/// Words of an `ALTER` by which it takes something away or says who may do what.
const TAKING: &[&str] = &[
    "DROP",
    "FILTER",
    "ISOLATION",
    "LOCATION",
    "MASK",
    "OWNER",
    "PURGE",
    "REMOVE",
    "REPLACE",
    // Policies may go by tags.
    "TAG",
    "TAGS",
    "TRUNCATE",
    "UNSET",
];
/// Things whose `ALTER` says who may do what.
pub(super) const PRINCIPALS: &[&str] = &["GROUP", "RECIPIENT", "SHARE", "USER"];
/// Things whose changes are known here.
pub(super) const KNOWN: &[&str] = &[
    "CATALOG",
    "DATABASE",
    "SCHEMA",
    "TABLE",
    "VIEW",
    "VOLUME",
    "MATERIALIZED",
    "STREAMING",
];
/// Parts of names of properties by which data is lost, also later, or what cannot be changed back.
const PROPERTIES: &[&str] = &[
    "RETENTION",
    "PURGE",
    "APPENDONLY",
    "EXTERNAL",
    "DELTA.FEATURE",
    "COLUMNMAPPING",
    "MINREADERVERSION",
    "MINWRITERVERSION",
];

/// What the statement does that the user is asked about, in words. `None` if it adds or can be changed back.
pub(super) fn destroys(tokens: &[Token<'_>]) -> Option<&'static str> {
    let kind = word(tokens, 1);
    if PRINCIPALS.contains(&kind) {
        return Some("changes who may do what");
    }
    if has(tokens, "AS") && !follows(tokens, "ALWAYS", &["AS"]) {
        return Some("AS replaces what is there");
    }
    if TAKING.iter().any(|word| has(tokens, word)) {
        return Some("takes away, replaces or changes who may do what");
    }
    if !KNOWN.contains(&kind) {
        return Some("changes what is not known here");
    }
    let Some(at) = action(tokens) else {
        return Some("does what is not known here");
    };
    match (word(tokens, at), word(tokens, at + 1)) {
        ("RENAME", "TO") => Some("RENAME takes the old name away"),
        ("SET", "TBLPROPERTIES" | "DBPROPERTIES" | "PROPERTIES") => {
            let set = tokens.get(at..).unwrap_or_default();
            loses(set).then_some("sets a property by which data may be lost for good")
        }
        ("ADD" | "ALTER" | "CHANGE" | "CLUSTER" | "COMMENT", _)
        | ("ENABLE" | "DISABLE" | "INHERIT", "PREDICTIVE")
        | ("DEFAULT", "COLLATION")
        | ("RECOVER", "PARTITIONS")
        | ("RENAME", "COLUMN") => None,
        _ => Some("does what is not known here"),
    }
}

/// Where the words after the name of the object begin.
fn action(tokens: &[Token<'_>]) -> Option<usize> {
    let dotted = |at: usize| tokens.get(at) == Some(&Token::Symbol('.'));
    let mut at = 1;
    while !dotted(at + 1)
        && (KNOWN.contains(&word(tokens, at)) || matches!(word(tokens, at), "IF" | "EXISTS"))
    {
        at += 1;
    }
    while dotted(at + 1) {
        at += 2;
    }
    at += 1;
    if tokens.get(at) == Some(&Token::Symbol('(')) {
        // `IDENTIFIER(…)`
        let inside = tokens.get(at..)?;
        at += closing(inside)? + 1;
    }
    (at < tokens.len()).then_some(at)
}

/// Where the parenthesis that opens these tokens is closed.
fn closing(tokens: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}

/// Whether one of the properties may lose data, or is written so that this cannot be seen.
fn loses(tokens: &[Token<'_>]) -> bool {
    let mut text = String::new();
    for token in tokens {
        match token {
            Token::Word(word) => text.push_str(word),
            Token::Quoted(name) | Token::Text(name) => text.push_str(&name.to_uppercase()),
            Token::Symbol(symbol) => text.push(*symbol),
            Token::Body(_) | Token::Pipe => {}
        }
    }
    let escaped = tokens
        .iter()
        .any(|token| matches!(token, Token::Text(text) if text.contains('\\')));
    escaped || PROPERTIES.iter().any(|part| text.contains(part))
}
