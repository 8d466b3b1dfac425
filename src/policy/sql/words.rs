//! Looks at the words of a statement: which one stands where, and whether it is a name.

use super::lexer::Token;

/// Words after which a word is a name or the start of an expression, and no verb.
const BEFORE_NAMES: &[&str] = &[
    "ALL", "AND", "AS", "BETWEEN", "BY", "CASE", "DISTINCT", "DIV", "ELSE", "HAVING", "IN",
    "INTERVAL", "IS", "JOIN", "LIKE", "NOT", "ON", "OR", "OVER", "QUALIFY", "RLIKE", "SELECT",
    "THEN", "USING", "WHEN", "WHERE",
];

/// The word at a position in upper case, empty where there is none.
pub(super) fn word<'t>(tokens: &'t [Token<'_>], at: usize) -> &'t str {
    match tokens.get(at) {
        Some(Token::Word(word)) => word,
        _ => "",
    }
}

/// Whether the word at a position is a name for certain: a part of a dotted name, or after a word or sign that
/// leaves no room for a verb.
pub(super) fn is_name(tokens: &[Token<'_>], at: usize) -> bool {
    if tokens.get(at + 1) == Some(&Token::Symbol('.')) {
        return true;
    }
    match at.checked_sub(1).and_then(|before| tokens.get(before)) {
        Some(Token::Word(before)) => BEFORE_NAMES.contains(&before.as_str()),
        Some(Token::Symbol(sign)) => matches!(sign, '.' | ',' | '=' | '<' | '+' | '-' | '%' | '@'),
        Some(Token::Quoted(_) | Token::Text(_) | Token::Body(_) | Token::Pipe) | None => false,
    }
}

/// Whether a word stands outside of parentheses, and is no part of a longer name.
pub(super) fn has(tokens: &[Token<'_>], wanted: &str) -> bool {
    words(tokens).any(|(_, word)| word == wanted)
}

/// Whether one word is followed by one of others, outside of parentheses.
pub(super) fn follows(tokens: &[Token<'_>], first: &str, second: &[&str]) -> bool {
    words(tokens).any(|(at, found)| found == first && second.contains(&word(tokens, at + 1)))
}

/// The words outside of parentheses that are no part of a dotted name, each with its position.
pub(super) fn words<'t>(tokens: &'t [Token<'_>]) -> impl Iterator<Item = (usize, &'t str)> {
    let mut depth = 0_usize;
    tokens.iter().enumerate().filter_map(move |(at, token)| {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        let dot = |at: Option<usize>| at.and_then(|at| tokens.get(at)) == Some(&Token::Symbol('.'));
        match token {
            Token::Word(word)
                if depth == 0 && !dot(at.checked_sub(1)) && !dot(at.checked_add(1)) =>
            {
                Some((at, word.as_str()))
            }
            _ => None,
        }
    })
}
