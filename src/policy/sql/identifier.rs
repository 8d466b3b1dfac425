//! `IDENTIFIER(…)` where it names a thing: what the call itself says is read as it stands, the rest is computed and may
//! name any place.

use super::change::FORMATS;
use super::lexer::Token;
use super::words::word;
use super::{Class, Findings};

/// Judges the name between these parentheses.
pub(super) fn judge(tokens: &[Token<'_>], open: usize, close: usize, findings: &mut Findings) {
    let inner = tokens.get(open + 1..close).unwrap_or_default();
    if matches!(inner, [Token::Text(_)]) {
        return;
    }
    match spelled(inner) {
        Some(name) if !is_path(&name) => {}
        Some(_) => findings.add(Class::CallsOut, "IDENTIFIER names a path that is computed"),
        None => findings.add(
            Class::CallsOut,
            "IDENTIFIER names what is computed, which may be a path",
        ),
    }
}

/// What literals and parameters spell together, each parameter as `?`. `None` if anything else takes part, such as a
/// variable, which may hold what was read.
fn spelled(tokens: &[Token<'_>]) -> Option<String> {
    let mut name = String::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            Token::Text(text) => name.push_str(text),
            Token::Symbol('?') => name.push('?'),
            Token::Symbol(':') if !word(tokens, at + 1).is_empty() => {
                name.push('?');
                at += 1;
            }
            Token::Symbol('|' | '(' | ')' | ',') => {}
            Token::Word(function)
                if matches!(function.as_str(), "CONCAT" | "CONCAT_WS")
                    && tokens.get(at + 1) == Some(&Token::Symbol('(')) => {}
            _ => return None,
        }
        at += 1;
    }
    Some(name)
}

/// Whether a name may be that of files: it begins with their format, or holds what only a path does.
fn is_path(name: &str) -> bool {
    let first = name.split('.').next().unwrap_or_default();
    let first = first.trim().trim_matches('`').to_uppercase();
    name.contains(['/', '`', '\\']) || FORMATS.contains(&first.as_str())
}
