//! `CREATE`: what it makes besides an object that nobody has used yet.

use super::lexer::Token;
use super::words::{follows, word, words};
use super::{Class, Findings, alter};

/// Words that stand for a thing after `CREATE`, or between it and the thing.
const KNOWN: &[&str] = &[
    "AGGREGATE",
    "BLOOMFILTER",
    "CATALOG",
    "DATABASE",
    "EXTERNAL",
    "FUNCTION",
    "GLOBAL",
    "LIVE",
    "MATERIALIZED",
    "PRIVATE",
    "PROCEDURE",
    "SCHEMA",
    "STREAMING",
    "TABLE",
    "TEMP",
    "TEMPORARY",
    "VIEW",
    "VOLUME",
];

/// What a `CREATE` replaces or changes, in words; what else there is to say of it goes to the findings.
pub(super) fn destroys(tokens: &[Token<'_>], findings: &mut Findings) -> Option<&'static str> {
    let follows = |first: &str, second: &[&str]| follows(tokens, first, second);
    let replaces = follows("OR", &["REPLACE", "REFRESH"]).then_some("replaces what is there");
    let thing = thing(tokens);
    let in_a_language =
        words(tokens).any(|(_, found)| found == "LANGUAGE") && !follows("LANGUAGE", &["SQL"]);
    if in_a_language || is_of_a_class(tokens) {
        findings.add(
            Class::ActsOutside,
            "CREATE … keeps code that cannot be seen here",
        );
        return replaces;
    }
    if alter::PRINCIPALS.contains(&thing) || thing == "POLICY" {
        return Some("changes who may do what");
    }
    if thing == "FLOW" {
        return Some("keeps a table as another says, with updates and deletes");
    }
    if !KNOWN.contains(&thing) {
        findings.add(Class::Unknown, format!("CREATE {thing} is not known here"));
    }
    replaces
}

/// The word for the kind of thing, or one that stands before it.
fn thing<'t>(tokens: &'t [Token<'_>]) -> &'t str {
    let replacing = word(tokens, 1) == "OR";
    word(tokens, if replacing { 3 } else { 1 })
}

/// True for a function of a class: `CREATE FUNCTION f AS 'class' USING JAR …`.
fn is_of_a_class(tokens: &[Token<'_>]) -> bool {
    let names_a_class = || {
        words(tokens)
            .any(|(at, found)| found == "AS" && matches!(tokens.get(at + 1), Some(Token::Text(_))))
    };
    let is_function = words(tokens).take(6).any(|(_, found)| found == "FUNCTION");
    is_function && (follows(tokens, "USING", &["JAR", "FILE", "ARCHIVE"]) || names_a_class())
}
