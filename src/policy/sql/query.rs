//! A query, and the functions of any statement: verbs that write in places where a query may hold them.

use super::lexer::Token;
use super::words::{is_name, word};
use super::{Class, Findings, change};

/// Words after `|>`.
const PIPES: &[&str] = &[
    "AGGREGATE",
    "ANTI",
    "AS",
    "CLUSTER",
    "CROSS",
    "DISTRIBUTE",
    "DROP",
    "EXCEPT",
    "EXTEND",
    "FULL",
    "INNER",
    "INTERSECT",
    "JOIN",
    "LATERAL",
    "LEFT",
    "LIMIT",
    "MINUS",
    "NATURAL",
    "OFFSET",
    "ORDER",
    "PIVOT",
    "RENAME",
    "RIGHT",
    "SELECT",
    "SEMI",
    "SET",
    "SORT",
    "TABLESAMPLE",
    "UNION",
    "UNPIVOT",
    "WHERE",
    "WINDOW",
];
/// Statements that one query may hold; each is looked at to its end.
const STATEMENTS: usize = 20;

/// Judges a query: it reads, unless a verb that writes stands where a statement may go on with one.
pub(super) fn judge(tokens: &[Token<'_>], findings: &mut Findings) {
    findings.add(Class::Reads, "it reads");
    let last_set = tokens
        .iter()
        .rposition(|token| matches!(token, Token::Word(word) if word == "SET"));
    let mut statements = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Word(_) if modifies(tokens, at, last_set) => {
                statements += 1;
                if statements > STATEMENTS {
                    findings.add(Class::Unknown, "it holds too many statements");
                    return;
                }
                // Only its words; the functions of the whole are judged elsewhere.
                change::judge(tokens.get(at..).unwrap_or_default(), findings);
            }
            Token::Word(word)
                if word == "INTO" && !is_name(tokens, at) && !modifying(tokens, at) =>
            {
                findings.add(Class::Unknown, "INTO in a query may write");
            }
            Token::Pipe if !PIPES.contains(&word(tokens, at + 1)) => {
                findings.add(Class::Unknown, "an operator after |> is not known here");
            }
            _ => {}
        }
    }
}

/// Whether `INTO` belongs to an `INSERT` or a `MERGE`.
fn modifying(tokens: &[Token<'_>], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map_or("", |at| word(tokens, at));
    matches!(before(1), "INSERT" | "MERGE" | "EVOLUTION")
}

/// Whether a statement that changes rows begins here.
fn modifies(tokens: &[Token<'_>], at: usize, last_set: Option<usize>) -> bool {
    let next = word(tokens, at + 1);
    if word(tokens, at) == "INSERT" && matches!(next, "INTO" | "OVERWRITE") {
        // It may follow whatever ends a query, also an alias that looks like a keyword.
        return true;
    }
    if is_name(tokens, at) {
        return false;
    }
    match word(tokens, at) {
        "DELETE" => next == "FROM",
        "INSERT" => !matches!(
            tokens.get(at + 1),
            None | Some(Token::Symbol(_) | Token::Pipe)
        ),
        "MERGE" => matches!(next, "INTO" | "WITH"),
        "UPDATE" => {
            let names = matches!(tokens.get(at + 1), Some(Token::Word(_) | Token::Quoted(_)));
            names && last_set.is_some_and(|set| set > at)
        }
        // Other systems take them in a `WITH`; whoever writes so means it.
        "DROP" | "TRUNCATE" => {
            let thing = matches!(
                next,
                "TABLE" | "VIEW" | "SCHEMA" | "DATABASE" | "CATALOG" | "VOLUME" | "FUNCTION"
            );
            let piped = at.checked_sub(1).and_then(|at| tokens.get(at)) == Some(&Token::Pipe);
            thing && !piped
        }
        _ => false,
    }
}
